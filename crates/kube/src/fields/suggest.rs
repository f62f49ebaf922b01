//! "Did you mean": the known name that is nearest to an unknown one.

/// The name that differs least from `given`, if that is little: a third of its letters at most. The
/// first of several.
#[must_use]
pub fn suggest<'a>(known: impl Iterator<Item = &'a str>, given: &str) -> Option<&'a str> {
    let most = given.chars().count() / 3 + 1;
    let mut best: Option<(usize, &str)> = None;
    for name in known {
        let far = distance(&name.to_lowercase(), &given.to_lowercase());
        if far <= most && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, name));
        }
    }
    best.map(|(_, name)| name)
}

/// How many letters to insert, remove, replace or swap with the next to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[test]
fn near_names_are_suggested() {
    let known = [
        "replicas",
        "selector",
        "strategy",
        "template",
        "minReadySeconds",
    ];
    let cases = [
        ("replica", Some("replicas")),
        ("Replicas", Some("replicas")),
        ("tempalte", Some("template")),
        ("minReadySecond", Some("minReadySeconds")),
        ("volumes", None),
    ];
    for (given, expected) in cases {
        assert_eq!(suggest(known.into_iter(), given), expected, "{given}");
    }
}
