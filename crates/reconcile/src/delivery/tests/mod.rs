mod definition;
mod diff;
mod expression;
mod features;
mod git;
mod mutation;
mod oracle;
mod plan;
mod registry;
mod run;
mod script;
mod workflow;

use super::definition::Definition;
use super::labs;
use crate::view::Problem;

/// The built-in lab, as its files define it.
fn order_service() -> Definition {
    Definition::read(&labs::built_in("order-service").unwrap()).unwrap()
}

/// Problems as a compiler prints them: `file:line:column: message (hint)`.
fn listed(problems: &[Problem]) -> String {
    let line = |p: &Problem| {
        let hint = if p.hint.is_empty() {
            String::new()
        } else {
            format!(" ({})", p.hint)
        };
        format!("{}:{}:{}: {}{hint}", p.path, p.line, p.column, p.message)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}
