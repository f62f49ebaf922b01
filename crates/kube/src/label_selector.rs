//! Label selectors as a request writes them: `app=web,tier in (a, b)`
//! (`k8s.io/apimachinery/pkg/labels/selector.go`).

use crate::query::{Requirement, Rule};
use crate::validate::names;
use ecow::{EcoString, eco_format};

const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";
/// What is one word although it has no blanks around it; the longest first.
const SIGNS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

/// The words of a selector that are left; the empty text stands for its end.
struct Words<'a>(std::iter::Peekable<std::vec::IntoIter<&'a str>>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Words<'a> {
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let (mut words, mut rest) = (Vec::new(), text.trim_start_matches(is_blank));
        while !rest.is_empty() {
            let sign = SIGNS.iter().find(|it| rest.starts_with(**it));
            let ends = |c: char| is_blank(c) || "=!(),><".contains(c);
            let end = match sign {
                Some(sign) => sign.len(),
                None => rest.find(ends).unwrap_or(rest.len()),
            };
            let (word, after) = rest.split_at(end);
            words.push(word);
            rest = after.trim_start_matches(is_blank);
        }
        Words(words.into_iter().peekable())
    }

    fn peek(&mut self) -> &'a str {
        self.0.peek().copied().unwrap_or_default()
    }

    fn next(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && !SIGNS.contains(&word)
}

fn expected<T>(found: &str, what: &str) -> Result<T, EcoString> {
    Err(eco_format!("found '{found}', expected: {what}"))
}

/// The requirements of a selector, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Vec<Requirement>, EcoString> {
    let (mut words, mut all) = (Words::of(text), Vec::new());
    loop {
        match words.peek() {
            "" => return Ok(all),
            "!" => {}
            word if is_name(word) => {}
            word => return expected(word, "!, identifier, or 'end of string'"),
        }
        let one = requirement(&mut words);
        all.push(one.map_err(|why| eco_format!("unable to parse requirement: {why}"))?);
        match words.next() {
            "" => return Ok(all),
            "," => match words.peek() {
                "!" => {}
                word if is_name(word) => {}
                word => return expected(word, "identifier after ','"),
            },
            word => return expected(word, "',' or 'end of string'"),
        }
    }
}

fn requirement(words: &mut Words<'_>) -> Result<Requirement, EcoString> {
    let mut key = words.next();
    let is_absent = key == "!";
    if is_absent {
        key = words.next();
    }
    if !is_name(key) {
        return expected(key, "identifier");
    }
    let faults = names::label_key(key);
    if !faults.is_empty() {
        return Err(wrong("<nil>", key, &faults.join("; ")));
    }
    let rule = match words.peek() {
        _ if is_absent => Rule::Absent,
        "" | "," => Rule::Exists,
        _ => match words.next() {
            "in" => Rule::In(list(words)?),
            "notin" => Rule::NotIn(list(words)?),
            "=" | "==" => Rule::In(value(words)?),
            "!=" => Rule::NotIn(value(words)?),
            ">" => Rule::More(number(words)?),
            "<" => Rule::Less(number(words)?),
            word => return expected(word, OPERATORS),
        },
    };
    if let Rule::In(values) | Rule::NotIn(values) = &rule {
        let mut all: Vec<EcoString> = Vec::new();
        for (at, value) in values.iter().enumerate() {
            let faults = names::label_value(value);
            if !faults.is_empty() {
                let at = eco_format!("values[{at}][{key}]");
                all.push(wrong(&at, value, &faults.join("; ")));
            }
        }
        match all.as_slice() {
            [] => {}
            [one] => return Err(one.clone()),
            more => return Err(eco_format!("[{}]", more.join(", "))),
        }
    }
    let key = key.into();
    Ok(Requirement { key, rule })
}

fn wrong(at: &str, value: &str, why: &str) -> EcoString {
    eco_format!("{at}: Invalid value: {value:?}: {why}")
}

/// The one value behind a sign, which may be empty.
fn value(words: &mut Words<'_>) -> Result<Vec<EcoString>, EcoString> {
    match words.peek() {
        "" | "," => Ok(vec![EcoString::new()]),
        word if is_name(word) => Ok(vec![words.next().into()]),
        word => expected(word, "identifier"),
    }
}

fn number(words: &mut Words<'_>) -> Result<i64, EcoString> {
    let values = value(words)?;
    let why = "for 'Gt', 'Lt' operators, the value must be an integer";
    let number = values.first().and_then(|text| text.parse().ok());
    number.ok_or_else(|| wrong("values[0]", &values[0], why))
}

/// `(a, b)`, in order and each once.
fn list(words: &mut Words<'_>) -> Result<Vec<EcoString>, EcoString> {
    match words.next() {
        "(" => {}
        word => return Err(eco_format!("found '{word}' expected: '('")),
    }
    let mut values: Vec<EcoString> = Vec::new();
    loop {
        // Where there is nothing between two signs, that is a value.
        match words.peek() {
            "," | ")" => values.push(EcoString::new()),
            word if is_name(word) => values.push(words.next().into()),
            word if values.is_empty() => return expected(word, "',', ')' or identifier"),
            word => return expected(word, "',', or identifier"),
        }
        match words.next() {
            "," => {}
            ")" => break,
            word => return expected(word, "',' or ')'"),
        }
    }
    lean::sort(&mut values);
    values.dedup();
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// As the API server of Kubernetes 1.36 answered.
    #[test]
    fn what_cannot_be_read_is_told() {
        let name = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and \
                    end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
                    regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        let value = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' \
                     or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
                     'my_value',  or '12345', regex used for validation is \
                     '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
        let in_requirement = |why: &str| format!("unable to parse requirement: {why}");
        let cases = [
            ("a in b", in_requirement("found 'b' expected: '('")),
            (
                "==",
                "found '==', expected: !, identifier, or 'end of string'".into(),
            ),
            (
                "a$",
                in_requirement(&format!("<nil>: Invalid value: \"a$\": {name}")),
            ),
            (
                "a=b$",
                in_requirement(&format!("values[0][a]: Invalid value: \"b$\": {value}")),
            ),
            (
                "a in (b$,c)",
                in_requirement(&format!("values[0][a]: Invalid value: \"b$\": {value}")),
            ),
            (
                "a>x",
                in_requirement(
                    "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an \
                     integer",
                ),
            ),
            (
                "a b",
                in_requirement("found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ),
            ("a,", "found '', expected: identifier after ','".into()),
            ("a,,b", "found ',', expected: identifier after ','".into()),
            ("!a=b", "found '=', expected: ',' or 'end of string'".into()),
            ("!", in_requirement("found '', expected: identifier")),
            ("a in (x", in_requirement("found '', expected: ',' or ')'")),
            (
                "a==b==c",
                "found '==', expected: ',' or 'end of string'".into(),
            ),
            ("a=!b", in_requirement("found '!', expected: identifier")),
            (
                "/a",
                in_requirement("<nil>: Invalid value: \"/a\": prefix part must be non-empty"),
            ),
            (
                "a in (x)y",
                "found 'y', expected: ',' or 'end of string'".into(),
            ),
            ("a=>b", in_requirement("found '>', expected: identifier")),
            (
                "(a)",
                "found '(', expected: !, identifier, or 'end of string'".into(),
            ),
            (
                "a in (x y)",
                in_requirement("found 'y', expected: ',' or ')'"),
            ),
        ];
        for (text, expected) in cases {
            let why = parse(text).err().unwrap_or_default();
            assert_eq!(why, expected, "{text}");
        }
        for text in [
            "",
            "a in ()",
            "a>5",
            "a<5,b",
            "a=",
            "a!=b",
            "a notin (x)",
            "a in (,x)",
            "in",
            "in in (in)",
            " a = b ",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }
}
