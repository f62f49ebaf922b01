//! The addresses behind the Services: what the API server has of each, who has heard of it, and who sends
//! requests there.

use lean::FlatMap;

use view::{EndpointRow, ObjectRef, PodRow, Progress, Scene, SenderRow, ServiceRow};
use yew::prelude::*;

use super::icon::sign;
use super::object::{label, object_link};
use super::pod::pod_shape;
use super::tint::tint_class;
use crate::session::Action;
use crate::texts;
use crate::words::short_name;

/// How many addresses of a Service are listed: those first that are on their way.
const ADDRESSES_MOST: usize = 12;

/// The addresses of each Service that has some.
pub fn endpoints(scene: &Scene, on: &Callback<Action>) -> Option<Html> {
    let sets = scene.deployments.iter().flat_map(|row| &row.sets);
    let pods = lean::map(
        sets.flat_map(|set| &set.pods)
            .map(|pod| (pod.uid.as_str(), pod)),
    );
    let rows = scene.services.iter();
    let rows = rows.filter(|row| !row.endpoints.is_empty());
    let rows: Vec<Html> = rows.map(|row| service(row, &pods, on)).collect();
    (!rows.is_empty()).then(|| html! { <ul class="measured">{ for rows }</ul> })
}

fn service(row: &ServiceRow, pods: &FlatMap<&str, &PodRow>, on: &Callback<Action>) -> Html {
    let object = ObjectRef::new("Service", &row.namespace, &row.name);
    let everybody = all_of(&row.senders);
    let is_moving = |it: &&EndpointRow| !it.ready || it.terminating || it.sent_by != everybody;
    let moving = row.endpoints.iter().filter(is_moving);
    let settled = row.endpoints.iter().filter(|it| !is_moving(it));
    let shown = moving.chain(settled).take(ADDRESSES_MOST);
    let left_out = row.endpoints.len().saturating_sub(ADDRESSES_MOST);
    html! {
        <li key={row.name.as_str()} data-testid="addresses" data-name={row.name.to_string()}>
            <h3>{ object_link(&object, label(&object), on) }<span class="aside">{ row.address.as_str() }</span></h3>
            <ul class="senders" aria-label={texts::WHO_HAS_HEARD}>{ for row.senders.iter().map(sender) }</ul>
            <ul class="ledger addresses">
                for endpoint in shown {
                    { address(row, endpoint, pods.get(endpoint.pod.as_str()).copied(), on) }
                }
            </ul>
            if 0 < left_out {
                <p class="quiet">{ texts::more_addresses(left_out) }</p>
            }
        </li>
    }
}

fn sender(row: &SenderRow) -> Html {
    html! {
        <li key={row.name.as_str()} data-testid="sender" data-name={row.name.to_string()} data-current={row.is_current.to_string()}>
            { sign(if row.is_current { Progress::Done } else { Progress::Active }) }
            <span>{ row.name.as_str() }</span>
            <span class="aside">{ if row.is_current { texts::IS_CURRENT } else { texts::HAS_YET_TO_HEAR } }</span>
        </li>
    }
}

fn address(
    service: &ServiceRow,
    row: &EndpointRow,
    pod: Option<&PodRow>,
    on: &Callback<Action>,
) -> Html {
    let by_place = service.senders.iter().enumerate();
    let sending = by_place.filter(|(place, _)| row.sent_by >> place & 1 == 1);
    let sending: Vec<&str> = sending.map(|(_, it)| it.name.as_str()).collect();
    let tint = pod.and_then(|pod| pod.tint.as_ref());
    html! {
        <li
            key={row.address.as_str()}
            class={tint_class(tint)}
            data-testid="address"
            data-address={row.address.to_string()}
            data-ready={row.ready.to_string()}
            data-serving={row.serving.to_string()}
            data-terminating={row.terminating.to_string()}
            data-senders={sending.len().to_string()}
        >
            if let Some(pod) = pod {
                { pod_shape(pod.form, 0) }
            }
            <code class="strong">{ row.address.as_str() }</code>
            if let Some(pod) = pod {
                { object_link(&ObjectRef::new("Pod", &service.namespace, &pod.name), short_name(&pod.name), on) }
                <span class="aside">{ pod.node.as_str() }</span>
            }
            <span>{ texts::endpoint_conditions(row) }</span>
            <span class="aside">{ texts::requests_from(&sending, row.sent_by == all_of(&service.senders)) }</span>
        </li>
    }
}

/// The bits of all of them.
fn all_of(senders: &[SenderRow]) -> u16 {
    (0..senders.len()).fold(0, |all, place| all | 1 << place)
}
