//! A Service: its endpoints and what came of the requests.

use view::{EndpointRow, Millis, ObjectRef, Second, ServiceRow, ServiceSecond};
use yew::prelude::*;

use super::object::{label, object_link};
use super::tint::tint_class;
use crate::session::{Action, Deed, History};
use crate::texts;
use crate::words::clock;

/// How many seconds the success line goes back.
const SECONDS: usize = 60;
/// Over how many seconds the share is taken.
const RECENT: usize = 10;

/// The Service, who answers now, and the share of requests that were answered lately.
pub fn service<'h>(
    row: &ServiceRow,
    history: &'h History,
    now: Millis,
    on: &Callback<Action>,
) -> Html {
    let object = ObjectRef::new("Service", &row.namespace, &row.name);
    let seconds = &history.seconds;
    let past = &seconds[..seconds.partition_point(|second| second.t <= now)];
    let deed = history.last_deed(now);
    let since = deed.map_or(0, |deed| deed.t);
    let since = &past[past.partition_point(|second| second.t <= since)..];
    let own = |seconds: &'h [Second]| -> Vec<Own<'h>> {
        seconds.iter().map(|second| of(second, &row.name)).collect()
    };
    let (_, failed) = sums(&own(since));
    let ready_min = since.iter().map(|second| second.ready.0).min();
    let serving = serving(row);
    let minute = own(&past[past.len().saturating_sub(SECONDS)..]);
    let recent = share(&minute[minute.len().saturating_sub(RECENT)..]);
    html! {
        <div
            class="service"
            role="group"
            aria-label={label(&object)}
            data-testid="service"
            data-name={row.name.to_string()}
            data-endpoints={serving.0.to_string()}
            data-failed-total={failed.to_string()}
            data-ready-min={ready_min.map(|n| n.to_string())}
            data-answered={recent.clone()}
        >
            <h2><span class="kind">{ format!("{} ", object.kind) }</span>{ object_link(&object, row.name.to_string(), on) }</h2>
            <p class="load">{ texts::load(row.per_second, serving) }</p>
            <div class="mix" aria-hidden="true">
                { mix(minute.last().copied().flatten()) }
            </div>
            <p class="success" data-failing={(0 < failed && deed.is_some()).to_string()}>
                <strong>{ recent }</strong>
                <span>{ verdict(&minute, deed, failed) }</span>
            </p>
            <p class="minute">{ texts::LAST_MINUTE }{ success_line(&minute) }</p>
        </div>
    }
}

/// To how many endpoints somebody sends requests, and how many there are with those that are ready and
/// that nobody has heard of yet.
pub fn serving(row: &ServiceRow) -> (usize, usize) {
    let count = |test: fn(&EndpointRow) -> bool| row.endpoints.iter().filter(|it| test(it)).count();
    let serving = count(|it| 0 < it.sent_by);
    (serving, serving + count(|it| it.ready && it.sent_by == 0))
}

/// What a Service had of a second; nothing if nobody called it.
type Own<'h> = Option<&'h ServiceSecond>;

fn of<'h>(second: &'h Second, name: &str) -> Own<'h> {
    second.services.iter().find(|own| own.name == name)
}

/// The answered share in percent, one decimal, cut: only all of them are 100 %.
fn share(seconds: &[Own<'_>]) -> String {
    let (answered, failed) = sums(seconds);
    match answered + failed {
        0 => texts::NO_MEASURE.to_owned(),
        all => texts::percent(answered * 1_000 / all),
    }
}

/// What the share means; failures are counted since somebody did something, if somebody did.
fn verdict(minute: &[Own<'_>], deed: Option<Deed>, failed: u64) -> String {
    match (sums(minute), deed) {
        ((0, 0), _) => texts::NO_REQUESTS_YET.to_owned(),
        (_, None) => texts::ANSWERED.to_owned(),
        (_, Some(Deed { is_merge: true, .. })) => texts::answered_since(failed, None),
        (_, Some(deed)) => texts::answered_since(failed, Some(&clock(deed.t))),
    }
}

fn sums(seconds: &[Own<'_>]) -> (u64, u64) {
    let seconds = || seconds.iter().flatten();
    let answered = seconds().flat_map(|second| &second.answered);
    (
        answered.map(|(_, n)| u64::from(*n)).sum(),
        seconds().map(|second| u64::from(second.failed)).sum(),
    )
}

/// The requests of one second as a bar, by the commit that answered.
fn mix(second: Own<'_>) -> Html {
    let Some(second) = second else {
        return Html::default();
    };
    let all = second.answered.iter().map(|(_, n)| n).sum::<u32>() + second.failed;
    let mut x = 0;
    let parts = second.answered.iter().map(|(tint, n)| {
        let (from, width) = (x, n * 1_000 / all.max(1));
        x += width;
        html! {
            <rect
                key={tint.index}
                class={tint_class(Some(tint))}
                x={from.to_string()}
                width={width.to_string()}
                height="8"
            />
        }
    });
    let parts: Vec<Html> = parts.collect();
    html! {
        <svg viewBox="0 0 1000 8" preserveAspectRatio="none" focusable="false">
            if second.failed == 0 {
                <rect class="whole" width="1000" height="8" />
            } else {
                <rect width="1000" height="8" />
            }
            { for parts }
        </svg>
    }
}

/// The share of answered requests, second by second.
fn success_line(seconds: &[Own<'_>]) -> Html {
    let start = SECONDS - seconds.len();
    let points: Vec<String> = seconds
        .iter()
        .enumerate()
        .filter_map(|(index, second)| {
            let (answered, failed) = sums(std::slice::from_ref(second));
            let height = (answered * 20).checked_div(answered + failed)?;
            Some(format!("{},{}", start + index, 22 - height))
        })
        .collect();
    html! {
        <svg class="line" viewBox="0 0 60 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <polyline points={points.join(" ")} />
        </svg>
    }
}
