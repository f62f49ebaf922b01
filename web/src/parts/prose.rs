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
    let parts = parts(text).map(|(slot, text)| {
        let slot = slot.and_then(|slot| slots.get(slot));
        html! { <>{ slot.cloned().unwrap_or_default() }{ text }</> }
    });
    html! { <>{ for parts }</> }
}

/// What stands between the slots of a text, each part with the number of the slot before it.
fn parts(text: &str) -> impl Iterator<Item = (Option<usize>, &str)> {
    text.split('{').map(|part| match part.split_once('}') {
        Some((slot, text)) => (slot.parse().ok(), text),
        None => (None, part),
    })
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
    fn slots_stand_where_the_language_has_them() {
        for (text, expected) in [
            ("in {0}", vec![(None, "in "), (Some(0), "")]),
            (
                "{1} from {0}",
                vec![(None, ""), (Some(1), " from "), (Some(0), "")],
            ),
        ] {
            assert_eq!(parts(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

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
