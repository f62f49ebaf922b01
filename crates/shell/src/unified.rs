//! Two texts as `diff -u` compares them.

/// How many equal lines stand around a change.
const CONTEXT: usize = 3;
/// How many pairs of lines are compared at most; of longer texts all lines are taken to differ.
const PAIRS_MAX: usize = 4_000_000;

/// What is done with a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Keep,
    Remove,
    Add,
}

/// The hunks by which one text becomes the other; empty if they are equal.
pub(crate) fn hunks(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let steps = steps(&from, &to);
    let changes = steps.iter().enumerate();
    let mut changes = changes
        .filter(|(_, step)| **step != Step::Keep)
        .map(|(at, _)| at)
        .peekable();
    let mut out = String::new();
    while let Some(first) = changes.next() {
        // Changes with so little between them are one hunk.
        let mut last = first;
        while let Some(next) = changes.next_if(|next| *next <= last + 2 * CONTEXT + 1) {
            last = next;
        }
        let begin = first.saturating_sub(CONTEXT);
        let end = (last + CONTEXT + 1).min(steps.len());
        let count = |range: &[Step], but: Step| range.iter().filter(|it| **it != but).count();
        let before = [Step::Add, Step::Remove].map(|but| count(&steps[..begin], but));
        let sizes = [Step::Add, Step::Remove].map(|but| count(&steps[begin..end], but));
        let place = |at: usize| match (before[at], sizes[at]) {
            (before, 0) => format!("{before},0"),
            (before, 1) => format!("{}", before + 1),
            (before, size) => format!("{},{size}", before + 1),
        };
        out.push_str(&format!("@@ -{} +{} @@\n", place(0), place(1)));
        let [mut old, mut new] = before;
        for step in &steps[begin..end] {
            let (sign, line) = match step {
                Step::Keep => (' ', from[old]),
                Step::Remove => ('-', from[old]),
                Step::Add => ('+', to[new]),
            };
            old += usize::from(*step != Step::Add);
            new += usize::from(*step != Step::Remove);
            out.push(sign);
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// The fewest steps that keep the most lines.
fn steps(from: &[&str], to: &[&str]) -> Vec<Step> {
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = from.iter().zip(to).take_while(same).count();
    let (old, new) = (&from[head..], &to[head..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut steps = vec![Step::Keep; head];
    let width = new.len() + 1;
    // How many lines can be kept from here on; none where there would be too much to compare.
    let mut kept = vec![
        0_u32;
        match old.len() * new.len() > PAIRS_MAX {
            true => 0,
            false => (old.len() + 1) * width,
        }
    ];
    if !kept.is_empty() {
        for at in (0..old.len()).rev() {
            for to in (0..new.len()).rev() {
                kept[at * width + to] = match old[at] == new[to] {
                    true => kept[(at + 1) * width + to + 1] + 1,
                    false => kept[(at + 1) * width + to].max(kept[at * width + to + 1]),
                };
            }
        }
    }
    let of = |at: usize, to: usize| kept.get(at * width + to).copied().unwrap_or(0);
    let (mut at, mut to) = (0, 0);
    while at < old.len() || to < new.len() {
        let step = match (at < old.len(), to < new.len()) {
            (true, true) if old[at] == new[to] && !kept.is_empty() => Step::Keep,
            (true, true) if of(at + 1, to) >= of(at, to + 1) => Step::Remove,
            (true, false) => Step::Remove,
            _ => Step::Add,
        };
        at += usize::from(step != Step::Add);
        to += usize::from(step != Step::Remove);
        steps.push(step);
    }
    steps.extend(std::iter::repeat_n(Step::Keep, tail));
    steps
}

#[cfg(test)]
mod tests {
    use super::hunks;

    #[test]
    fn texts_are_compared_as_by_diff() {
        let numbers =
            |all: std::ops::Range<u32>| -> String { all.map(|it| format!("{it}\n")).collect() };
        let cases = [
            ("a\n".to_owned(), "a\n".to_owned(), ""),
            (String::new(), "a\nb\n".into(), "@@ -0,0 +1,2 @@\n+a\n+b\n"),
            ("a\n".into(), String::new(), "@@ -1 +0,0 @@\n-a\n"),
            (
                "a\nb\nc\n".into(),
                "a\nx\nc\n".into(),
                "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n",
            ),
            (
                numbers(0..20),
                numbers(0..20)
                    .replace("5\n", "five\n")
                    .replace("1five\n", "15\n"),
                "@@ -3,7 +3,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
            ),
            (
                numbers(10..30),
                format!("{}29\n30\n", numbers(11..29)),
                "@@ -1,4 +1,3 @@\n-10\n 11\n 12\n 13\n@@ -18,3 +17,4 @@\n 27\n 28\n 29\n+30\n",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(hunks(&from, &to), expected);
        }
    }
}
