//! The containers of a pod: how each does, what it runs and may use, and what its probes have found.

use view::{AmountRow, ContainerRow, ProbeRow, ProbeStanding, Progress};
use yew::prelude::*;

use super::icon::sign;
use crate::texts;
use crate::words::{clock, cores, last_part};

/// How many characters of a digest tell it from others, with its `sha256:`.
const DIGEST: usize = 19;

/// A section for those of a pod; nothing for any other object.
pub fn containers(rows: &[ContainerRow]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    html! {
        <section>
            <h3>{ texts::CONTAINERS }</h3>
            <ul class="containers">{ for rows.iter().map(container) }</ul>
        </section>
    }
}

fn container(row: &ContainerRow) -> Html {
    html! {
        <li
            key={row.name.as_str()}
            data-testid="container"
            data-name={row.name.to_string()}
            data-state={row.state.to_string()}
            data-reason={row.reason.to_string()}
            data-ready={row.ready.to_string()}
            data-restarts={row.restarts.to_string()}
        >
            <h4>{ sign(row.progress) }<span class="strong">{ row.name.as_str() }</span><span class="aside">{ texts::container_role(row.role) }</span></h4>
            <p>{ state(row) }</p>
            if !row.message.is_empty() {
                <p class="aside">{ row.message.as_str() }</p>
            }
            if let Some(last) = &row.last {
                <p class="wrong" data-testid="last-end">{ texts::ended_before(&last.reason, last.exit, &clock(last.at)) }</p>
            }
            <p class="aside">
                <code title={row.image.to_string()}>{ last_part(&row.image) }</code>
                if !row.digest.is_empty() {
                    { " " }<code title={row.digest.to_string()}>{ row.digest.chars().take(DIGEST).collect::<String>() }</code>
                }
            </p>
            <p class="aside">{ amount(texts::NODE_CPU, row.cpu, cores) }</p>
            <p class="aside">{ amount(texts::NODE_MEMORY, row.memory, |bytes| texts::memory(bytes.div_ceil(1 << 20))) }</p>
            if !row.probes.is_empty() {
                <ul class="probes">{ for row.probes.iter().map(probe) }</ul>
            }
        </li>
    }
}

/// `Running since 1:42.0, ready, 2 restarts`
fn state(row: &ContainerRow) -> String {
    let mut words = match (&row.since, &row.ended) {
        (Some(since), _) => texts::state_since(&row.state, &clock(*since)),
        (_, Some(end)) => texts::ended(&end.reason, end.exit, &clock(end.at)),
        _ if row.reason.is_empty() => row.state.to_string(),
        _ => format!("{}: {}", row.state, row.reason),
    };
    if row.since.is_some() {
        words += &format!(
            ", {}",
            if row.ready {
                texts::READY
            } else {
                texts::NOT_READY
            }
        );
    }
    if 0 < row.restarts {
        words += &format!(", {}", texts::restarts(row.restarts));
    }
    words
}

fn amount(name: &'static str, row: AmountRow, words: fn(u64) -> String) -> String {
    let given = |amount: u64| (0 < amount).then(|| words(amount));
    texts::amount(name, &words(row.used), given(row.request), given(row.limit))
}

fn probe(row: &ProbeRow) -> Html {
    let progress = match row.standing {
        ProbeStanding::Waiting | ProbeStanding::AwaitsStartup => Progress::Waiting,
        ProbeStanding::Passed => Progress::Done,
        ProbeStanding::Passing | ProbeStanding::Failing => Progress::Active,
        ProbeStanding::Failed => Progress::Failed,
    };
    html! {
        <li
            key={row.kind.as_str()}
            data-testid="probe"
            data-kind={row.kind.to_string()}
            data-standing={standing_word(row.standing)}
        >
            { sign(progress) }
            <span><span class="strong">{ row.kind.as_str() }</span>{ " " }{ texts::probe(row.standing, row.in_a_row) }</span>
            <code>{ row.target.as_str() }</code>
            <code class="aside">{ row.rhythm.as_str() }</code>
        </li>
    }
}

/// For `data-standing`.
fn standing_word(standing: ProbeStanding) -> &'static str {
    match standing {
        ProbeStanding::Waiting => "waiting",
        ProbeStanding::AwaitsStartup => "awaits-startup",
        ProbeStanding::Passed => "passed",
        ProbeStanding::Passing => "passing",
        ProbeStanding::Failing => "failing",
        ProbeStanding::Failed => "failed",
    }
}
