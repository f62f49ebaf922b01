//! Patterns for paths as Go's `path/filepath.Match` reads them: `*` and `?` within a part, classes
//! such as `[a-z]` and `[^0-9]`, and `\` before what stands for itself.

/// A pattern.
#[derive(Clone, Debug)]
pub struct PathPattern(Vec<Token>);

#[derive(Clone, Debug)]
enum Token {
    Letter(char),
    /// Any one but `/`.
    One,
    /// Any number but of `/`.
    Many,
    /// Any one in, or not in, these ranges.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl PathPattern {
    /// Reads a pattern; none if it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<PathPattern> {
        let mut letters = text.chars();
        let mut tokens = Vec::new();
        while let Some(letter) = letters.next() {
            tokens.push(match letter {
                '*' => Token::Many,
                '?' => Token::One,
                '\\' => Token::Letter(letters.next()?),
                '[' => class(&mut letters)?,
                letter => Token::Letter(letter),
            });
        }
        Some(PathPattern(tokens))
    }

    /// Whether all of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        // Where to go back to: the token after the last `*`, and how far that reached.
        let (mut at, mut token, mut retry) = (0, 0, None);
        loop {
            let next = text.get(at);
            let fits = match (self.0.get(token), next) {
                (None, None) => return true,
                (Some(Token::Many), _) => {
                    token += 1;
                    retry = Some((token, at));
                    continue;
                }
                (Some(Token::Letter(letter)), Some(next)) => letter == next,
                (Some(Token::One), Some(next)) => *next != '/',
                (Some(Token::Class { negated, ranges }), Some(next)) => {
                    ranges.iter().any(|(low, high)| low <= next && next <= high) != *negated
                }
                _ => false,
            };
            if fits {
                (at, token) = (at + 1, token + 1);
                continue;
            }
            let Some((after, reached)) = retry else {
                return false;
            };
            match text.get(reached) {
                None | Some('/') => return false,
                Some(_) => {
                    retry = Some((after, reached + 1));
                    (at, token) = (reached + 1, after);
                }
            }
        }
    }
}

/// What stands between `[` and `]`.
fn class(letters: &mut std::str::Chars<'_>) -> Option<Token> {
    let negated = letters.as_str().starts_with('^');
    if negated {
        letters.next();
    }
    let mut ranges = Vec::new();
    loop {
        if letters.as_str().starts_with(']') && !ranges.is_empty() {
            letters.next();
            return Some(Token::Class { negated, ranges });
        }
        let low = class_letter(letters)?;
        let high = match letters.as_str().strip_prefix('-') {
            Some(_) => {
                letters.next();
                class_letter(letters)?
            }
            None => low,
        };
        ranges.push((low, high));
    }
}

fn class_letter(letters: &mut std::str::Chars<'_>) -> Option<char> {
    match letters.next()? {
        '-' | ']' => None,
        '\\' => letters.next(),
        letter => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_matches() {
        // The cases of Go's path/filepath/match_test.go, as data.
        let cases = [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a[^a]b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("a?b", "a/b", false),
            ("a*b", "a/b", false),
            ("[\\]a]", "]", true),
            ("[\\-x]", "x", true),
            ("*x", "xxx", true),
        ];
        for (pattern, text, expected) in cases {
            let found = PathPattern::parse(pattern).unwrap().matches(text);
            assert_eq!(found, expected, "{pattern} {text}");
        }
        for pattern in ["[]a]", "[-]", "[x-]", "[-x]", "\\", "[", "[^", "[^bc", "a["] {
            assert!(PathPattern::parse(pattern).is_none(), "{pattern}");
        }
    }
}
