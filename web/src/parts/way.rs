//! The way of a change: its stations on a line. The live one is large, the done ones are quiet.

use view::{Station, StationKind};
use yew::prelude::*;

use super::icon::{progress_word, sign};
use super::tint::{sha, tint_class};
use crate::session::Action;
use crate::texts;

#[derive(PartialEq, Properties)]
pub struct WayProps {
    pub stations: Vec<Station>,
    /// The station that is looked at.
    pub shown: StationKind,
    pub on: Callback<Action>,
}

/// The line of stations. Choosing one shows its details below.
#[component]
pub fn Way(props: &WayProps) -> Html {
    html! {
        <ol class="way" aria-label={texts::WAY_OF_A_CHANGE}>
            for (station, spoken) in props.stations.iter().map(|it| (it, AttrValue::from(spoken(it)))) {
                <li
                    key={kind_word(station.kind)}
                    class={classes!("station", tint_class(station.tint.as_ref()))}
                    data-testid="station"
                    data-kind={kind_word(station.kind)}
                    data-progress={progress_word(station.progress)}
                    data-tint={sha(station.tint.as_ref())}
                    data-live={(station.kind == props.shown).then_some("true")}
                >
                    <button
                        type="button"
                        aria-pressed={(station.kind == props.shown).to_string()}
                        aria-label={spoken.clone()}
                        title={spoken}
                        onclick={props.on.reform({
                            let kind = station.kind;
                            move |_| Action::Look(Some(kind))
                        })}
                    >
                        { sign(station.progress) }
                        <span class="name">{ texts::station(station.kind) }</span>
                        { " " }
                        <span class="title">{ title(station) }</span>
                    </button>
                </li>
            }
        </ol>
    }
}

/// Of an image, the tag is enough; the station says the rest.
fn title(station: &Station) -> &str {
    match station.kind {
        StationKind::Image => station.title.rsplit(':').next().unwrap_or_default(),
        _ => &station.title,
    }
}

/// What is written first, then what is drawn, then what there was no room for.
fn spoken(station: &Station) -> String {
    let words = [
        texts::station(station.kind),
        title(station),
        texts::progress(station.progress),
        &station.detail,
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(", ")
}

/// For `data-kind`.
pub fn kind_word(kind: StationKind) -> &'static str {
    match kind {
        StationKind::Commit => "commit",
        StationKind::PullRequest => "pull-request",
        StationKind::Checks => "checks",
        StationKind::Image => "image",
        StationKind::Release => "release",
        StationKind::ApiServer => "api-server",
        StationKind::Rollout => "rollout",
        StationKind::Endpoints => "endpoints",
        StationKind::Traffic => "traffic",
    }
}
