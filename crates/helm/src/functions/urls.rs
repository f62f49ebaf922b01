//! URLs, and names of hosts, which are not looked up.

use super::{HelmFunction, fault, map, plain, text};
use gotmpl::Type::{Map as Dict, String as Str};
use gotmpl::value::Text;
use gotmpl::{Error, Map, Value};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("getHostByName", &[Str], |_, _| Ok("".into())),
    plain("urlJoin", &[Dict], |_, args| join(&map(&args, 0))),
    plain("urlParse", &[Str], |_, args| parse(&text(&args, 0))),
];

fn wrong(url: &str, reason: &str) -> String {
    let shown = gotmpl::quote::quote(url.as_bytes());
    format!("{UNABLE}parse {shown}: {reason}")
}

const UNABLE: &str = "unable to parse url: ";

/// The scheme of a URL, in lower case; empty if it has none, as a path has not.
///
/// # Errors
/// Go's (net/url), for what is no URL.
pub fn check_url(url: &str) -> Result<String, String> {
    let (scheme, _) = scheme_and_host(url)?;
    Ok(scheme)
}

/// The scheme of a URL and the name of its host.
pub(crate) fn scheme_and_host(url: &str) -> Result<(String, String), String> {
    match parse(url) {
        Ok(Value::Map(parts)) => {
            let part = |name| match parts.get(name) {
                Some(Value::String(text)) => text.to_str().into_owned(),
                _ => String::new(),
            };
            Ok((part("scheme"), part("hostname")))
        }
        Ok(_) => Ok(<(String, String)>::default()),
        Err(error) => Err(error.message.replacen(UNABLE, "", 1)),
    }
}

fn parse(url: &str) -> Result<Value, Error> {
    if url.bytes().any(|byte| byte < b' ' || byte == 0x7F) {
        return fault(wrong(url, "net/url: invalid control character in URL"));
    }
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (scheme, rest) = match split_scheme(rest) {
        Ok(parts) => parts,
        Err(reason) => return fault(wrong(url, reason)),
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut opaque, mut host, mut userinfo, mut path) = ("", "", String::new(), rest);
    if !rest.starts_with('/') && !scheme.is_empty() {
        (opaque, path) = (rest, "");
    } else if !rest.starts_with('/') && rest.split('/').next().is_some_and(|p| p.contains(':')) {
        return fault(wrong(url, "first path segment in URL cannot contain colon"));
    } else if let Some(after) = rest.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        let authority = &after[..end];
        path = &after[end..];
        host = authority;
        if let Some((user, rest)) = authority.rsplit_once('@') {
            userinfo = user.to_owned();
            host = rest;
        }
        if let Err(reason) = check_host(host) {
            return fault(wrong(url, &reason));
        }
    }
    let unescaped = |part: &str| {
        unescape(part).map_err(|bad| {
            let shown = gotmpl::quote::quote(bad.as_bytes());
            Error::new(wrong(url, &format!("invalid URL escape {shown}")))
        })
    };
    let dict = Map::new();
    dict.insert("scheme", scheme.to_lowercase());
    dict.insert("host", host);
    dict.insert("hostname", hostname(host));
    dict.insert("path", unescaped(path)?);
    dict.insert("query", query);
    dict.insert("opaque", opaque);
    dict.insert("fragment", unescaped(fragment)?);
    dict.insert("userinfo", userinfo);
    Ok(dict.into())
}

fn split_scheme(url: &str) -> Result<(&str, &str), &'static str> {
    for (at, letter) in url.char_indices() {
        match letter {
            _ if letter.is_ascii_alphabetic() => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme"),
            ':' => return Ok((&url[..at], &url[at + 1..])),
            _ => break,
        }
    }
    Ok(("", url))
}

fn check_host(host: &str) -> Result<(), String> {
    if host.starts_with('[') && !host.contains(']') {
        return Err("missing ']' in host".to_owned());
    }
    let after = host.rfind(']').map_or(host, |at| &host[at + 1..]);
    if let Some((_, port)) = after.rsplit_once(':')
        && !port.bytes().all(|byte| byte.is_ascii_digit())
    {
        let shown = gotmpl::quote::quote(format!(":{port}").as_bytes());
        return Err(format!("invalid port {shown} after host"));
    }
    if host.contains(' ') {
        return Err("invalid character \" \" in host name".to_owned());
    }
    Ok(())
}

fn hostname(host: &str) -> &str {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Resolves `%41`; the error is the escape that is none.
fn unescape(text: &str) -> Result<Text, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
            let code = std::str::from_utf8(digits).ok().filter(|d| d.len() == 2);
            match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
                Some(byte) => out.push(byte),
                None => {
                    let end = (at + 3).min(bytes.len());
                    return Err(String::from_utf8_lossy(&bytes[at..end]).into_owned());
                }
            }
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    Ok(Text::from(out))
}

/// Escapes what may not stand in a path.
fn escape_path(path: &[u8]) -> String {
    let mut out = String::new();
    for byte in path {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(*byte)),
            b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b'/' | b':' | b'=' | b'@' | b','
            | b';' | b'!' | b'\'' | b'(' | b')' | b'*' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn join(dict: &Map) -> Result<Value, Error> {
    let part = |key: &str| match dict.get(key) {
        None => Ok(Text::default()),
        Some(Value::String(text)) => Ok(text),
        Some(value) => fault(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            value.kind_name()
        )),
    };
    let (scheme, host, path) = (part("scheme")?, part("host")?, part("path")?);
    let (query, opaque) = (part("query")?, part("opaque")?);
    let (fragment, userinfo) = (part("fragment")?, part("userinfo")?);
    let mut url = String::new();
    let is_empty = |text: &Text| text.as_bytes().is_empty();
    if !is_empty(&scheme) {
        url.push_str(&scheme.to_str());
        url.push(':');
    }
    if !is_empty(&opaque) {
        url.push_str(&opaque.to_str());
    } else {
        if !is_empty(&host) || !is_empty(&userinfo) {
            url.push_str("//");
            if !is_empty(&userinfo) {
                url.push_str(&userinfo.to_str());
                url.push('@');
            }
            url.push_str(&host.to_str());
        }
        let path = escape_path(path.as_bytes());
        if !path.is_empty() && !path.starts_with('/') && !is_empty(&host) {
            url.push('/');
        }
        url.push_str(&path);
    }
    if !is_empty(&query) {
        url.push('?');
        url.push_str(&query.to_str());
    }
    if !is_empty(&fragment) {
        url.push('#');
        url.push_str(&escape_path(fragment.as_bytes()));
    }
    Ok(url.into())
}
