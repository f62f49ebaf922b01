//! A ReplicaSet: what it wants, what it has, and its pods.

use lean::FlatSet;

use ecow::EcoString;
use view::{ObjectRef, ReplicaSetRow};
use web_sys::Element;
use yew::prelude::*;

use super::glide::use_glide;
use super::object::object_link;
use super::pod::Pod;
use super::tint::{commit, sha, tint_class};
use crate::session::Action;
use crate::words::last_part;
use crate::{dom, texts};

/// From this many pods on, their names are left out.
const NAMED_MOST: usize = 12;
/// From this many pods on, the shapes are small.
const LARGE_MOST: usize = 48;

#[derive(PartialEq, Properties)]
pub struct ReplicaSetProps {
    pub namespace: EcoString,
    pub row: ReplicaSetRow,
    /// The uids of the pods that get requests.
    pub serving: std::rc::Rc<FlatSet<EcoString>>,
    /// Its name, or that of one of its pods, if the sentence of the moment is about that.
    pub told: Option<EcoString>,
    pub on: Callback<Action>,
}

/// One revision of the Deployment as a row of pods.
#[component]
pub fn ReplicaSet(props: &ReplicaSetProps) -> Html {
    let pods = use_node_ref();
    use_glide(&pods);
    let row = &props.row;
    let object = ObjectRef::new("ReplicaSet", &props.namespace, &row.name);
    // One listener for all pods, however many there are.
    let onclick = {
        let (on, namespace) = (props.on.clone(), props.namespace.clone());
        Callback::from(move |event: MouseEvent| {
            if let Some(name) = pod_under(&event) {
                on.emit(Action::Inspect(ObjectRef::new("Pod", &namespace, &name)));
            }
        })
    };
    let size = match row.pods.len() {
        many if LARGE_MOST < many => "small",
        some if NAMED_MOST < some => "large",
        _ => "named",
    };
    html! {
        <li
            class={classes!("replica-set", tint_class(row.tint.as_ref()), (row.pods.is_empty() && !row.newest).then_some("empty"))}
            data-testid="replica-set"
            data-name={row.name.to_string()}
            data-revision={row.revision.to_string()}
            data-newest={row.newest.to_string()}
            data-desired={row.desired.to_string()}
            data-ready={row.ready.to_string()}
            data-told={(props.told.as_ref() == Some(&row.name)).to_string()}
            data-tint={sha(row.tint.as_ref())}
        >
            <header>
                <h3 title={texts::WHICH_REVISION}>
                    { texts::revision(row.revision) }
                    <span class="age">{ if row.newest { texts::NEW_SET } else { texts::OLD_SET } }</span>
                </h3>
                <p class="facts">
                    if !says_commit(row) {
                        { commit(row.tint.as_ref()) }
                    }
                    <code title={row.image.to_string()}>{ tag(&row.image) }</code>
                </p>
                <p class="facts">
                    { object_link(&object, format!("{} {}", object.kind, row.hash), &props.on) }
                </p>
                <p class="facts">{ texts::set_facts(row) }</p>
            </header>
            <ul
                ref={pods}
                class={classes!("pods", size)}
                aria-label={texts::pods_of_revision(row.revision)}
                {onclick}
                onkeydown={Callback::from(dom::move_among_items)}
            >
                for (index, pod) in row.pods.iter().enumerate() {
                    <Pod
                        key={pod.uid.as_str()}
                        row={pod.clone()}
                        set={row.name.to_string()}
                        serving={props.serving.contains(&pod.uid)}
                        told={props.told.as_ref() == Some(&pod.name)}
                        first={index == 0}
                    />
                }
                if row.pods.is_empty() {
                    <li class="none">{ without_pods(row) }</li>
                }
            </ul>
        </li>
    }
}

/// Why there is no pod.
fn without_pods(row: &ReplicaSetRow) -> &'static str {
    match (row.newest, row.desired) {
        (true, 0) => texts::NO_PODS_WANTED,
        (true, _) => texts::NO_PODS_YET,
        (false, _) => texts::NO_PODS_KEPT,
    }
}

/// The name of the pod that was clicked.
fn pod_under(event: &MouseEvent) -> Option<EcoString> {
    let pod = event
        .target_dyn_into::<Element>()?
        .closest("[data-testid=pod]")
        .ok()??;
    Some(pod.get_attribute("data-name")?.into())
}

/// Whether the image's tag names the commit already.
fn says_commit(row: &ReplicaSetRow) -> bool {
    row.tint
        .as_ref()
        .is_some_and(|tint| tag(&row.image).ends_with(tint.sha.as_str()))
}

/// The tag of an image reference, or its name where it has none.
fn tag(reference: &str) -> &str {
    let name = last_part(reference);
    name.split_once(':').map_or(name, |(_, tag)| tag)
}
