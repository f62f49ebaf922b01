//! Go's layouts: a time is shown, or read, as the layout shows `Mon Jan 2 15:04:05 MST 2006`.

use super::{Time, UTC, days_of};
use gotmpl::print::{MONTHS, WEEKDAYS};
use gotmpl::quote::quote;

/// A part of a layout that stands for a part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    Pm,
    SmallPm,
    Zone,
    /// An offset: `Z` for none, with colons, with minutes, with seconds.
    Offset {
        z: bool,
        colon: bool,
        minutes: bool,
        seconds: bool,
    },
    /// Digits after the second; `9` drops zeros at the end.
    Fraction {
        digits: usize,
        nines: bool,
    },
}

/// Longer ones before those that they begin with.
const PARTS: &[(&str, Part)] = &[
    ("January", Part::LongMonth),
    ("Jan", Part::Month),
    ("Monday", Part::LongWeekday),
    ("Mon", Part::Weekday),
    ("MST", Part::Zone),
    ("2006", Part::LongYear),
    ("__2", Part::SpaceYearDay),
    ("_2", Part::SpaceDay),
    ("002", Part::ZeroYearDay),
    ("01", Part::ZeroMonth),
    ("02", Part::ZeroDay),
    ("03", Part::ZeroHour12),
    ("04", Part::ZeroMinute),
    ("05", Part::ZeroSecond),
    ("06", Part::Year),
    ("15", Part::Hour),
    ("1", Part::NumMonth),
    ("2", Part::Day),
    ("3", Part::Hour12),
    ("4", Part::Minute),
    ("5", Part::Second),
    ("PM", Part::Pm),
    ("pm", Part::SmallPm),
    ("-07:00:00", offset(false, true, true, true)),
    ("-070000", offset(false, false, true, true)),
    ("-07:00", offset(false, true, true, false)),
    ("-0700", offset(false, false, true, false)),
    ("-07", offset(false, false, false, false)),
    ("Z07:00:00", offset(true, true, true, true)),
    ("Z070000", offset(true, false, true, true)),
    ("Z07:00", offset(true, true, true, false)),
    ("Z0700", offset(true, false, true, false)),
    ("Z07", offset(true, false, false, false)),
];

const fn offset(z: bool, colon: bool, minutes: bool, seconds: bool) -> Part {
    Part::Offset {
        z,
        colon,
        minutes,
        seconds,
    }
}

/// The next part of a layout: what stands before it, the part as written, and what follows.
fn next_part(layout: &str) -> Option<(&str, Part, &str, &str)> {
    for (at, _) in layout.char_indices() {
        let rest = &layout[at..];
        if let Some((length, part)) = fraction(rest) {
            return Some((&layout[..at], part, &rest[..length], &rest[length..]));
        }
        // `_2006` is an underscore and a year.
        if let Some(after) = rest.strip_prefix("_2006") {
            return Some((&layout[..=at], Part::LongYear, &rest[1..5], after));
        }
        for (text, part) in PARTS {
            let Some(after) = rest.strip_prefix(text) else {
                continue;
            };
            let goes_on = after.starts_with(|letter: char| letter.is_ascii_lowercase());
            if !(matches!(*text, "Jan" | "Mon") && goes_on) {
                return Some((&layout[..at], *part, text, after));
            }
        }
    }
    None
}

/// `.000`, `,999`: only where no digit follows.
fn fraction(text: &str) -> Option<(usize, Part)> {
    let body = text.strip_prefix(['.', ','])?;
    let digit = body
        .chars()
        .next()
        .filter(|digit| matches!(digit, '0' | '9'))?;
    let digits = body.chars().take_while(|letter| *letter == digit).count();
    if body[digits..].starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let nines = digit == '9';
    Some((1 + digits, Part::Fraction { digits, nines }))
}

/// The time as the layout shows it.
pub(in super::super) fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let mut out = String::new();
    let mut rest = layout;
    while let Some((before, part, written, after)) = next_part(rest) {
        out.push_str(before);
        rest = after;
        let hour12 = if civil.hour % 12 == 0 {
            12
        } else {
            civil.hour % 12
        };
        let month = MONTHS[(civil.month - 1).clamp(0, 11) as usize];
        let weekday = WEEKDAYS[civil.weekday.clamp(0, 6) as usize];
        match part {
            Part::LongMonth => out.push_str(month),
            Part::Month => out.push_str(&month[..3]),
            Part::NumMonth => out.push_str(&civil.month.to_string()),
            Part::ZeroMonth => out.push_str(&format!("{:02}", civil.month)),
            Part::LongWeekday => out.push_str(weekday),
            Part::Weekday => out.push_str(&weekday[..3]),
            Part::Day => out.push_str(&civil.day.to_string()),
            Part::SpaceDay => out.push_str(&format!("{:2}", civil.day)),
            Part::ZeroDay => out.push_str(&format!("{:02}", civil.day)),
            Part::SpaceYearDay => out.push_str(&format!("{:3}", civil.year_day)),
            Part::ZeroYearDay => out.push_str(&format!("{:03}", civil.year_day)),
            Part::Hour => out.push_str(&format!("{:02}", civil.hour)),
            Part::Hour12 => out.push_str(&hour12.to_string()),
            Part::ZeroHour12 => out.push_str(&format!("{hour12:02}")),
            Part::Minute => out.push_str(&civil.minute.to_string()),
            Part::ZeroMinute => out.push_str(&format!("{:02}", civil.minute)),
            Part::Second => out.push_str(&civil.second.to_string()),
            Part::ZeroSecond => out.push_str(&format!("{:02}", civil.second)),
            Part::LongYear => out.push_str(&format!("{:04}", civil.year)),
            Part::Year => out.push_str(&format!("{:02}", civil.year.rem_euclid(100))),
            Part::Pm => out.push_str(if civil.hour >= 12 { "PM" } else { "AM" }),
            Part::SmallPm => out.push_str(if civil.hour >= 12 { "pm" } else { "am" }),
            Part::Zone if !time.zone.is_empty() => out.push_str(time.zone),
            Part::Zone => push_offset(&mut out, time.offset, [false, false, true, false]),
            Part::Offset {
                z,
                colon,
                minutes,
                seconds,
            } => push_offset(&mut out, time.offset, [z, colon, minutes, seconds]),
            Part::Fraction { digits, nines } => {
                let nanos = format!("{:09}", time.nanos);
                let mut shown = nanos[..digits.min(9)].to_owned();
                if nines {
                    shown = shown.trim_end_matches('0').to_owned();
                }
                if !shown.is_empty() {
                    out.push_str(&written[..1]);
                    out.push_str(&shown);
                }
            }
        }
    }
    out + rest
}

fn push_offset(out: &mut String, offset: i64, [z, colon, minutes, seconds]: [bool; 4]) {
    if z && offset == 0 {
        return out.push('Z');
    }
    out.push(if offset < 0 { '-' } else { '+' });
    let total = offset.abs();
    out.push_str(&format!("{:02}", total / 3600));
    let separator = if colon { ":" } else { "" };
    if minutes {
        out.push_str(&format!("{separator}{:02}", total / 60 % 60));
    }
    if seconds {
        out.push_str(&format!("{separator}{:02}", total % 60));
    }
}

/// What has been read of a time.
struct Read {
    year: i64,
    month: i64,
    day: i64,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    pm: Option<bool>,
    offset: i64,
}

/// The time that a text shows in the layout; what the layout leaves out is zero.
pub(in super::super) fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let fail = |part: &str, rest: &str, extra: &str| {
        let q = |text: &str| quote(text.as_bytes());
        match extra {
            "" => format!(
                "parsing time {} as {}: cannot parse {} as {}",
                q(text),
                q(layout),
                q(rest),
                q(part)
            ),
            extra => format!("parsing time {}{extra}", q(text)),
        }
    };
    let mut read = Read {
        year: 0,
        month: 1,
        day: 1,
        year_day: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        pm: None,
        offset: 0,
    };
    let (mut pattern, mut rest) = (layout, text);
    loop {
        let next = next_part(pattern);
        let before = next.map_or(pattern, |(before, ..)| before);
        rest = skip_literal(rest, before).ok_or_else(|| fail(before, rest, ""))?;
        let Some((_, part, written, after)) = next else {
            break;
        };
        let held = rest;
        rest = read_part(&mut read, part, rest, after).ok_or_else(|| fail(written, held, ""))?;
        if let Some(what) = out_of_range(&read, part) {
            return Err(fail("", "", &format!(": {what} out of range")));
        }
        pattern = after;
    }
    if !rest.is_empty() {
        let extra = format!(": extra text: {}", quote(rest.as_bytes()));
        return Err(fail("", "", &extra));
    }
    finish(read).ok_or_else(|| fail("", "", ": day out of range"))
}

/// Text between parts must stand there; a space may be any number of them.
fn skip_literal<'t>(text: &'t str, literal: &str) -> Option<&'t str> {
    let mut rest = text;
    let mut letters = literal.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == ' ' {
            if !rest.is_empty() && !rest.starts_with(' ') {
                return None;
            }
            while letters.peek() == Some(&' ') {
                letters.next();
            }
            rest = rest.trim_start_matches(' ');
        } else {
            rest = rest.strip_prefix(letter)?;
        }
    }
    Some(rest)
}

fn out_of_range(read: &Read, part: Part) -> Option<&'static str> {
    let hours = match part {
        Part::Hour12 | Part::ZeroHour12 => 12,
        _ => 23,
    };
    if !(1..=12).contains(&read.month) {
        return Some("month");
    }
    match () {
        () if read.hour > hours => Some("hour"),
        () if read.minute > 59 => Some("minute"),
        () if read.second > 59 => Some("second"),
        () => None,
    }
}

/// So many digits at least and at most.
fn digits(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let count = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return None;
    }
    Some((text[..count].parse().ok()?, &text[count..]))
}

fn name<'t>(text: &'t str, names: &[&str], length: Option<usize>) -> Option<(i64, &'t str)> {
    for (at, name) in names.iter().enumerate() {
        let name = &name[..length.unwrap_or(name.len())];
        if text
            .get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name))
        {
            return Some((at as i64 + 1, &text[name.len()..]));
        }
    }
    None
}

fn read_part<'t>(read: &mut Read, part: Part, text: &'t str, after: &str) -> Option<&'t str> {
    let rest;
    match part {
        Part::LongYear => (read.year, rest) = digits(text, 4, 4)?,
        Part::Year => {
            let (year, after) = digits(text, 2, 2)?;
            read.year = if year >= 69 { year + 1900 } else { year + 2000 };
            rest = after;
        }
        Part::LongMonth => (read.month, rest) = name(text, &MONTHS, None)?,
        Part::Month => (read.month, rest) = name(text, &MONTHS, Some(3))?,
        Part::NumMonth => (read.month, rest) = digits(text, 1, 2)?,
        Part::ZeroMonth => (read.month, rest) = digits(text, 2, 2)?,
        Part::LongWeekday => (_, rest) = name(text, &WEEKDAYS, None)?,
        Part::Weekday => (_, rest) = name(text, &WEEKDAYS, Some(3))?,
        Part::Day => (read.day, rest) = digits(text, 1, 2)?,
        Part::SpaceDay => (read.day, rest) = digits(text.strip_prefix(' ').unwrap_or(text), 1, 2)?,
        Part::ZeroDay => (read.day, rest) = digits(text, 2, 2)?,
        Part::SpaceYearDay | Part::ZeroYearDay => {
            let least = if part == Part::ZeroYearDay { 3 } else { 1 };
            let (day, after) = digits(text.trim_start_matches(' '), least, 3)?;
            read.year_day = Some(day);
            rest = after;
        }
        Part::Hour => (read.hour, rest) = digits(text, 1, 2)?,
        Part::Hour12 => (read.hour, rest) = digits(text, 1, 2)?,
        Part::ZeroHour12 => (read.hour, rest) = digits(text, 2, 2)?,
        Part::Minute => (read.minute, rest) = digits(text, 1, 2)?,
        Part::ZeroMinute => (read.minute, rest) = digits(text, 2, 2)?,
        Part::Second | Part::ZeroSecond => {
            let least = if part == Part::Second { 1 } else { 2 };
            let (second, mut tail) = digits(text, least, 2)?;
            read.second = second;
            // A fraction may follow though the layout has none.
            let in_layout = next_part(after).is_some_and(|(before, part, ..)| {
                before.is_empty() && matches!(part, Part::Fraction { .. })
            });
            if !in_layout && let Some((nanos, end)) = read_fraction(tail, None) {
                read.nanos = nanos;
                tail = end;
            }
            rest = tail;
        }
        Part::Fraction { digits, nines } => {
            let count = if nines { None } else { Some(digits) };
            match read_fraction(text, count) {
                Some(found) => (read.nanos, rest) = found,
                None if nines => rest = text,
                None => return None,
            }
        }
        Part::Pm | Part::SmallPm => {
            let head = text.get(..2)?;
            let (pm, am) = if part == Part::Pm {
                ("PM", "AM")
            } else {
                ("pm", "am")
            };
            read.pm = Some(match head {
                _ if head == pm => true,
                _ if head == am => false,
                _ => return None,
            });
            rest = &text[2..];
        }
        Part::Zone => {
            let count = text.bytes().take_while(u8::is_ascii_uppercase).count();
            if !(3..=5).contains(&count) {
                return None;
            }
            rest = &text[count..];
        }
        Part::Offset {
            z,
            colon,
            minutes,
            seconds,
        } => (read.offset, rest) = read_offset(text, [z, colon, minutes, seconds])?,
    }
    Some(rest)
}

fn read_fraction(text: &str, count: Option<usize>) -> Option<(u32, &str)> {
    let body = text.strip_prefix(['.', ','])?;
    let found = body.bytes().take_while(u8::is_ascii_digit).count();
    let count = count.unwrap_or(found);
    if found < count || count == 0 {
        return None;
    }
    let nine: String = body[..count]
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    Some((nine.parse().ok()?, &body[count..]))
}

fn read_offset(text: &str, [z, colon, minutes, seconds]: [bool; 4]) -> Option<(i64, &str)> {
    if z && let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, mut rest) = digits(text.strip_prefix(['-', '+'])?, 2, 2)?;
    let mut total = hours * 3600;
    for (wanted, unit) in [(minutes, 60), (seconds, 1)] {
        if wanted {
            if colon {
                rest = rest.strip_prefix(':')?;
            }
            let (number, after) = digits(rest, 2, 2)?;
            total += number * unit;
            rest = after;
        }
    }
    Some((sign * total, rest))
}

fn finish(read: Read) -> Option<Time> {
    let hour = match read.pm {
        Some(true) if read.hour < 12 => read.hour + 12,
        Some(false) if read.hour == 12 => 0,
        _ => read.hour,
    };
    let days = match read.year_day {
        Some(day) => days_of(read.year, 1, 1) + day - 1,
        None => {
            let next = if read.month == 12 {
                (read.year + 1, 1)
            } else {
                (read.year, read.month + 1)
            };
            let length = days_of(next.0, next.1, 1) - days_of(read.year, read.month, 1);
            if read.day < 1 || read.day > length {
                return None;
            }
            days_of(read.year, read.month, read.day)
        }
    };
    Some(Time {
        seconds: days * 86_400 + hour * 3600 + read.minute * 60 + read.second - read.offset,
        nanos: read.nanos,
        offset: read.offset,
        zone: if read.offset == 0 { UTC } else { "" },
    })
}
