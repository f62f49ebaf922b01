//! URLs of schemas, and JSON pointers in their fragments.

/// A name as a part of a JSON pointer.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The scheme of a URL and what follows its colon.
pub(super) fn scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some((scheme, rest))
}

/// A reference seen from a URL (RFC 3986, 5.2), without its fragment.
pub(super) fn join(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    let Some((base_scheme, base_rest)) = scheme(base).filter(|_| scheme(reference).is_none())
    else {
        return reference.to_owned();
    };
    let Some(rest) = base_rest.strip_prefix("//") else {
        return base.to_owned();
    };
    if reference.starts_with("//") {
        return format!("{base_scheme}:{reference}");
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let folder = match reference.starts_with('/') {
        true => "",
        false => path.rsplit_once('/').map_or("", |(folder, _)| folder),
    };
    let mut parts: Vec<&str> = folder.split('/').skip(1).collect();
    let steps: Vec<&str> = reference.trim_start_matches('/').split('/').collect();
    for (at, step) in steps.iter().enumerate() {
        let is_last = at + 1 == steps.len();
        match *step {
            "." if is_last => parts.push(""),
            "." => {}
            ".." => {
                parts.pop();
                if is_last {
                    parts.push("");
                }
            }
            step => parts.push(step),
        }
    }
    format!("{base_scheme}://{host}/{}", parts.join("/"))
}

/// A URL with a pointer as its fragment.
pub(super) fn with_pointer(url: &str, pointer: &str) -> String {
    let mut out = format!("{url}#");
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/$&+=:@".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

pub(super) fn unescape(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
