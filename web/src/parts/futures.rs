//! Two futures: which is worked in, and what came of each.

use view::protocol::Difference;
use yew::prelude::*;

use super::prose::filled;
use crate::session::{Action, OtherFuture, Session};
use crate::texts;
use crate::words::clock;

/// What a future is called.
pub fn future_name(is_fork: bool) -> &'static str {
    if is_fork {
        texts::FORK
    } else {
        texts::ORIGINAL
    }
}

/// The choice between both, the ways to give one up, and how they differ.
pub fn futures(session: &Session, other: &OtherFuture, on: &Callback<Action>) -> Html {
    let choice = |is_fork: bool| {
        let is_here = is_fork != other.is_fork;
        let onclick = on.reform(|_| Action::Switch);
        html! {
            <button type="button" aria-pressed={is_here.to_string()} disabled={is_here} {onclick}>
                { future_name(is_fork) }
            </button>
        }
    };
    html! {
        <section class="futures" aria-label={texts::TWO_FUTURES} data-testid="futures" data-in-fork={(!other.is_fork).to_string()}>
            <header>
                <p>{ filled(texts::TWO_FUTURES_SINCE, &[html! { <strong>{ clock(other.since) }</strong> }]) }</p>
                <div class="choice-of-two" role="group" aria-label={texts::YOUR_FUTURE}>
                    { choice(false) }
                    { choice(true) }
                </div>
                <button type="button" class="link" onclick={on.reform(|_| Action::Join)}>
                    { texts::keep_one(!other.is_fork) }
                </button>
            </header>
            { differences(session, other) }
        </section>
    }
}

/// What came of both; once it was seen.
fn differences(session: &Session, other: &OtherFuture) -> Html {
    let rows: Vec<&Difference> = other
        .differences
        .iter()
        .filter(|row| row.here != row.there)
        .collect();
    if session.is_same_as(other) {
        return html! { <p class="quiet">{ texts::SAME_SO_FAR }</p> };
    }
    if session.seen < session.history.end {
        return html! { <p class="quiet">{ texts::PLAY_TO_COMPARE }</p> };
    }
    if rows.is_empty() {
        return html! { <p class="quiet">{ texts::SAME_IN_THE_END }</p> };
    }
    let (mut first, mut second) = ("here", "there");
    if !other.is_fork {
        (first, second) = ("there", "here");
    }
    html! {
        <table data-testid="differences">
            <thead>
                <tr><th scope="col"><span class="said">{ texts::IN_WHICH_RESPECT }</span></th><th scope="col">{ texts::ORIGINAL }</th><th scope="col">{ texts::FORK }</th></tr>
            </thead>
            <tbody>
                for row in rows {
                    <tr key={row.what.as_str()} data-testid="difference-of-futures">
                        <th scope="row">{ row.what.as_str() }</th>
                        <td class={first}>{ if other.is_fork { row.here.as_str() } else { row.there.as_str() } }</td>
                        <td class={second}>{ if other.is_fork { row.there.as_str() } else { row.here.as_str() } }</td>
                    </tr>
                }
            </tbody>
        </table>
    }
}
