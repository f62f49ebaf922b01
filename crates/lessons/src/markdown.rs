//! The little of Markdown that lessons are written in: paragraphs, lists, code, words that weigh more.

use ecow::EcoString;
use view::{Block, Span};

const FENCE: &str = "```";

/// The blocks of a text. Whatever is none of the known shapes is a paragraph.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with(FENCE) {
            let mut code = EcoString::new();
            for line in lines.by_ref().take_while(|line| !line.starts_with(FENCE)) {
                code.push_str(line);
                code.push('\n');
            }
            blocks.push(Block::Code(code));
            continue;
        }
        // A paragraph, or the items of a list, up to the next blank line or fence.
        let mut items = vec![line.trim().to_owned()];
        let is_list = item(line).is_some();
        while let Some(line) = lines.next_if(|line| is_inside(line, is_list)) {
            match items.last_mut() {
                Some(last) if !is_list || item(line).is_none() => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                _ => items.push(line.trim().to_owned()),
            }
        }
        blocks.push(match is_list {
            true => Block::List(
                items
                    .iter()
                    .map(|line| spans(item(line).unwrap_or(line)))
                    .collect(),
            ),
            false => Block::Paragraph(spans(&items[0])),
        });
    }
    blocks
}

fn is_inside(line: &str, is_list: bool) -> bool {
    let begins_other = line.starts_with(FENCE) || !is_list && item(line).is_some();
    !line.trim().is_empty() && !begins_other
}

/// What follows the sign of a list's item.
pub fn item(line: &str) -> Option<&str> {
    line.strip_prefix("- ")
}

/// The pieces of a line.
#[must_use]
pub fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut text = EcoString::new();
    let mut rest = line;
    while let Some(sign) = rest.chars().next() {
        let marks = ["`", "**", "*"];
        let mark = marks.into_iter().find(|mark| rest.starts_with(mark));
        let inside = mark.and_then(|mark| {
            let inside = &rest[mark.len()..];
            let end = inside.find(mark).filter(|end| *end > 0)?;
            Some((mark, &inside[..end], &inside[end + mark.len()..]))
        });
        let Some((mark, inside, after)) = inside else {
            text.push(sign);
            rest = &rest[sign.len_utf8()..];
            continue;
        };
        if !text.is_empty() {
            spans.push(Span::Text(std::mem::take(&mut text)));
        }
        match mark {
            "`" => spans.push(Span::Code(inside.into())),
            // Code keeps its own face where the words around it weigh more.
            _ => spans.extend(self::spans(inside).into_iter().map(|span| match span {
                Span::Text(text) => Span::Emphasis(text),
                inner => inner,
            })),
        }
        rest = after;
    }
    if !text.is_empty() {
        spans.push(Span::Text(text));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks as one line each: `P` a paragraph, `L` a list, `C` code; `<c:…>` and `<e:…>` spans.
    fn told(text: &str) -> String {
        let line = |spans: &[Span]| -> String {
            let told = spans.iter().map(|span| match span {
                Span::Text(text) => text.to_string(),
                Span::Code(text) => format!("<c:{text}>"),
                Span::Emphasis(text) => format!("<e:{text}>"),
            });
            told.collect()
        };
        let told = blocks(text)
            .iter()
            .map(|block| match block {
                Block::Paragraph(spans) => format!("P {}", line(spans)),
                Block::List(items) => {
                    let items: Vec<String> = items.iter().map(|item| line(item)).collect();
                    format!("L {}", items.join(" | "))
                }
                Block::Code(text) => format!("C {text:?}"),
            })
            .collect::<Vec<_>>();
        told.join("\n")
    }

    #[test]
    fn texts_become_blocks() {
        let check = |text: &str, expected: &str| assert_eq!(told(text), expected, "{text:?}");
        check("", "");
        check("One\nline.\n\nTwo.", "P One line.\nP Two.");
        check("- a\n- b\n  goes on\n\nEnd", "L a | b goes on\nP End");
        check("Before\n- a", "P Before\nL a");
        check("```yaml\na: *b\n\nc\n```\nx", "C \"a: *b\\n\\nc\\n\"\nP x");
        check("```\nnever ends", "C \"never ends\\n\"");
        check("a `b*c*` *d* **e f**.", "P a <c:b*c*> <e:d> <e:e f>.");
        check("**is `.spec` new?**", "P <e:is ><c:.spec><e: new?>");
        check("2 * 3 is `6", "P 2 * 3 is `6");
        check("``", "P ``");
        check("ünd *ö*", "P ünd <e:ö>");
    }
}
