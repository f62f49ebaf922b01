//! What the chart renders, beside what it is rendered from: a line leads to the template and to the value
//! that made it, and the line in which the caret stands marks the lines that it made.

use std::rc::Rc;

use view::{Manifest, ManifestLine};
use yew::prelude::*;

use super::paint::paint;
use super::problems::problems;
use super::prose::filled;
use super::source::source;
use crate::session::Action;
use crate::words::path_from;
use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct ManifestProps {
    pub manifest: Option<Rc<Manifest>>,
    /// The open file and the line of its caret.
    pub file: Rc<str>,
    pub caret: u32,
    /// The line that is looked at.
    pub chosen: Option<usize>,
    pub on: Callback<Action>,
}

/// The rendered manifests of the open file's chart.
#[component]
pub fn ManifestView(props: &ManifestProps) -> Html {
    let list = use_node_ref();
    let manifest = props.manifest.clone().unwrap_or_default();
    let file = path_from(&manifest.repository, &props.file);
    let place = format!("{file}:{}", props.caret);
    let made = |line: &ManifestLine| line.sources.iter().any(|it| *it == place);
    let first = manifest.lines.iter().position(made);
    // The lines that the caret's line made come into sight.
    use_effect_with((list.clone(), first), |(list, first)| {
        let list = list.cast::<web_sys::Element>();
        let row = first.and_then(|at| list?.children().item(u32::try_from(at).ok()?));
        if let Some(row) = row {
            dom::show_within(&row);
        }
    });
    html! {
        <section class="manifest" aria-label={texts::RENDERED_MANIFEST} data-testid="manifest">
            <header>
                <h2>{ heading(props.manifest.as_deref()) }</h2>
                <button type="button" class="link" onclick={props.on.reform(|_| Action::ShowManifest(false))}>
                    { texts::CLOSE }
                </button>
            </header>
            if props.manifest.as_ref().is_some_and(|it| !it.problems.is_empty()) {
                <p class="stale" role="status">{ texts::RENDERED_BEFORE_THE_MISTAKE }</p>
                { problems(&manifest.problems, None, &props.on) }
            }
            <ol ref={list}>
                for (at, line) in manifest.lines.iter().enumerate() {
                    <li
                        key={at}
                        class={classes!(made(line).then_some("made"), (props.chosen == Some(at)).then_some("chosen"))}
                    >
                        { row(at, line, &props.on) }
                    </li>
                }
            </ol>
            <p class="sources" role="status">
                { chosen(&manifest, props.chosen, &props.on) }
            </p>
        </section>
    }
}

fn heading(manifest: Option<&Manifest>) -> String {
    match manifest {
        None => texts::NO_CHART_AROUND.to_owned(),
        Some(it) => texts::rendered_by(&it.release, &it.by),
    }
}

/// A line; those that something is known of are buttons.
fn row(at: usize, line: &ManifestLine, on: &Callback<Action>) -> Html {
    let text = html! {
        for (ink, text) in paint(&line.text) {
            <span class={ink.class()}>{ text }</span>
        }
    };
    if line.sources.is_empty() {
        return html! { <code>{ text }</code> };
    }
    let onclick = on.reform(move |_| Action::ChooseLine(at));
    html! { <button type="button" tabindex="-1" {onclick}><code>{ text }</code></button> }
}

/// What made the chosen line: each place leads there.
fn chosen(manifest: &Manifest, chosen: Option<usize>, on: &Callback<Action>) -> Html {
    let line = chosen.and_then(|at| manifest.lines.get(at));
    let Some(line) = line else {
        return html! { { texts::CHOOSE_A_LINE } };
    };
    let places = html! {
        for place in line.sources.iter() {
            { source(&manifest.repository, place, on) }
            { " " }
        }
    };
    filled(texts::MADE_BY, &[places])
}
