//! Writing as `sigs.k8s.io/yaml` writes: keys in natural order, lists at the indentation of their
//! key, quotes only where needed, texts of several lines as literal blocks, long lines folded at 80.

use crate::number::{format_g, format_json};
use crate::resolve::{Resolved, resolve};
use crate::{Map, Value};
use std::cmp::Ordering;

/// The value as a YAML document, with its final line break.
#[must_use]
pub fn encode(value: &Value) -> String {
    write(value, WIDTH, false)
}

/// The same as go-yaml v3 writes it with an indentation of 2 (`toYamlPretty`): lists are indented
/// under their key, and long lines stay long.
#[must_use]
pub fn encode_indented(value: &Value) -> String {
    write(value, usize::MAX, true)
}

fn write(value: &Value, width: usize, indent_lists: bool) -> String {
    let mut writer = Writer {
        spaced: true,
        only_indented: true,
        width,
        indent_lists,
        ..Writer::default()
    };
    writer.node(value, Context::Root);
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    writer.out
}

/// Where `sigs.k8s.io/yaml` folds text.
const WIDTH: usize = 80;
/// The spaces of one level.
const INDENT: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    Item,
    Member,
    Key,
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Column in characters.
    column: usize,
    /// Spaces before a nested line; none at the top.
    indent: Option<usize>,
    /// Whether the last thing written was white space or an indicator that needs none after it.
    spaced: bool,
    /// Whether the line holds nothing but indentation and `-`.
    only_indented: bool,
    /// The column after which text is folded at the next space.
    width: usize,
    indent_lists: bool,
}

/// What a text allows, found in one pass over it.
struct Shape {
    plain: bool,
    single: bool,
    block: bool,
    multiline: bool,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.only_indented || self.column > indent || (self.column == indent && !self.spaced) {
            self.line_break();
        }
        while self.column < indent {
            self.put(" ");
        }
        self.spaced = true;
        self.only_indented = true;
    }

    fn indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indent: bool) {
        if needs_space && !self.spaced {
            self.put(" ");
        }
        self.put(text);
        self.spaced = is_space;
        self.only_indented = self.only_indented && is_indent;
    }

    fn node(&mut self, value: &Value, context: Context) {
        match value {
            Value::List(items) if items.is_empty() => self.empty("[]"),
            Value::Map(map) if map.is_empty() => self.empty("{}"),
            Value::List(items) => self.list(items, context),
            Value::Map(map) => self.map(map, context),
            Value::Null => self.plain_word("null"),
            Value::Bool(flag) => self.plain_word(if *flag { "true" } else { "false" }),
            Value::Int(number) => self.plain_word(&number.to_string()),
            Value::Float(number) => self.plain_word(&float(*number)),
            Value::String(text) => self.text(text, context),
        }
    }

    fn empty(&mut self, brackets: &str) {
        self.indicator(brackets, true, false, false);
    }

    fn plain_word(&mut self, word: &str) {
        self.indicator(word, true, false, false);
    }

    /// Lists in a mapping stand at the indentation of their key.
    fn list(&mut self, items: &[Value], context: Context) {
        let outer = self.indent;
        let indentless = context == Context::Member && !self.only_indented && !self.indent_lists;
        self.deepen(indentless);
        for item in items {
            self.write_indent();
            self.indicator("-", true, false, true);
            self.node(item, Context::Item);
        }
        self.indent = outer;
    }

    fn deepen(&mut self, indentless: bool) {
        self.indent = match self.indent {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + INDENT),
        };
    }

    fn map(&mut self, map: &Map, _context: Context) {
        let outer = self.indent;
        self.deepen(false);
        let mut members: Vec<_> = map.iter().collect();
        lean::sort_by(&mut members, |a, b| natural_order(a.0, b.0));
        for (key, value) in members {
            self.write_indent();
            let shape = shape(key);
            if shape.multiline || key.len() > 128 {
                self.indicator("?", true, false, true);
                self.text(key, Context::Member);
                self.write_indent();
                self.indicator(":", true, false, true);
            } else {
                self.text(key, Context::Key);
                self.indicator(":", false, false, false);
            }
            self.node(value, Context::Member);
        }
        self.indent = outer;
    }

    fn text(&mut self, text: &str, context: Context) {
        let shape = shape(text);
        let means_text =
            matches!(resolve(text), Resolved::Text | Resolved::Merge) && !is_sexagesimal(text);
        let is_key = context == Context::Key;
        if text.contains('\n') && shape.block && !is_key {
            self.literal(text);
        } else if text.contains('\n') || !means_text {
            self.double_quoted(text, is_key);
        } else if shape.plain {
            self.plain(text, is_key);
        } else if shape.single {
            self.single_quoted(text, is_key);
        } else {
            self.double_quoted(text, is_key);
        }
    }

    /// Runs `write` with the indentation that continued lines of a scalar have.
    fn continued(&mut self, write: impl FnOnce(&mut Writer)) {
        let outer = self.indent;
        self.indent = Some(self.indent.map_or(INDENT, |indent| indent + INDENT));
        write(self);
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, is_key: bool) {
        if !self.spaced {
            self.put(" ");
        }
        self.continued(|writer| {
            let letters: Vec<char> = text.chars().collect();
            let mut after_space = false;
            for (at, letter) in letters.iter().enumerate() {
                let next_is_space = letters.get(at + 1) == Some(&' ');
                let folds =
                    !is_key && !after_space && writer.column > writer.width && !next_is_space;
                if *letter == ' ' && folds {
                    writer.write_indent();
                } else {
                    writer.put_char(*letter);
                }
                after_space = *letter == ' ';
                if !after_space {
                    writer.only_indented = false;
                }
            }
        });
        self.spaced = false;
        self.only_indented = false;
    }

    fn put_char(&mut self, letter: char) {
        self.out.push(letter);
        self.column += 1;
    }

    /// A line break of Unicode's that is part of a text: what follows it is indented anew.
    fn put_break(&mut self, letter: char) {
        self.out.push(letter);
        self.column = 0;
        self.only_indented = true;
    }

    fn single_quoted(&mut self, text: &str, is_key: bool) {
        self.indicator("'", true, false, false);
        self.continued(|writer| {
            let letters: Vec<char> = text.chars().collect();
            let (mut after_space, mut after_break) = (false, false);
            for (at, letter) in letters.iter().enumerate() {
                let inner = at > 0 && at + 1 < letters.len();
                let next_is_space = letters.get(at + 1) == Some(&' ');
                let room = writer.column <= writer.width || next_is_space || !inner;
                if *letter == ' ' && !is_key && !after_space && !room {
                    writer.write_indent();
                } else if is_break(*letter) {
                    writer.put_break(*letter);
                    after_break = true;
                } else {
                    if after_break && *letter != ' ' {
                        writer.write_indent();
                        after_break = false;
                    }
                    if *letter == '\'' {
                        writer.put_char('\'');
                    }
                    writer.put_char(*letter);
                }
                after_space = *letter == ' ';
                if !after_space && !is_break(*letter) {
                    writer.only_indented = false;
                }
            }
        });
        self.indicator("'", false, false, false);
    }

    fn double_quoted(&mut self, text: &str, is_key: bool) {
        self.indicator("\"", true, false, false);
        self.continued(|writer| {
            let letters: Vec<char> = text.chars().collect();
            // go-yaml asks of the whole text, not of the letter, whether it is a byte order mark.
            let escapes_all = text.starts_with('\u{FEFF}');
            let mut after_space = false;
            for (at, letter) in letters.iter().enumerate() {
                let inner = at > 0 && at + 1 < letters.len();
                let folds = !is_key && !after_space && writer.column > writer.width && inner;
                if *letter == ' ' && folds {
                    writer.write_indent();
                    if letters.get(at + 1) == Some(&' ') {
                        writer.put_char('\\');
                    }
                } else if is_printable(*letter)
                    && !escapes_all
                    && !matches!(
                        letter,
                        '"' | '\\' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}'
                    )
                {
                    writer.put_char(*letter);
                } else {
                    writer.put(&escape(*letter));
                }
                after_space = *letter == ' ';
            }
        });
        self.indicator("\"", false, false, false);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            self.indicator("2", false, false, false);
        }
        let mut ending = text.chars().rev().map(is_break);
        match (ending.next(), ending.next()) {
            (Some(true), Some(false)) => {}
            (Some(true), _) => self.indicator("+", false, false, false),
            _ => self.indicator("-", false, false, false),
        }
        self.line_break();
        self.spaced = true;
        self.only_indented = true;
        self.continued(|writer| {
            for line in text.split_inclusive(is_break) {
                let content = line.trim_end_matches(is_break);
                if !content.is_empty() {
                    writer.write_indent();
                    writer.put(content);
                    writer.only_indented = false;
                    // The emitter's own bookkeeping: a break follows.
                    writer.spaced = false;
                }
                match line.chars().next_back() {
                    Some('\n') => {
                        writer.line_break();
                        writer.only_indented = true;
                        writer.spaced = true;
                    }
                    Some(last) if is_break(last) => writer.put_break(last),
                    _ => {}
                }
            }
        });
    }
}

/// A float takes the way of `sigs.k8s.io/yaml`: through JSON and back, so that whole ones lose
/// their point.
fn float(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let json = format_json(number);
    match resolve(&json) {
        Resolved::Int(number) => number.to_string(),
        _ => format_g(number),
    }
}

fn is_printable(letter: char) -> bool {
    matches!(letter,
        '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}'
        | '\u{FF00}'..='\u{FFFD}')
    // go-yaml looks at the first byte only and takes no four-byte character for printable.
}

fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn shape(text: &str) -> Shape {
    if text.is_empty() {
        return Shape {
            plain: true,
            single: true,
            block: false,
            multiline: false,
        };
    }
    let letters: Vec<char> = text.chars().collect();
    let mut indicator = text.starts_with("---") || text.starts_with("...");
    let (mut special, mut breaks) = (false, false);
    let (mut space_break, mut break_space) = (false, false);
    let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
    for (at, &letter) in letters.iter().enumerate() {
        let blank_next = letters
            .get(at + 1)
            .is_none_or(|next| matches!(next, ' ' | '\t'));
        indicator |= match letter {
            '#' => at == 0 || after_blank,
            ':' => blank_next,
            '?' | '-' => at == 0 && blank_next,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => at == 0,
            _ => false,
        };
        special |= !is_printable(letter);
        let (space, line_break) = (letter == ' ', is_break(letter));
        breaks |= line_break;
        break_space |= space && after_break;
        space_break |= line_break && after_space;
        after_blank = space || letter == '\t' || line_break;
        (after_space, after_break) = (space, line_break);
    }
    let (first, last) = (letters[0], letters[letters.len() - 1]);
    let edge = [first, last]
        .iter()
        .any(|&letter| letter == ' ' || is_break(letter));
    Shape {
        plain: !indicator && !edge && !special && !breaks && !space_break && !break_space,
        single: !special && !space_break && !break_space,
        block: !special && !space_break && last != ' ',
        multiline: breaks,
    }
}

fn escape(letter: char) -> String {
    let short = match letter {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{A0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(letter);
            return match code {
                0..=0xFF => format!("\\x{code:02X}"),
                0x100..=0xFFFF => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`: base-60 numbers of YAML 1.1, which go-yaml
/// reads as text but quotes for other readers.
fn is_sexagesimal(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (body, fraction) = body.split_once('.').unwrap_or((body, ""));
    let mut parts = body.split(':');
    let head = parts.next().unwrap_or_default();
    let mut sixtieths = 0;
    let fits = parts.all(|part| {
        sixtieths += 1;
        match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [ten, digit] => matches!(ten, b'0'..=b'5') && digit.is_ascii_digit(),
            _ => false,
        }
    });
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    fits && sixtieths > 0
        && head.starts_with(|letter: char| letter.is_ascii_digit())
        && digits(head)
        && digits(fraction)
}

/// The order of go-yaml's keys: letters after everything else, and digits as numbers.
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = (0..a.len().min(b.len())).find(|&at| a[at] != b[at]) else {
        return a.len().cmp(&b.len());
    };
    let (left, right) = (a[at], b[at]);
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => return left.cmp(&right),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    // A zero inside a number is a digit like any other; one that leads it is not.
    let inside_number = (left == '0' || right == '0')
        && a[..at]
            .iter()
            .rev()
            .take_while(|c| c.is_numeric())
            .any(|c| *c != '0');
    let number = |text: &[char]| {
        let digits: Vec<u32> = text[at..].iter().map_while(|c| c.to_digit(10)).collect();
        let start = u64::from(inside_number);
        let value = digits.iter().fold(start, |n, digit| {
            n.wrapping_mul(10).wrapping_add(u64::from(*digit))
        });
        (value, digits.len())
    };
    number(&a).cmp(&number(&b)).then(left.cmp(&right))
}
