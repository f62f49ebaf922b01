//! Cron schedules, and what is wrong with them in the words of the parser that Kubernetes uses
//! (`github.com/robfig/cron/v3`, parser.go).

use ecow::{EcoString, eco_format};

/// A field of a schedule: its least and greatest number, and the names its numbers have.
type Bounds = (u32, u32, &'static [&'static str]);

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Bounds; 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, MONTHS),
    (0, 6, DAYS),
];

/// Checks a schedule.
pub(super) fn parse(spec: &str) -> Result<(), EcoString> {
    if spec.is_empty() {
        return Err("empty spec string".into());
    }
    let zoned = ["TZ=", "CRON_TZ="]
        .iter()
        .any(|prefix| spec.starts_with(prefix));
    let spec = match spec.split_once(' ') {
        Some((zone, rest)) if zoned => {
            let name = zone.split_once('=').map_or("", |(_, name)| name);
            if !is_zone(name) {
                return Err(eco_format!(
                    "provided bad location {name}: unknown time zone {name}"
                ));
            }
            rest.trim()
        }
        _ => spec,
    };
    if spec.starts_with('@') {
        return descriptor(spec);
    }
    let fields: Vec<&str> = spec.split_whitespace().collect();
    if fields.len() != 5 {
        let shown = fields.join(" ");
        return Err(eco_format!(
            "expected exactly 5 fields, found {}: [{shown}]",
            fields.len()
        ));
    }
    for (field, bounds) in fields.iter().zip(FIELDS) {
        for range in field.split(',').filter(|range| !range.is_empty()) {
            check_range(range, bounds)?;
        }
    }
    Ok(())
}

fn descriptor(spec: &str) -> Result<(), EcoString> {
    match spec {
        "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly" => {
            Ok(())
        }
        _ => match spec.strip_prefix("@every ").map(duration_fault) {
            Some(None) => Ok(()),
            Some(Some(why)) => Err(eco_format!("failed to parse duration {spec}: {why}")),
            None => Err(eco_format!("unrecognized descriptor: {spec}")),
        },
    }
}

/// What is wrong with a duration such as `1h30m`, in the words of Go's `time.ParseDuration`.
fn duration_fault(text: &str) -> Option<EcoString> {
    const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
    let invalid = || Some(eco_format!("time: invalid duration {text:?}"));
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest.is_empty() {
        return invalid();
    }
    while rest != "0" && !rest.is_empty() {
        let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
        let (number, after) = rest.split_at(rest.find(|it| !is_number(it)).unwrap_or(rest.len()));
        let dots = number.matches('.').count();
        if dots > 1 || number.len() == dots {
            return invalid();
        }
        let (unit, after) = after.split_at(after.find(is_number).unwrap_or(after.len()));
        if unit.is_empty() {
            return Some(eco_format!("time: missing unit in duration {text:?}"));
        }
        if !UNITS.contains(&unit) {
            return Some(eco_format!(
                "time: unknown unit {unit:?} in duration {text:?}"
            ));
        }
        rest = after;
    }
    None
}

/// `*`, `5`, `1-5`, each with `/2` or without.
fn check_range(text: &str, (least, most, names): Bounds) -> Result<(), EcoString> {
    let parts: Vec<&str> = text.split('/').collect();
    let ends: Vec<&str> = parts[0].split('-').collect();
    let single = ends.len() == 1;
    let (start, mut end) = match ends.as_slice() {
        ["*" | "?"] => (least, most),
        [one] => (number(one, names)?, number(one, names)?),
        [from, to] => (number(from, names)?, number(to, names)?),
        _ => return Err(eco_format!("too many hyphens: {text}")),
    };
    let step = match parts.as_slice() {
        [_] => 1,
        [_, step] => {
            if single {
                end = end.max(most);
            }
            number(step, &[])?
        }
        _ => return Err(eco_format!("too many slashes: {text}")),
    };
    if start < least {
        return Err(eco_format!(
            "beginning of range ({start}) below minimum ({least}): {text}"
        ));
    }
    if end > most {
        return Err(eco_format!(
            "end of range ({end}) above maximum ({most}): {text}"
        ));
    }
    if start > end {
        return Err(eco_format!(
            "beginning of range ({start}) beyond end of range ({end}): {text}"
        ));
    }
    if step == 0 {
        return Err(eco_format!(
            "step of range should be a positive number: {text}"
        ));
    }
    Ok(())
}

fn number(text: &str, names: &[&str]) -> Result<u32, EcoString> {
    let first = if names.len() == 12 { 1 } else { 0 };
    if let Some(at) = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text))
    {
        return Ok(u32::try_from(at).unwrap_or(0) + first);
    }
    match text.parse::<i64>() {
        Ok(number) => u32::try_from(number)
            .map_err(|_| eco_format!("negative number ({number}) not allowed: {text}")),
        Err(_) => Err(eco_format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"
        )),
    }
}

/// Whether a name looks like one of the time zone database: an area that there is, and a place.
pub(super) fn is_zone(name: &str) -> bool {
    const AREAS: &[&str] = &[
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Brazil",
        "Canada",
        "Chile",
        "Etc",
        "Europe",
        "Indian",
        "Mexico",
        "Pacific",
        "US",
    ];
    const WHOLE: &[&str] = &[
        "CET",
        "CST6CDT",
        "Cuba",
        "EET",
        "EST",
        "EST5EDT",
        "Egypt",
        "Eire",
        "GB",
        "GMT",
        "Greenwich",
        "HST",
        "Hongkong",
        "Iceland",
        "Iran",
        "Israel",
        "Jamaica",
        "Japan",
        "Kwajalein",
        "Libya",
        "MET",
        "MST",
        "MST7MDT",
        "NZ",
        "Navajo",
        "PRC",
        "PST8PDT",
        "Poland",
        "Portugal",
        "ROC",
        "ROK",
        "Singapore",
        "Turkey",
        "UCT",
        "UTC",
        "Universal",
        "W-SU",
        "WET",
        "Zulu",
    ];
    let placed = |(area, place): (&str, &str)| {
        let letters = |c: char| c.is_ascii_alphanumeric() || "_+-/".contains(c);
        AREAS.contains(&area) && !place.is_empty() && place.chars().all(letters)
    };
    WHOLE.contains(&name) || name.split_once('/').is_some_and(placed)
}

#[test]
fn schedules_are_checked() {
    let cases = [
        ("*/5 * * * *", None),
        ("0 9 * * mon-fri", None),
        ("0 0 1 jan,jul ?", None),
        ("@hourly", None),
        ("TZ=UTC 0 * * * *", None),
        ("@often", Some("unrecognized descriptor: @often")),
        (
            "61 * * * *",
            Some("end of range (61) above maximum (59): 61"),
        ),
        (
            "* * 0 * *",
            Some("beginning of range (0) below minimum (1): 0"),
        ),
        (
            "5-1 * * * *",
            Some("beginning of range (5) beyond end of range (1): 5-1"),
        ),
        (
            "*/0 * * * *",
            Some("step of range should be a positive number: */0"),
        ),
        ("nope", Some("expected exactly 5 fields, found 1: [nope]")),
        (
            "-1 * * * *",
            Some("failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
        ),
    ];
    for (spec, expected) in cases {
        assert_eq!(parse(spec).err().as_deref(), expected, "{spec}");
    }
}
