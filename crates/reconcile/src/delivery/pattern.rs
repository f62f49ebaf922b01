//! Patterns of branches and paths, as GitHub's filters read them.
//!
//! Rules: "Filter pattern cheat sheet" in GitHub's documentation: `*` is any text without a slash,
//! `**` any text, `?` and `+` repeat what is before them, `[…]` is one of some characters, and a
//! pattern that begins with `!` takes back what those before it chose.

use ecow::EcoString;

/// Whether a list of patterns chooses a name.
#[must_use]
pub fn chooses(patterns: &[EcoString], name: &str) -> bool {
    let mut is_chosen = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) => is_chosen &= !matches(pattern, name),
            None => is_chosen |= matches(pattern, name),
        }
    }
    is_chosen
}

/// One step of a pattern.
enum Piece {
    /// One of these characters, at least and at most so often.
    OneOf(Vec<(char, char)>, usize, usize),
    /// `*`
    InFolder,
    /// `**`
    Any,
    /// `**/`: folders, or none.
    Folders,
}

/// Whether a pattern matches a whole name.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let pieces = read(pattern);
    let name: Vec<char> = name.chars().collect();
    // Where in the name the pieces so far can have come to.
    let mut at = vec![false; name.len() + 1];
    at[0] = true;
    for piece in &pieces {
        at = step(piece, &name, &at);
    }
    at[name.len()]
}

fn step(piece: &Piece, name: &[char], at: &[bool]) -> Vec<bool> {
    let mut next = vec![false; at.len()];
    for from in (0..at.len()).filter(|from| at[*from]) {
        match piece {
            Piece::OneOf(ranges, least, most) => {
                let is_in = |c: &char| ranges.iter().any(|(low, high)| low <= c && c <= high);
                let run = name[from..]
                    .iter()
                    .take(*most)
                    .take_while(|c| is_in(c))
                    .count();
                for to in *least..=run {
                    next[from + to] = true;
                }
            }
            Piece::InFolder => {
                let run = name[from..].iter().take_while(|c| **c != '/').count();
                next[from..=from + run].fill(true);
            }
            Piece::Any => next[from..].fill(true),
            Piece::Folders => {
                next[from] = true;
                for to in from..name.len() {
                    next[to + 1] |= name[to] == '/';
                }
            }
        }
        if matches!(piece, Piece::Any) {
            break;
        }
    }
    next
}

fn read(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let ranges = match c {
            '*' => {
                let tail = rest.as_str();
                pieces.push(match tail.strip_prefix('*') {
                    Some(after) if after.starts_with('/') => {
                        rest = after[1..].chars();
                        Piece::Folders
                    }
                    Some(after) => {
                        rest = after.chars();
                        Piece::Any
                    }
                    None => Piece::InFolder,
                });
                continue;
            }
            '?' | '+' => {
                if let Some(Piece::OneOf(_, least, most)) = pieces.last_mut() {
                    (*least, *most) = if c == '?' { (0, 1) } else { (1, usize::MAX) };
                }
                continue;
            }
            '[' => {
                let tail = rest.as_str();
                let end = tail.find(']').unwrap_or(tail.len());
                rest = tail.get(end + 1..).unwrap_or_default().chars();
                ranges(&tail[..end])
            }
            '\\' => rest.next().map(|c| vec![(c, c)]).unwrap_or_default(),
            c => vec![(c, c)],
        };
        pieces.push(Piece::OneOf(ranges, 1, 1));
    }
    pieces
}

/// The characters of `[…]`: `a-z` and single ones.
fn ranges(inside: &str) -> Vec<(char, char)> {
    let all: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < all.len() {
        match all[at..] {
            [low, '-', high, ..] => {
                ranges.push((low, high));
                at += 3;
            }
            _ => {
                ranges.push((all[at], all[at]));
                at += 1;
            }
        }
    }
    ranges
}
