//! Sets of characters.

/// A set of characters: ranges and named sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    items: Vec<Item>,
    /// Whether it is all others that are meant.
    pub negated: bool,
    /// Whether capital and small letters are the same.
    folds: bool,
}

#[derive(Clone, Copy, Debug)]
enum Item {
    Range(char, char),
    /// A named set, or all that is not in it.
    Named(fn(char) -> bool, bool),
}

impl Class {
    pub fn new(folds: bool) -> Class {
        Class {
            folds,
            ..Class::default()
        }
    }

    pub fn push_range(&mut self, low: char, high: char) {
        self.items.push(Item::Range(low, high));
    }

    /// Adds the named set, or all others.
    pub fn push_named(&mut self, set: fn(char) -> bool, negated: bool) {
        self.items.push(Item::Named(set, negated));
    }

    pub fn contains(&self, letter: char) -> bool {
        let has = |letter: char| {
            self.items.iter().any(|item| match item {
                Item::Range(low, high) => (*low..=*high).contains(&letter),
                Item::Named(set, negated) => set(letter) != *negated,
            })
        };
        let found = match self.folds {
            true => variants(letter).into_iter().any(has),
            false => has(letter),
        };
        found != self.negated
    }
}

/// The letter, small and capital. Three letters have a third form that only their change shows.
fn variants(letter: char) -> [char; 4] {
    let single = |mut letters: std::char::ToUppercase| match (letters.next(), letters.next()) {
        (Some(one), None) => one,
        _ => letter,
    };
    let mut lower = letter.to_lowercase();
    let small = lower.next().filter(|_| lower.next().is_none());
    let small = small.unwrap_or(letter);
    let third = match small {
        'k' => '\u{212A}',
        's' => 'ſ',
        'å' => '\u{212B}',
        _ => letter,
    };
    [letter, small, single(small.to_uppercase()), third]
}

/// Whether two letters are the same but for their case.
pub(super) fn same_folded(a: char, b: char) -> bool {
    a == b
        || variants(a)
            .iter()
            .any(|variant| variants(b).contains(variant))
}

pub(super) fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

pub(super) fn is_space(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\x0C' | '\r' | ' ')
}

pub(super) fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The class `[:name:]`.
pub(super) fn posix(name: &str) -> Option<fn(char) -> bool> {
    Some(match name {
        "alnum" => |letter| letter.is_ascii_alphanumeric(),
        "alpha" => |letter| letter.is_ascii_alphabetic(),
        "ascii" => |letter| letter.is_ascii(),
        "blank" => |letter| matches!(letter, '\t' | ' '),
        "cntrl" => |letter| letter.is_ascii_control(),
        "digit" => is_digit,
        "graph" => |letter| letter.is_ascii_graphic(),
        "lower" => |letter| letter.is_ascii_lowercase(),
        "print" => |letter| matches!(letter, ' '..='~'),
        "punct" => |letter| letter.is_ascii_punctuation(),
        "space" => |letter| is_space(letter) || letter == '\x0B',
        "upper" => |letter| letter.is_ascii_uppercase(),
        "word" => is_word,
        "xdigit" => |letter| letter.is_ascii_hexdigit(),
        _ => return None,
    })
}

/// The class `\p{name}`: the general categories that Rust's `char` knows, and the scripts that are
/// written most.
pub(super) fn unicode(name: &str) -> Option<fn(char) -> bool> {
    Some(match name {
        "Any" => |_| true,
        "L" | "Letter" => char::is_alphabetic,
        "Lu" | "Upper" => char::is_uppercase,
        "Ll" | "Lower" => char::is_lowercase,
        "N" | "Number" => char::is_numeric,
        "Nd" | "Digit" => |letter| letter.is_numeric() && (letter.is_ascii() || letter > '\u{65F}'),
        "Z" | "Zs" | "Space" => |letter| letter.is_whitespace() && !letter.is_control(),
        "C" | "Cc" => char::is_control,
        "P" | "Punct" => |letter| {
            letter.is_ascii_punctuation() && !is_symbol(letter)
                || matches!(letter, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '‐'..='‧' | '‰'..='⁞' | '、'..='〃' | '〈'..='】')
        },
        "S" | "Symbol" => is_symbol,
        "Latin" => |letter| {
            letter.is_ascii_alphabetic()
                || letter.is_alphabetic() && matches!(letter, 'ª' | 'º' | 'À'..='ʸ' | 'Ḁ'..='ỿ')
        },
        "Greek" => |letter| letter.is_alphabetic() && matches!(letter, 'Ͱ'..='Ͽ' | 'ἀ'..='῾'),
        "Cyrillic" => |letter| matches!(letter, 'Ѐ'..='ԯ' | 'ᲀ'..='\u{1C8A}' | 'Ꙁ'..='ꚟ'),
        "Hebrew" => |letter| matches!(letter, '\u{591}'..='\u{5F4}'),
        "Arabic" => |letter| matches!(letter, '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}'),
        "Hiragana" => |letter| matches!(letter, 'ぁ'..='ゖ' | 'ゝ'..='ゟ'),
        "Katakana" => |letter| matches!(letter, 'ァ'..='ヺ' | 'ヽ'..='ヿ' | 'ㇰ'..='ㇿ'),
        "Hangul" => |letter| matches!(letter, 'ᄀ'..='ᇿ' | '가'..='힣'),
        "Han" => {
            |letter| matches!(letter, '々' | '〇' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAD9}' | '\u{20000}'..='\u{323AF}')
        }
        _ => return None,
    })
}

fn is_symbol(letter: char) -> bool {
    matches!(letter, '$' | '+' | '<'..='>' | '^' | '`' | '|' | '~' | '¢'..='¦' | '¨' | '©' | '¬' | '®'..='±' | '´' | '¸' | '×' | '÷' | '₠'..='⃀' | '℀'..='⏿' | '─'..='➿')
}
