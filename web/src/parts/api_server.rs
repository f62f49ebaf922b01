//! What the API server was asked for, and what it answered.

use view::{Outcome, Progress, RequestRow};
use yew::prelude::*;

use super::icon::sign;
use super::object::named_link;
use super::tint::tint_class;
use crate::session::Action;
use crate::texts;
use crate::words::clock;

/// The requests of the change, those of others since it was merged, and what tools keep for themselves.
pub fn requests(
    rows: &[RequestRow],
    tint: Option<&view::Tint>,
    on: &Callback<Action>,
) -> Option<Html> {
    let list = |title: &'static str, is_in: fn(&&RequestRow) -> bool| {
        let rows: Vec<Html> = rows
            .iter()
            .filter(is_in)
            .map(|row| request(row, on))
            .collect();
        (!rows.is_empty()).then(|| {
            html! {
                <>
                    if !title.is_empty() {
                        <h3>{ title }</h3>
                    }
                    <ul class="ledger requests">{ for rows }</ul>
                </>
            }
        })
    };
    let groups = [
        list("", |row| row.is_of_change && !row.is_record),
        list(texts::BESIDES_THE_CHANGE, |row| {
            !row.is_of_change && !row.is_record
        }),
        list(texts::TOOLS_KEEP, |row| row.is_record),
    ];
    (!rows.is_empty())
        .then(|| html! { <div class={tint_class(tint)}>{ for groups.into_iter().flatten() }</div> })
}

fn request(row: &RequestRow, on: &Callback<Action>) -> Html {
    let progress = match row.outcome {
        Outcome::Refused => Progress::Failed,
        Outcome::Unchanged => Progress::Skipped,
        _ => Progress::Done,
    };
    html! {
        <li
            data-testid="request"
            data-actor={row.actor.to_string()}
            data-verb={row.verb.to_string()}
            data-object={row.object.to_string()}
            data-code={row.code.to_string()}
        >
            { sign(progress) }
            <code>{ texts::requested(&row.verb, &row.subresource) }</code>
            if row.object.contains('/') {
                { named_link(&row.object, on) }
            } else {
                <span>{ row.object.as_str() }</span>
            }
            <span class="strong">{ texts::answered_with(row) }</span>
            <span class="aside">{ texts::asked_by(&row.actor, &row.user, &clock(row.t)) }</span>
            if !row.message.is_empty() {
                <p class="wrong">{ row.message.as_str() }</p>
            }
            { paths(texts::IN_THE_TEMPLATE, &row.template) }
            { paths(texts::OUTSIDE_OF_IT, &row.elsewhere) }
            if 0 < row.version && !row.is_record {
                <p class="aside">{ texts::told_to(row.version, &row.told) }</p>
            }
        </li>
    }
}

fn paths(title: &'static str, paths: &[ecow::EcoString]) -> Html {
    if paths.is_empty() {
        return Html::default();
    }
    html! {
        <p class="paths">
            <span class="aside">{ title }</span>
            for path in paths {
                <code key={path.as_str()}>{ path.as_str() }</code>
            }
        </p>
    }
}
