//! Changing one value of a text and leaving every other byte, comments included, as it was: what a
//! CI bot does to `image.tag`.

use crate::decode::key_text;
use crate::node::{Kind, Node};
use crate::texts;
use crate::{Duplicates, Error, Style, Value, decode_node, encode, parse_first};
use std::ops::Range;

/// Puts `value` at `path` (mapping keys, or item numbers of lists) of the first document of `text`.
/// Keys that are missing are added after the last member of their mapping.
///
/// ```
/// let text = "image:\n  tag: \"1.0\"  # set by CI\n";
/// let edited = yaml::edit::set(text, &["image", "tag"], &"1.1".into()).unwrap();
/// assert_eq!(edited, "image:\n  tag: \"1.1\"  # set by CI\n");
/// ```
///
/// # Errors
/// Text that is no YAML, a path that leads through something that is no mapping, and a place where
/// a new value would change more than itself (an anchor that others stand for, a merged key).
pub fn set(text: &str, path: &[&str], value: &Value) -> Result<String, Error> {
    let Some(root) = parse_first(text)? else {
        return Ok(join(text, &encode(&nested(path, value))));
    };
    let mut wanted = decode_node(&root, Duplicates::LastWins)?;
    let edited = write(text, &root, path, value)?;
    put(&mut wanted, path, value);
    // YAML has more ways to write a value than the lines above know: what counts is how it reads.
    let got = parse_first(&edited).and_then(|root| match root {
        Some(root) => decode_node(&root, Duplicates::LastWins),
        None => Ok(Value::Null),
    });
    if got.is_ok_and(|got| encode(&got) == encode(&wanted)) {
        return Ok(edited);
    }
    let node = path.iter().try_fold(&root, |node, key| member(node, key));
    Err(refused(
        node.unwrap_or(&root),
        texts::cannot_be_changed(&path.join(".")),
        texts::EDIT_BY_HAND,
    ))
}

/// Puts a value into the tree, as [`set`] does into the text.
fn put(tree: &mut Value, path: &[&str], value: &Value) {
    let Some((key, rest)) = path.split_first() else {
        *tree = value.clone();
        return;
    };
    match tree {
        Value::List(_) => {
            let item = key.parse::<usize>().ok();
            if let Some(item) = item.and_then(|at| tree.items_mut().make_mut().get_mut(at)) {
                put(item, rest, value);
            }
        }
        _ => put(tree.entry(key), rest, value),
    }
}

fn write(text: &str, root: &Node, path: &[&str], value: &Value) -> Result<String, Error> {
    let mut node = root;
    for (depth, key) in path.iter().enumerate() {
        match member(node, key) {
            Some(next) => node = next,
            None => return add(text, node, path, depth, value),
        }
    }
    Ok(replace(text, node, value, path.len()))
}

fn refused(node: &Node, message: String, hint: &'static str) -> Error {
    Error {
        line: node.line(),
        column: node.column(),
        message,
        hint: Some(hint),
        go_line: node.line(),
        is_json: false,
    }
}

/// The member `key`, as written or as decoded: `false` finds the value of `off:`, which another
/// `false:` beside it would make a duplicate.
fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Map(members) = &node.target().kind else {
        return node.get(key);
    };
    node.get(key).or_else(|| {
        let mut members = members.iter().rev();
        let (_, value) = members.find(|(have, _)| key_text(have).as_deref() == Some(key))?;
        Some(value)
    })
}

/// A value inside mappings of one member each.
fn nested(path: &[&str], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |inner, key| {
        Value::Map([(*key, inner)].into_iter().collect())
    })
}

fn join(text: &str, addition: &str) -> String {
    let gap = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{gap}{addition}")
}

fn splice(text: &str, span: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..span.start], &text[span.end..])
}

fn is_flow(text: &str, node: &Node) -> bool {
    text[node.span.clone()].starts_with(['{', '['])
}

fn replace(text: &str, node: &Node, value: &Value, depth: usize) -> String {
    let written = match (&node.kind, value) {
        (_, Value::List(items)) if !items.is_empty() => None,
        (_, Value::Map(map)) if !map.is_empty() => None,
        (Kind::Scalar { style, .. }, Value::String(new)) if !new.contains('\n') => {
            Some(quoted_like(new, *style, node))
        }
        (_, value) if !value.text().contains('\n') => Some(one_line(value)),
        _ => None,
    };
    match written {
        Some(new) if node.span.is_empty() => {
            let (at, before) = left_out(text, node);
            splice(text, at..at, &format!("{before}{new}"))
        }
        Some(new) if is_flow(text, node) || matches!(node.kind, Kind::Scalar { .. }) => {
            splice(text, scalar_span(text, node), &new)
        }
        Some(new) => splice(text, block_span(text, node), &format!(" {new}")),
        None => replace_block(text, node, value, depth),
    }
}

/// Where a value that was left out is to be written, and what it needs before it.
fn left_out(text: &str, node: &Node) -> (usize, &'static str) {
    let start = node.span.start;
    let (before, after) = text.split_at(start);
    match before.chars().next_back() {
        _ if after.starts_with(": ") => (start + 2, ""),
        _ if after.starts_with(':') => (start + 1, " "),
        Some(':') => (start, " "),
        Some(' ' | '\t' | '\n') | None => (start, ""),
        Some(_) => (start, ": "),
    }
}

/// The bytes of a scalar; of a block scalar without the line break that ends its last line.
fn scalar_span(text: &str, node: &Node) -> Range<usize> {
    let kept = text[node.span.clone()]
        .trim_end_matches(['\n', ' ', '\r'])
        .len();
    match node.kind {
        Kind::Scalar {
            style: Style::Literal | Style::Folded,
            ..
        } => node.span.start..node.span.start + kept,
        _ => node.span.clone(),
    }
}

/// The bytes from the end of the key's colon to the end of a block collection.
fn block_span(text: &str, node: &Node) -> Range<usize> {
    let before = text[..node.span.start].trim_end().len();
    before..node.span.end
}

fn one_line(value: &Value) -> String {
    encode(value).trim_end_matches('\n').replace("\n  ", " ")
}

/// Keeps the quotes that were there; a plain text stays plain if it still reads as text.
fn quoted_like(new: &str, style: Style, old: &Node) -> String {
    let plain = one_line(&Value::from(new));
    // A plain number or flag was a value, not a text: the new one is written as what it looks like.
    let was_plain_value = style == Style::Plain
        && !matches!(decode_node(old, Duplicates::LastWins), Ok(Value::String(_)));
    match style {
        Style::Double => format!("{:?}", new),
        Style::Single => format!("'{}'", new.replace('\'', "''")),
        _ if was_plain_value && !new.is_empty() => plain.trim_matches('"').to_owned(),
        _ => plain,
    }
}

fn replace_block(text: &str, node: &Node, value: &Value, depth: usize) -> String {
    if depth == 0 {
        return splice(text, node.span.clone(), &encode(value));
    }
    let indent = line_indent(text, node, matches!(value, Value::List(_)));
    let body = match value {
        Value::String(_) => format!(" {}", encode(value).trim_end()),
        _ => format!("\n{}", indented(encode(value).trim_end(), indent)),
    };
    let start = text[..node.span.start].trim_end().len();
    splice(text, start..scalar_span(text, node).end, &body)
}

/// The indentation that a nested block gets: two more than the line of its key, or that of the
/// block that stood there.
fn line_indent(text: &str, node: &Node, list: bool) -> usize {
    let key_end = text[..node.span.start].trim_end().len();
    let line_start = text[..key_end].rfind('\n').map_or(0, |at| at + 1);
    let key_indent =
        text[line_start..].len() - text[line_start..].trim_start_matches([' ', '-']).len();
    let block = matches!(node.kind, Kind::Map(_) | Kind::List(_)) && !is_flow(text, node);
    match block {
        true => node.mark.column,
        false if list => key_indent,
        false => key_indent + 2,
    }
}

fn indented(block: &str, spaces: usize) -> String {
    let pad = " ".repeat(spaces);
    let lines: Vec<String> = block
        .lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{pad}{line}")
            }
        })
        .collect();
    lines.join("\n")
}

fn add(
    text: &str,
    node: &Node,
    path: &[&str],
    depth: usize,
    value: &Value,
) -> Result<String, Error> {
    let rest = &path[depth..];
    match &node.target().kind {
        Kind::Map(members) if !members.is_empty() && !is_flow(text, node) => {
            let block = indented(encode(&nested(rest, value)).trim_end(), node.mark.column);
            let end = content_end(text, node);
            Ok(splice(text, end..end, &format!("\n{block}")))
        }
        Kind::Map(members) if !members.is_empty() => {
            let end = node.span.end - 1;
            let key = one_line(&Value::from(rest[0]));
            let member = format!(", {key}: {}", flow(&nested(&rest[1..], value)));
            Ok(splice(text, end..end, &member))
        }
        Kind::Map(_) => Ok(replace(text, node, &nested(rest, value), depth)),
        Kind::Scalar {
            text: old,
            style: Style::Plain,
        } if old.is_empty() || &**old == "null" => {
            Ok(replace(text, node, &nested(rest, value), depth))
        }
        _ => Err(refused(
            node,
            texts::no_mapping(rest[0]),
            texts::NAME_A_PATH,
        )),
    }
}

/// The end of the last line that belongs to a block mapping.
fn content_end(text: &str, node: &Node) -> usize {
    let end = node.span.start + text[node.span.clone()].trim_end().len();
    text[end..].find('\n').map_or(text.len(), |at| end + at)
}

/// A value on one line, in braces and brackets.
fn flow(value: &Value) -> String {
    match value {
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let members: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", one_line(&Value::from(key)), flow(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::String(text) if text.contains([',', '[', ']', '{', '}', '\n']) => {
            format!("{text:?}")
        }
        value => one_line(value),
    }
}
