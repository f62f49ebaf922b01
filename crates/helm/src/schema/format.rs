//! `format`: what the validator knows (format.go), with its reasons.

use crate::functions::{check_time, scheme_and_host};
use gotmpl::quote::{quote, quote_char};

type Checked = Result<(), String>;

/// Checks a text by the name of a format; unknown ones allow everything.
pub(super) fn check(format: &str, text: &str) -> Checked {
    match format {
        "json-pointer" => json_pointer(text),
        "relative-json-pointer" => relative_json_pointer(text),
        "uuid" => uuid(text),
        "duration" => duration(text),
        "period" => period(text),
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "date" => check_time("2006-01-02", text),
        "time" => time(text),
        "date-time" => date_time(text),
        "uri" | "iri" => match url(text)?.is_empty() {
            true => wrong("relative url"),
            false => Ok(()),
        },
        "uri-reference" | "iri-reference" if text.contains('\\') => wrong("contains \\"),
        "uri-reference" | "iri-reference" => url(text).map(drop),
        "uri-template" => uri_template(text),
        "semver" => semver(text),
        _ => Ok(()),
    }
}

fn wrong(why: &str) -> Checked {
    Err(why.to_owned())
}

/// Puts words before a reason.
fn within(what: &str, checked: Checked) -> Checked {
    checked.map_err(|why| format!("invalid {what}: {why}"))
}

fn bad_letter(letter: char, place: &str) -> Checked {
    Err(format!(
        "invalid character {}{place}",
        quote_char(letter, false)
    ))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn json_pointer(text: &str) -> Checked {
    if text.is_empty() {
        return Ok(());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return wrong("not starting with /");
    };
    for part in rest.split('/') {
        if part
            .split('~')
            .skip(1)
            .any(|after| !after.starts_with(['0', '1']))
        {
            return wrong("~ must be followed by 0 or 1");
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Checked {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match &text[digits..] {
        _ if digits == 0 => wrong("must start with non-negative integer"),
        _ if digits > 1 && text.starts_with('0') => wrong("starts with zero"),
        "#" => Ok(()),
        pointer => json_pointer(pointer),
    }
}

fn uuid(text: &str) -> Checked {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    if groups.len() != lengths.len() {
        return wrong("must have 5 elements");
    }
    for (at, (group, length)) in groups.iter().zip(lengths).enumerate() {
        if group.len() != length {
            return Err(format!(
                "element {} must be {length} characters long",
                at + 1
            ));
        }
        if let Some(letter) = group.chars().find(|letter| !letter.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quote_char(letter, false)));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Checked {
    let Some(rest) = text.strip_prefix('P') else {
        return wrong("must start with P");
    };
    if rest.is_empty() {
        return wrong("nothing after P");
    }
    if let Some(weeks) = rest.strip_suffix('W') {
        return match weeks {
            "" => wrong("no number in week"),
            weeks if !is_digits(weeks) => wrong("invalid week"),
            _ => Ok(()),
        };
    }
    for (at, part) in rest.split('T').enumerate() {
        if at > 0 && part.is_empty() {
            return wrong("no time elements");
        }
        let Some(all) = ["YMD", "HMS"].get(at) else {
            return wrong("more than one T");
        };
        let (mut units, mut part) = (*all, part);
        while !part.is_empty() {
            let after = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if after.len() == part.len() {
                return wrong("missing number");
            }
            let Some(unit) = after.chars().next() else {
                return wrong("missing unit");
            };
            match units.find(unit) {
                Some(found) => units = &units[found + 1..],
                None if all.contains(unit) => {
                    return Err(format!("unit {} out of order", quote_char(unit, false)));
                }
                None => return Err(format!("invalid unit {}", quote_char(unit, false))),
            }
            part = &after[unit.len_utf8()..];
        }
    }
    Ok(())
}

fn period(text: &str) -> Checked {
    let Some((start, end)) = text.split_once('/') else {
        return wrong("missing slash");
    };
    if start.starts_with('P') {
        within("start duration", duration(start))?;
        return within("end date-time", date_time(end));
    }
    within("start date-time", date_time(start))?;
    match end.starts_with('P') {
        true => within("end duration", duration(end)),
        false => within("end date-time", date_time(end)),
    }
}

fn ipv4(text: &str) -> Checked {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return wrong("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return wrong("leading zeros");
        }
        let digits = group.strip_prefix(['-', '+']).unwrap_or(group);
        if digits.is_empty() || !is_digits(digits) {
            let shown = quote(group.as_bytes());
            return Err(format!("strconv.Atoi: parsing {shown}: invalid syntax"));
        }
        if group.starts_with('-') && digits != "0" || digits.parse::<u8>().is_err() {
            return wrong("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

/// An address as Go's net/netip reads it.
fn ipv6(text: &str) -> Checked {
    if !text.contains(':') {
        return wrong("missing colon");
    }
    let before_zone = text.split('%').next().unwrap_or(text);
    if before_zone.parse::<std::net::Ipv6Addr>().is_ok() {
        return match text.split_once('%') {
            None => Ok(()),
            Some((_, "")) => address(text, "zone must be a non-empty string", ""),
            Some(_) => wrong("zone id is not a part of ipv6 address"),
        };
    }
    let mut rest = before_zone;
    let (mut fields, mut has_gap) = (0, false);
    if let Some(after) = rest.strip_prefix("::") {
        (has_gap, rest) = (true, after);
    }
    while fields < 8 && !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let after = &rest[digits..];
        if digits == 0 {
            return address(
                text,
                "each colon-separated field must have at least one digit",
                rest,
            );
        }
        if digits > 4 {
            return address(text, "each group must have 4 or less digits", rest);
        }
        if after.starts_with('.') {
            return address(
                text,
                "embedded IPv4 address must replace the final 2 fields of the address",
                rest,
            );
        }
        fields += 1;
        let Some(next) = after.strip_prefix(':') else {
            if after.is_empty() {
                rest = after;
                break;
            }
            return address(text, "unexpected character, want colon", after);
        };
        if next.is_empty() {
            return address(text, "colon must be followed by more characters", after);
        }
        rest = next;
        if let Some(after) = next.strip_prefix(':') {
            if has_gap {
                return address(text, "multiple :: in address", next);
            }
            (has_gap, rest) = (true, after);
        }
    }
    if !rest.is_empty() {
        return address(text, "trailing garbage after address", rest);
    }
    if has_gap {
        return address(
            text,
            "the :: must expand to at least one field of zeros",
            "",
        );
    }
    address(text, "address string too short", "")
}

fn address(text: &str, why: &str, at: &str) -> Checked {
    let text = quote(text.as_bytes());
    let at = match at {
        "" => String::new(),
        at => format!(" (at {})", quote(at.as_bytes())),
    };
    Err(format!("ParseAddr({text}): {why}{at}"))
}

fn hostname(text: &str) -> Checked {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return wrong("more than 253 characters long");
    }
    for label in text.split('.') {
        if !(1..=63).contains(&label.len()) {
            return wrong("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return wrong("label starts with hyphen");
        }
        if label.ends_with('-') {
            return wrong("label ends with hyphen");
        }
        let is_wrong = |letter: &char| !letter.is_ascii_alphanumeric() && *letter != '-';
        if let Some(letter) = label.chars().find(is_wrong) {
            return bad_letter(letter, "");
        }
    }
    Ok(())
}

fn email(text: &str) -> Checked {
    if text.len() > 254 {
        return wrong("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return wrong("missing @");
    };
    if local.len() > 64 {
        return wrong("local part more than 64 characters long");
    }
    if local.len() > 1 && local.starts_with('"') {
        let last = local.chars().next_back().map_or(0, char::len_utf8);
        if local[1..local.len() - last].contains(['\\', '"']) {
            return wrong("backslash and quote are not allowed within quoted local part");
        }
    } else if local.starts_with('.') {
        return wrong("starts with dot");
    } else if local.ends_with('.') {
        return wrong("ends with dot");
    } else if local.contains("..") {
        return wrong("consecutive dots");
    } else {
        let is_wrong = |letter: &char| {
            !letter.is_ascii_alphanumeric() && !".!#$%&'*+-/=?^_`{|}~".contains(*letter)
        };
        if let Some(letter) = local.chars().find(is_wrong) {
            return bad_letter(letter, "");
        }
    }
    match domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(inner) => match inner.strip_prefix("IPv6:") {
            Some(inner) => within("ipv6 address", ipv6(inner)),
            None => within("ipv4 address", ipv4(inner)),
        },
        None => within("domain", hostname(domain)),
    }
}

/// Numbers of two digits, apart by colons.
fn two_digits<const N: usize>(text: &str) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(':');
    for number in &mut numbers {
        let part = parts.next().filter(|part| is_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn time(text: &str) -> Checked {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return wrong("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return wrong("missing colon in correct place");
    }
    let Some([hour, minute, second]) = text.get(..8).and_then(two_digits) else {
        return wrong("invalid hour/min/sec");
    };
    if hour > 23 || minute > 59 || second > 60 {
        return wrong("hour/min/sec out of range");
    }
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if rest.len() == fraction.len() {
            return wrong("no digits in second fraction");
        }
    }
    let mut minutes = i64::from(hour * 60 + minute);
    if !matches!(rest, "z" | "Z") {
        if rest.len() != 6 {
            return wrong("offset must be 6 characters long");
        }
        let sign = match rest.as_bytes()[0] {
            b'+' => -1,
            b'-' => 1,
            _ => return wrong("offset must begin with plus/minus"),
        };
        if rest.as_bytes()[3] != b':' {
            return wrong("missing colon in offset in correct place");
        }
        let Some([hours, rest]) = rest.get(1..).and_then(two_digits) else {
            return wrong("invalid hour/min in offset");
        };
        if hours > 23 || rest > 59 {
            return wrong("hour/min in offset out of range");
        }
        minutes += sign * i64::from(hours * 60 + rest);
        if minutes < 0 {
            minutes += 24 * 60;
        }
    }
    if second == 60 && minutes != 23 * 60 + 59 {
        return wrong("invalid leap second");
    }
    Ok(())
}

fn date_time(text: &str) -> Checked {
    if text.len() < 20 {
        return wrong("less than 20 characters long");
    }
    let (Some(date), Some(rest)) = (text.get(..10), text.get(11..)) else {
        return wrong("11th character must be t or T");
    };
    if !matches!(text.as_bytes()[10], b't' | b'T') {
        return wrong("11th character must be t or T");
    }
    within("date element", check_time("2006-01-02", date))?;
    within("time element", time(rest))
}

/// The scheme of a URL.
fn url(text: &str) -> Result<String, String> {
    let (scheme, host) = scheme_and_host(text)?;
    if host.contains(':') {
        if !text.contains('[') || !text.contains(']') {
            return Err("ipv6 address not enclosed in brackets".to_owned());
        }
        within("ipv6 address", ipv6(&host))?;
    }
    Ok(scheme)
}

fn uri_template(text: &str) -> Checked {
    url(text)?;
    let mut is_open = false;
    for letter in text.chars() {
        match letter {
            '/' if is_open => break,
            '{' if is_open => return wrong("nested curly braces"),
            '}' if !is_open => return wrong("nested curly braces"),
            '{' => is_open = true,
            '}' => is_open = false,
            _ => {}
        }
    }
    match is_open {
        true => wrong("no matching closing brace"),
        false => Ok(()),
    }
}

fn semver(text: &str) -> Checked {
    let (mut core, build) = text
        .split_once('+')
        .map_or((text, None), |(a, b)| (a, Some(b)));
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if build == Some("") {
        return wrong("build is empty");
    }
    for part in build.into_iter().flat_map(|build| build.split('.')) {
        if part.is_empty() {
            return wrong("build identifier is empty");
        }
        if let Some(letter) = part.chars().find(|letter| !is_letter(*letter)) {
            return bad_letter(letter, " in build identifier");
        }
    }
    if let Some((before, release)) = core.split_once('-') {
        core = before;
        for part in release.split('.') {
            if part.is_empty() {
                return wrong("pre-release identifier is empty");
            }
            if let Some(letter) = part.chars().find(|letter| !is_letter(*letter)) {
                return bad_letter(letter, " in pre-release identifier");
            }
            if part.len() > 1 && part.starts_with('0') && is_digits(part) {
                return wrong("pre-release numeric identifier starts with zero");
            }
        }
    }
    let numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() != 3 {
        return wrong("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.iter().zip(["major", "minor", "patch"]) {
        let why = match *number {
            "" => "is empty",
            number if number.len() > 1 && number.starts_with('0') => "starts with zero",
            number if !is_digits(number) => "contains non-digit",
            _ => continue,
        };
        return Err(format!("{name} {why}"));
    }
    Ok(())
}
