//! Packed charts: the files in a `.tgz` (helm.sh/helm/v4/pkg/chart/loader/archive/archive.go).
//! Behind the feature `archive`: not every program that renders charts reads packed ones.

#[cfg(feature = "archive")]
mod tar;

/// The files of a packed chart: paths without the chart's folder, in the order of the archive.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// Unpacks a chart.
///
/// # Errors
/// What is no archive, or has files where a chart has none, in the words of Helm and Go.
#[cfg(feature = "archive")]
pub(crate) fn unpack(bytes: &[u8]) -> Result<Files, String> {
    tar::read(&tar::gunzip(bytes)?)?
        .into_iter()
        .map(|(name, content)| Ok((inside_chart(&name)?, content)))
        .collect()
}

/// Says that charts are not unpacked here.
#[cfg(not(feature = "archive"))]
pub(crate) fn unpack(_: &[u8]) -> Result<Files, String> {
    Err("packed charts are not read here; unpack it into a folder".to_owned())
}

/// The path of a file in the chart's folder, from its name in the archive.
#[cfg(feature = "archive")]
fn inside_chart(name: &str) -> Result<String, String> {
    let wrong = |what: &str| Err(format!("chart {what}"));
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (folder, path) = name.split_once(delimiter).unwrap_or((name, ""));
    let path = path.replace(delimiter, "/");
    if path.starts_with('/') {
        return wrong("illegally contains absolute paths");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let letters: Vec<char> = path.chars().take(3).collect();
    match parts.first() {
        None => wrong(&format!(
            "illegally contains content outside the base directory: {}",
            gotmpl::quote::quote(name.as_bytes())
        )),
        Some(first) if first.starts_with("..") => wrong("illegally references parent directory"),
        Some(_) if matches!(letters[..], [drive, ':', '/'] if drive.is_ascii_alphabetic()) => {
            wrong("contains illegally named files")
        }
        Some(_) if folder == "Chart.yaml" => wrong("yaml not in base directory"),
        Some(_) => Ok(parts.join("/")),
    }
}

#[cfg(all(test, feature = "archive"))]
mod tests {
    use super::inside_chart;

    #[test]
    fn names_of_files() {
        let cases = [
            ("app/Chart.yaml", Ok("Chart.yaml")),
            ("app/./templates//a.yaml", Ok("templates/a.yaml")),
            ("app\\templates\\a.yaml", Ok("templates/a.yaml")),
            ("app/x/../y", Ok("y")),
            (
                "app//etc/passwd",
                Err("chart illegally contains absolute paths"),
            ),
            (
                "app/../x",
                Err("chart illegally references parent directory"),
            ),
            (
                "app/..x",
                Err("chart illegally references parent directory"),
            ),
            ("app/c:/x", Err("chart contains illegally named files")),
            ("Chart.yaml/x", Err("chart yaml not in base directory")),
            (
                "Chart.yaml",
                Err("chart illegally contains content outside the base directory: \"Chart.yaml\""),
            ),
        ];
        for (name, expected) in cases {
            let found = inside_chart(name);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{name}");
        }
    }
}
