//! Patterns for names of files: `*` within a part, `**` across parts, `?`, `[abc]`, `{a,b}`.

/// Whether `name` matches `pattern`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let mut budget = 100_000;
    alternatives(&pattern)
        .iter()
        .any(|pattern| match_from(pattern, &name, &mut budget))
}

/// The patterns that one with braces stands for. Unbalanced braces stand for themselves.
fn alternatives(pattern: &[char]) -> Vec<Vec<char>> {
    let Some(open) = pattern.iter().position(|letter| *letter == '{') else {
        return vec![pattern.to_vec()];
    };
    let (mut depth, mut starts, mut close) = (0, vec![open + 1], None);
    for (at, letter) in pattern.iter().enumerate().skip(open) {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(at);
                    break;
                }
            }
            ',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
    }
    let Some(close) = close.filter(|_| starts.len() <= 64) else {
        return vec![pattern.to_vec()];
    };
    let ends: Vec<usize> = starts
        .iter()
        .skip(1)
        .map(|start| start - 1)
        .chain([close])
        .collect();
    let mut all = Vec::new();
    for (start, end) in starts.iter().zip(ends) {
        let mut one = pattern[..open].to_vec();
        one.extend_from_slice(&pattern[*start..end]);
        one.extend_from_slice(&pattern[close + 1..]);
        if all.len() < 256 {
            all.extend(alternatives(&one));
        }
    }
    all
}

fn match_from(pattern: &[char], name: &[char], budget: &mut u32) -> bool {
    *budget = budget.saturating_sub(1);
    if *budget == 0 {
        return false;
    }
    let Some(first) = pattern.first() else {
        return name.is_empty();
    };
    match first {
        '*' => {
            let across = pattern.get(1) == Some(&'*');
            let rest = &pattern[1 + usize::from(across)..];
            for taken in 0..=name.len() {
                if match_from(rest, &name[taken..], budget) {
                    return true;
                }
                if !across && name.get(taken) == Some(&'/') {
                    return false;
                }
            }
            false
        }
        '?' => {
            name.first().is_some_and(|n| *n != '/') && match_from(&pattern[1..], &name[1..], budget)
        }
        '[' => match pattern.iter().position(|letter| *letter == ']') {
            Some(close) => {
                name.first()
                    .is_some_and(|n| in_class(&pattern[1..close], *n))
                    && match_from(&pattern[close + 1..], &name[1..], budget)
            }
            None => false,
        },
        '\\' if pattern.len() > 1 => {
            name.first() == Some(&pattern[1]) && match_from(&pattern[2..], &name[1..], budget)
        }
        letter => name.first() == Some(letter) && match_from(&pattern[1..], &name[1..], budget),
    }
}

fn in_class(class: &[char], letter: char) -> bool {
    let (negated, class) = match class.split_first() {
        Some(('!' | '^', rest)) => (true, rest),
        _ => (false, class),
    };
    let found = match class {
        [low, '-', high] => (*low..=*high).contains(&letter),
        class => class.contains(&letter),
    };
    found != negated
}
