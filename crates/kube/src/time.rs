//! Moments: virtual milliseconds, and how Kubernetes writes them.

use ecow::{EcoString, eco_format};
use std::cell::RefCell;

/// Virtual time: whole milliseconds since the lab began.
pub type Millis = u64;

/// What the calendar says when a lab begins, in seconds since 1970: 2026-01-05T09:00:00Z, a Monday.
pub const EPOCH_SECONDS: u64 = 1_767_603_600;

/// The moment as Kubernetes writes it (`metav1.Time`): RFC 3339 in UTC, whole seconds.
#[must_use]
pub fn rfc3339(t: Millis) -> EcoString {
    // Much happens in one second, and every object says when: they share the text.
    LAST.with_borrow_mut(|(second, text)| {
        if *second != t / 1000 || text.is_empty() {
            (*second, *text) = (t / 1000, write(t / 1000));
        }
        text.clone()
    })
}

/// The same to the microsecond (`metav1.MicroTime`).
#[must_use]
pub fn rfc3339_micro(t: Millis) -> EcoString {
    let text = rfc3339(t);
    eco_format!("{}.{:03}000Z", text.trim_end_matches('Z'), t % 1000)
}

thread_local! {
    /// The second that was written last, and how.
    static LAST: RefCell<(u64, EcoString)> = const { RefCell::new((0, EcoString::new())) };
}

fn write(second: u64) -> EcoString {
    let seconds = EPOCH_SECONDS + second;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    // Every object has several: a formatter would take ten times as long.
    let mut text = *b"0000-00-00T00:00:00Z";
    let parts = [
        (year / 100, 0),
        (year % 100, 2),
        (month, 5),
        (day, 8),
        (h, 11),
        (m, 14),
        (s, 17),
    ];
    for (number, at) in parts {
        let digit = |number: u64| b'0' + u8::try_from(number % 10).unwrap_or(0);
        (text[at], text[at + 1]) = (digit(number / 10), digit(number));
    }
    std::str::from_utf8(&text).unwrap_or_default().into()
}

/// The lab's moment of a time in RFC 3339, in UTC, with or without parts of a second; none for text
/// that is no such time or lies before the lab began.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    let (whole, part) = match text.strip_suffix('Z')?.split_once('.') {
        Some((whole, part)) if !part.is_empty() => (whole, part),
        Some(_) => return None,
        None => (text.strip_suffix('Z')?, ""),
    };
    let text: &[u8; 19] = whole.as_bytes().try_into().ok()?;
    let fits = |(have, form): (&u8, &u8)| have == form || *form == b'0' && have.is_ascii_digit();
    let is_part = part.bytes().all(|letter| letter.is_ascii_digit());
    if !is_part || !text.iter().zip(FORM).all(fits) {
        return None;
    }
    let pair = |at: usize| u64::from(text[at] - b'0') * 10 + u64::from(text[at + 1] - b'0');
    let days = days(pair(0) * 100 + pair(2), pair(5), pair(8));
    let second = pair(11) * 3600 + pair(14) * 60 + pair(17);
    let digits = part.bytes().chain([b'0'; 3]).take(3);
    let millis = digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    (days * 86_400 + second)
        .checked_sub(EPOCH_SECONDS)
        .map(|seconds| seconds * 1000 + millis)
}

/// What is wrong with a time in RFC 3339, in the words of Go's `time.Parse`; nothing if all is well.
#[must_use]
pub fn fault(text: &str, has_micros: bool) -> Option<EcoString> {
    const PARTS: [(&str, u32, u32, &str); 11] = [
        ("2006", 0, 9999, ""),
        ("-", 0, 0, ""),
        ("01", 1, 12, "month"),
        ("-", 0, 0, ""),
        ("02", 1, 31, "day"),
        ("T", 0, 0, ""),
        ("15", 0, 23, "hour"),
        (":", 0, 0, ""),
        ("04", 0, 59, "minute"),
        (":", 0, 0, ""),
        ("05", 0, 59, "second"),
    ];
    let layout = match has_micros {
        true => "2006-01-02T15:04:05.000000Z07:00",
        false => "2006-01-02T15:04:05Z07:00",
    };
    let wrong = |rest: &str, part: &str| {
        Some(eco_format!(
            "parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}"
        ))
    };
    let mut rest = text;
    for (part, least, most, name) in PARTS {
        let Some((have, after)) = rest.split_at_checked(part.len()) else {
            return wrong(rest, part);
        };
        if most == 0 && have != part || most > 0 && !have.bytes().all(|it| it.is_ascii_digit()) {
            return wrong(rest, part);
        }
        let number: u32 = have.parse().unwrap_or(0);
        if most > 0 && !(least..=most).contains(&number) {
            return Some(eco_format!("parsing time {text:?}: {name} out of range"));
        }
        rest = after;
    }
    // Parts of a second are read though the layout has none.
    if let Some(after) = rest.strip_prefix('.') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return wrong(rest, "Z07:00");
        }
        rest = &after[digits..];
    }
    let zone: &[u8] = match rest.as_bytes() {
        [b'Z', more @ ..] => more,
        [b'+' | b'-', a, b, b':', c, d, more @ ..]
            if [a, b, c, d].iter().all(|it| it.is_ascii_digit()) =>
        {
            more
        }
        _ => return wrong(rest, "Z07:00"),
    };
    let extra = &rest[rest.len() - zone.len()..];
    (!extra.is_empty()).then(|| eco_format!("parsing time {text:?}: extra text: {extra:?}"))
}

/// Year, month and day of a day since 1970, by Howard Hinnant's `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The day since 1970 of a date, by Howard Hinnant's `days_from_civil`.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year.saturating_sub(u64::from(month <= 2));
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.saturating_sub(1);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        let cases = [
            (0, "2026-01-05T09:00:00Z"),
            (61_999, "2026-01-05T09:01:01Z"),
            (86_400_000 * 54, "2026-02-28T09:00:00Z"),
            (86_400_000 * 55, "2026-03-01T09:00:00Z"),
            (86_400_000 * 784, "2028-02-28T09:00:00Z"),
            (86_400_000 * 785, "2028-02-29T09:00:00Z"),
        ];
        for (t, text) in cases {
            assert_eq!(rfc3339(t), text);
            assert_eq!(parse_rfc3339(text), Some(t / 1000 * 1000));
        }
        assert_eq!(parse_rfc3339("2026-01-05T09:00:01.25Z"), Some(1_250));
        assert_eq!(parse_rfc3339("2026-01-05T09:00:01.123456Z"), Some(1_123));
        assert_eq!(parse_rfc3339("2026-01-05T09:00:01.Z"), None);
        for (text, why) in [
            (
                "yesterday",
                "parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" \
                 as \"2006\"",
            ),
            (
                "2026-13-05T09:00:00Z",
                "parsing time \"2026-13-05T09:00:00Z\": month out of range",
            ),
            (
                "2026-01-05T09:00:00",
                "parsing time \"2026-01-05T09:00:00\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \
                 \"\" as \"Z07:00\"",
            ),
            (
                "2026-01-05T09:00:00Zz",
                "parsing time \"2026-01-05T09:00:00Zz\": extra text: \"z\"",
            ),
        ] {
            assert_eq!(fault(text, false).as_deref(), Some(why));
        }
        assert_eq!(fault("2026-01-05T09:00:00.5+02:00", false), None);
        assert_eq!(parse_rfc3339("yesterday"), None);
        assert_eq!(parse_rfc3339("1999-01-01T00:00:00Z"), None);
        assert_eq!(parse_rfc3339("2026-01-05 09:00:00Z"), None);
        assert_eq!(parse_rfc3339("2026-01-05T09:00:0xZ"), None);
    }
}
