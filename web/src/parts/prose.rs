//! A sentence of the lab, with what stands in backticks set as code.

use yew::prelude::*;

/// The sentence. An odd backtick stays what it is.
pub fn prose(text: &str) -> Html {
    let pieces = pieces(text).into_iter().map(|(code, text)| {
        if code {
            html! { <code>{ text }</code> }
        } else {
            html! { { text } }
        }
    });
    html! { <>{ for pieces }</> }
}

/// A text of the table with these set into it where it says `{0}`, `{1}`: a language has its own order.
pub fn filled(text: &str, slots: &[Html]) -> Html {
    let mut pieces = text.split('{');
    let first = pieces.next().unwrap_or_default();
    let others = pieces.map(|piece| {
        let (slot, text) = piece.split_once('}').unwrap_or_default();
        let slot = slot.parse().ok().and_then(|slot: usize| slots.get(slot));
        html! { <>{ slot.cloned().unwrap_or_default() }{ text }</> }
    });
    html! { <>{ first }{ for others }</> }
}

/// Splits at pairs of backticks. True: it stood between two of them.
fn pieces(text: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, code, after)) = next_code(rest) {
        pieces.extend([(false, before), (true, code)]);
        rest = after;
    }
    pieces.push((false, rest));
    pieces.retain(|(_, text)| !text.is_empty());
    pieces
}

fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_stands_between_backticks() {
        for (text, expected) in [
            ("", vec![]),
            ("plain", vec![(false, "plain")]),
            (
                "in `.spec.template`.",
                vec![(false, "in "), (true, ".spec.template"), (false, ".")],
            ),
            ("`a``b`", vec![(true, "a"), (true, "b")]),
            ("odd ` one", vec![(false, "odd ` one")]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
