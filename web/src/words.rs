//! Numbers and times in words.

use view::Millis;

/// Virtual time on a clock: `0:07.3`, `12:30.0`; tenths of a second are cut, not rounded.
pub fn clock(t: Millis) -> String {
    format!("{}:{:02}.{}", t / 60_000, t / 1_000 % 60, t / 100 % 10)
}

/// The last part of a path: `chart/values.yaml` is `values.yaml`.
pub fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The end of a name that is too long for a tab: `order-service-5c68485986-2szkc` is `…2szkc`.
pub fn short_name(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((_, end)) if 18 < name.len() => format!("…{end}"),
        _ => name.to_owned(),
    }
}

/// A path without its repository: `order-service/chart/values.yaml` is `chart/values.yaml`.
pub fn in_repository(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, rest)| rest)
}

/// Whether these files are of more than one repository.
pub fn has_several_repositories<'a>(files: impl Iterator<Item = &'a str>) -> bool {
    let mut names = files.map(repository);
    let first = names.next();
    names.any(|name| Some(name) != first)
}

/// The repository that a file is in: the first part of its path.
pub fn repository(path: &str) -> &str {
    path.split_once('/')
        .map_or("", |(repository, _)| repository)
}

/// A path as it is shown: with its repository only where there are several.
pub fn shown_path(path: &str, several: bool) -> &str {
    if several { path } else { in_repository(path) }
}

/// The file and the line of `FILE:LINE`.
pub fn place(text: &str) -> Option<(&str, u32)> {
    if text.starts_with('-') {
        return None;
    }
    let (path, line) = text.rsplit_once(':')?;
    Some((path, line.parse().ok()?))
}

/// The path of a file, with its repository, that another repository's files call so: in the repository
/// beside it, it begins with `../`.
pub fn full_path(repository: &str, path: &str) -> String {
    match path.strip_prefix("../") {
        Some(elsewhere) => elsewhere.to_owned(),
        None => format!("{repository}/{path}"),
    }
}

/// What the files of a repository call a file: [`full_path`] the other way round.
pub fn path_from(repository: &str, file: &str) -> String {
    match file.split_once('/') {
        Some((own, path)) if own == repository => path.to_owned(),
        _ => format!("../{file}"),
    }
}

/// Thousandths of a core as cores: `300` is `0.3`, `2000` is `2`.
pub fn cores(milli: u64) -> String {
    let text = format!("{}.{:03}", milli / 1_000, milli % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_clock() {
        for (t, text) in [
            (0, "0:00.0"),
            (7_390, "0:07.3"),
            (61_000, "1:01.0"),
            (750_000, "12:30.0"),
        ] {
            assert_eq!(clock(t), text);
        }
    }

    #[test]
    fn cores_lose_their_last_zeros() {
        assert_eq!(cores(300), "0.3");
        assert_eq!(cores(2_000), "2");
    }

    #[test]
    fn names_too_long_for_a_tab_are_cut() {
        assert_eq!(short_name("order-service"), "order-service");
        assert_eq!(short_name("order-service-5c68485986-2szkc"), "…2szkc");
    }

    #[test]
    fn repositories_are_told_by_the_first_part_of_a_path() {
        for (paths, several) in [
            (&[][..], false),
            (&["a/x"], false),
            (&["a/x", "a/y/z"], false),
            (&["a/x", "a-b/x"], true),
        ] {
            let files = paths.iter().copied();
            assert_eq!(has_several_repositories(files), several, "{paths:?}");
        }
        assert_eq!(shown_path("a/y/z", true), "a/y/z");
        assert_eq!(shown_path("a/y/z", false), "y/z");
    }

    #[test]
    fn paths_lose_their_front() {
        assert_eq!(last_part("order-service/chart/values.yaml"), "values.yaml");
        assert_eq!(
            in_repository("order-service/chart/values.yaml"),
            "chart/values.yaml"
        );
        assert_eq!(in_repository("cluster.yaml"), "cluster.yaml");
    }

    #[test]
    fn a_place_is_a_file_and_a_line() {
        for (text, expected) in [
            ("chart/values.yaml:12", Some(("chart/values.yaml", 12))),
            ("--set image.tag=1:4", None),
            ("chart/values.yaml", None),
            ("a:b", None),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }
}
