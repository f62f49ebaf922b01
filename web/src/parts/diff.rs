//! The change of files, line by line, as git shows it.

use view::{DiffLine, FileDiff, Hunk};
use yew::prelude::*;

use crate::texts;

/// The changed files, each foldable.
pub fn diff(files: &[FileDiff]) -> Html {
    html! {
        <div class="diff">
            for file in files.iter() {
                <details key={file.path.as_str()} open=true>
                    <summary>
                        <code>{ file.path.as_str() }</code>
                        <span class="sums" aria-label={texts::lines_changed(file.added, file.removed)}>
                            <span class="added">{ format!("+{}", file.added) }</span>
                            <span class="removed">{ format!("−{}", file.removed) }</span>
                        </span>
                    </summary>
                    for (index, hunk) in file.hunks.iter().enumerate() {
                        <table key={index} aria-label={texts::changes_in(&file.path)}>
                            <tbody>{ rows(hunk) }</tbody>
                        </table>
                    }
                </details>
            }
        </div>
    }
}

/// The lines of one place; in a line that was changed, what is another.
fn rows(hunk: &Hunk) -> Html {
    let partners = partners(&hunk.lines);
    html! {
        for (index, (row, partner)) in hunk.lines.iter().zip(partners).enumerate() {
            <tr key={index} class={class(row)}>
                <td class="number">{ row.old }</td>
                <td class="number">{ row.new }</td>
                <td class="prefix">{ mark(row) }</td>
                <td class="text">{ text(row, partner) }</td>
            </tr>
        }
    }
}

/// A line, with what differs from its partner marked.
fn text(row: &DiffLine, partner: Option<&str>) -> Html {
    let text = row.text.as_str();
    let Some((from, to)) = partner.and_then(|other| differing(text, other)) else {
        return html! { { text } };
    };
    html! { <>{ &text[..from] }<mark>{ &text[from..to] }</mark>{ &text[to..] }</> }
}

/// For each line the one that it became, or was: where as many lines go as come, one by one.
fn partners(lines: &[DiffLine]) -> Vec<Option<&str>> {
    let mut partners = vec![None; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let run = |from: usize, class_of: &str| {
            let rest = lines.get(from..).unwrap_or_default().iter();
            rest.take_while(|row| class(row) == Some(class_of)).count()
        };
        let removed = run(at, "removed");
        let added = run(at + removed, "added");
        if removed == added {
            for place in at..at + removed {
                partners[place] = Some(&*lines[place + removed].text);
                partners[place + removed] = Some(&*lines[place].text);
            }
        }
        at += (removed + added).max(1);
    }
    partners
}

/// The part of a text that differs from another, in whole words; None if little is the same.
fn differing(text: &str, other: &str) -> Option<(usize, usize)> {
    let (words, others) = (words(text), words(other));
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let front = words.iter().zip(&others).take_while(same).count();
    let most = words.len().min(others.len()) - front;
    let back = words.iter().rev().zip(others.iter().rev());
    let back = back.take(most).take_while(same).count();
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let from = length(&words[..front]);
    let to = text.len() - length(&words[words.len() - back..]);
    // Indentation is the same of almost any two lines.
    let is_blank = |it: &str| it.trim().is_empty();
    let is_alike = !is_blank(&text[..from]) || !is_blank(&text[to..]);
    (from < to && is_alike).then_some((from, to))
}

/// Words, and what stands between them, piece by piece.
fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

fn class(row: &DiffLine) -> Option<&'static str> {
    match (row.old, row.new) {
        (None, _) => Some("added"),
        (_, None) => Some("removed"),
        _ => None,
    }
}

fn mark(row: &DiffLine) -> &'static str {
    match (row.old, row.new) {
        (None, _) => "+",
        (_, None) => "−",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked_in_whole_words() {
        for (old, new, expected) in [
            ("  ORDER_TIMEOUT: 3s", "  ORDER_TIMEOUT: 5s", "5s"),
            ("version: 1.4.1", "version: 1.4.2", "2"),
            ("image: a:1", "image: b:1", "b"),
            ("a: 1", "a: 1 # why", " # why"),
            ("a: 1 # why", "a: 1", ""),
            ("  - nothing", "  other: 1", ""),
            ("größe: 1", "größe: 2", "2"),
            ("x: [1]", "x: [1, 1]", ", 1"),
        ] {
            let found = differing(new, old).map_or("", |(from, to)| &new[from..to]);
            assert_eq!(found, expected, "{old} -> {new}");
        }
    }

    #[test]
    fn lines_that_go_have_the_lines_that_come_for_partners() {
        let line = |old, new, text: &str| DiffLine {
            old,
            new,
            text: text.into(),
        };
        let lines = [
            line(Some(1), Some(1), "same"),
            line(Some(2), None, "a: 1"),
            line(Some(3), None, "b: 1"),
            line(None, Some(2), "a: 2"),
            line(None, Some(3), "b: 2"),
            line(Some(4), None, "gone"),
        ];
        assert_eq!(
            partners(&lines),
            [
                None,
                Some("a: 2"),
                Some("b: 2"),
                Some("a: 1"),
                Some("b: 1"),
                None
            ]
        );
    }
}
