//! Faults and the fields they are in (`k8s.io/apimachinery/pkg/util/validation/field`).

use crate::Value;
use crate::quantity::Quantity;
use crate::status::Cause;
use ecow::{EcoString, EcoVec, eco_format};

/// Where a field is. It is only written out when there is a fault to tell.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    up: Option<&'a Path<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// A member of the object itself.
    pub const fn root(name: &'a str) -> Path<'a> {
        Path {
            up: None,
            part: Part::Name(name),
        }
    }

    /// A member of the value here.
    #[inline(never)]
    pub const fn child(&'a self, name: &'a str) -> Path<'a> {
        Path {
            up: Some(self),
            part: Part::Name(name),
        }
    }

    /// An item of the list here.
    #[inline(never)]
    pub const fn index(&'a self, at: usize) -> Path<'a> {
        Path {
            up: Some(self),
            part: Part::Index(at),
        }
    }

    /// An entry of the map here.
    #[inline(never)]
    pub const fn key(&'a self, key: &'a str) -> Path<'a> {
        Path {
            up: Some(self),
            part: Part::Key(key),
        }
    }

    fn text(&self) -> EcoString {
        let mut text = self.up.map_or_else(EcoString::new, |up| up.text());
        match self.part {
            // How Go writes a path without a name.
            Part::Name("") => text.push_str("[]"),
            Part::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Part::Index(at) => text.push_str(&eco_format!("[{at}]")),
            Part::Key(key) => text.push_str(&eco_format!("[{key}]")),
        }
        text
    }
}

/// Collects what is wrong with an object.
#[derive(Default)]
pub(super) struct Faults(EcoVec<Cause>);

impl Faults {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes a check so many times over, as the server does: what it found is found again.
    pub fn again(&mut self, times: usize, check: impl Fn(&mut Faults)) {
        let before = self.len();
        check(self);
        let found: EcoVec<Cause> = self.0[before..].iter().cloned().collect();
        for _ in 1..times {
            self.0.extend(found.iter().cloned());
        }
    }

    /// All that was found.
    pub fn into_causes(self) -> EcoVec<Cause> {
        self.0
    }

    fn push(&mut self, reason: &'static str, at: &Path<'_>, message: EcoString) {
        self.0.push(Cause {
            reason,
            field: at.text(),
            message,
        });
    }

    /// A field is missing. The detail may be empty.
    pub fn required(&mut self, at: &Path<'_>, detail: &str) {
        let message = match detail {
            "" => "Required value".into(),
            detail => eco_format!("Required value: {detail}"),
        };
        self.push("FieldValueRequired", at, message);
    }

    /// A field's value is not allowed.
    pub fn invalid(&mut self, at: &Path<'_>, value: &Value, detail: &str) {
        let message = eco_format!("Invalid value: {}: {detail}", json(value));
        self.push("FieldValueInvalid", at, message);
    }

    /// A text is not allowed.
    pub fn invalid_text(&mut self, at: &Path<'_>, text: &str, detail: &str) {
        let message = eco_format!("Invalid value: {text:?}: {detail}");
        self.push("FieldValueInvalid", at, message);
    }

    /// A value is not allowed, which is shown as `gostruct` shows it.
    pub fn invalid_shown(&mut self, at: &Path<'_>, shown: &str, detail: &str) {
        let message = eco_format!("Invalid value: {shown}: {detail}");
        self.push("FieldValueInvalid", at, message);
    }

    /// A value is not allowed, which is not shown.
    pub fn invalid_unsaid(&mut self, at: &Path<'_>, detail: &str) {
        let message = eco_format!("Invalid value: {detail}");
        self.push("FieldValueInvalid", at, message);
    }

    /// A domain and a path below it.
    pub fn prefixed_path(&mut self, at: &Path<'_>, text: &str) {
        match text.split_once('/') {
            Some((domain, path)) if !domain.is_empty() && !path.is_empty() => {
                self.named(at, domain, super::names::subdomain);
            }
            _ => {
                let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
                self.invalid_text(at, text, detail);
            }
        }
    }

    /// A value is there twice, which is shown as `gostruct` shows it.
    pub fn duplicate_shown(&mut self, at: &Path<'_>, shown: &str) {
        self.push(
            "FieldValueDuplicate",
            at,
            eco_format!("Duplicate value: {shown}"),
        );
    }

    /// A struct is not one of those that are, which is shown as `gostruct` shows it.
    pub fn unsupported_shown(&mut self, at: &Path<'_>, shown: &str, supported: &[&str]) {
        let list: Vec<EcoString> = supported.iter().map(|one| eco_format!("{one:?}")).collect();
        let list = list.join(", ");
        let message = eco_format!("Unsupported value: {shown}: supported values: {list}");
        self.push("FieldValueNotSupported", at, message);
    }

    /// A value is not one of those that are.
    pub fn unsupported(&mut self, at: &Path<'_>, value: &Value, supported: &[&str]) {
        let shown = if value.is_null() {
            "\"\"".into()
        } else {
            json(value)
        };
        self.unsupported_shown(at, &shown, supported);
    }

    /// A field may not be there at all.
    pub fn forbidden(&mut self, at: &Path<'_>, detail: &str) {
        self.push(
            "FieldValueForbidden",
            at,
            eco_format!("Forbidden: {detail}"),
        );
    }

    /// A value is there twice.
    pub fn duplicate(&mut self, at: &Path<'_>, value: &Value) {
        self.push(
            "FieldValueDuplicate",
            at,
            eco_format!("Duplicate value: {}", json(value)),
        );
    }

    /// What a value names does not exist.
    pub fn not_found(&mut self, at: &Path<'_>, value: &Value) {
        self.push(
            "FieldValueNotFound",
            at,
            eco_format!("Not found: {:?}", value.text()),
        );
    }

    /// The same, and where one may look.
    pub fn not_found_because(&mut self, at: &Path<'_>, name: &str, detail: &str) {
        let message = eco_format!("Not found: {name:?}: {detail}");
        self.push("FieldValueNotFound", at, message);
    }

    /// There is more than fits.
    pub fn too_long(&mut self, at: &Path<'_>, most: usize) {
        let message = eco_format!("Too long: may not be more than {most} bytes");
        self.push("FieldValueTooLong", at, message);
    }

    /// Checks a text by a rule about its form.
    pub fn named(&mut self, at: &Path<'_>, text: &str, check: super::Check) {
        for message in check(text) {
            self.invalid_text(at, text, &message);
        }
    }

    /// A text that must be there and keep a rule about its form.
    pub fn required_named(&mut self, at: &Path<'_>, text: &Value, check: super::Check) {
        match text.text() {
            "" => self.required(at, ""),
            text => self.named(at, text, check),
        }
    }

    /// A number, if there is one, that must not be negative.
    pub fn not_negative(&mut self, at: &Path<'_>, number: &Value) {
        if number.as_int().is_some_and(|number| number < 0) {
            self.invalid(at, number, NEGATIVE);
        }
    }

    /// A quantity, if there is one, that must not be negative.
    pub fn quantity_not_negative(&mut self, at: &Path<'_>, amount: &Value) {
        if let Some(quantity) = Quantity::of(amount).filter(|quantity| quantity.nano < 0) {
            self.invalid_text(at, &quantity.to_text(), NEGATIVE);
        }
    }

    /// A number that must be a port's.
    pub fn port(&mut self, at: &Path<'_>, port: &Value) {
        let number = port.as_int().unwrap_or(0);
        self.in_range(at, number, 1, 65535);
    }

    /// A port's number or name.
    pub fn port_or_name(&mut self, at: &Path<'_>, port: &Value) {
        match port.as_str() {
            Some(name) => self.named(at, name, super::names::port),
            None => self.port(at, port),
        }
    }

    /// A number between two others, both inclusive.
    pub fn in_range(&mut self, at: &Path<'_>, number: i64, low: i64, high: i64) {
        if number < low || high < number {
            let detail = eco_format!("must be between {low} and {high}, inclusive");
            self.invalid(at, &Value::Int(number), &detail);
        }
    }

    /// An IP address.
    pub fn address(&mut self, at: &Path<'_>, text: &str) {
        if has_leading_zeros(text) {
            self.invalid_text(at, text, "must not have leading 0s");
        } else if text.parse::<std::net::IpAddr>().is_err() {
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            self.invalid_text(at, text, detail);
        }
    }

    /// A network, such as `10.9.8.0/24`.
    pub fn network(&mut self, at: &Path<'_>, text: &str) {
        if has_leading_zeros(text) {
            let detail = "must not have leading 0s in IP or prefix length";
            self.invalid_text(at, text, detail);
        } else if super::network::has_bits_beyond(text) {
            let detail = "must not have bits set beyond the prefix length";
            self.invalid_text(at, text, detail);
        } else if super::network::parse_cidr(text).is_none() {
            let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            self.invalid_text(at, text, detail);
        }
    }

    /// A text that is one of several; a missing one is said to be missing.
    pub fn one_of(&mut self, at: &Path<'_>, value: &Value, supported: &[&str]) {
        match value.text() {
            "" => self.required(at, ""),
            text if supported.contains(&text) => {}
            _ => self.unsupported(at, value, supported),
        }
    }

    /// A text that is one of several, if it is there at all.
    pub fn choice(&mut self, at: &Path<'_>, value: &Value, supported: &[&str]) {
        if !value.is_null() && !supported.contains(&value.text()) {
            self.unsupported(at, value, supported);
        }
    }

    /// A text that must be there.
    pub fn needs(&mut self, at: &Path<'_>, value: &Value) {
        if value.text().is_empty() {
            self.required(at, "");
        }
    }

    /// A field that may not change.
    pub fn immutable(&mut self, at: &Path<'_>, new: &Value, old: &Value) {
        if new != old {
            self.invalid(at, new, "field is immutable");
        }
    }
}

/// What has been seen of a short list: a set of the standard library would be a whole tree of code in
/// what a page loads.
#[derive(Default)]
pub(super) struct Seen<T>(Vec<T>);

impl<T: PartialEq> Seen<T> {
    /// Whether this is the first time.
    pub fn insert(&mut self, item: T) -> bool {
        let new = !self.0.contains(&item);
        if new {
            self.0.push(item);
        }
        new
    }
}

/// Whether a part of an IPv4 address, or what follows it, begins with a zero too many: to some programs
/// it is octal.
fn has_leading_zeros(text: &str) -> bool {
    let part = |part: &str| {
        part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts = text.split(['.', '/']);
    !text.contains(':') && parts.clone().count() >= 4 && parts.any(part)
}

/// What is said of a negative number.
const NEGATIVE: &str = "must be greater than or equal to 0";

/// A value as the server shows it in a message.
pub(crate) fn json(value: &Value) -> EcoString {
    match value {
        Value::Null => "null".into(),
        Value::Bool(flag) => eco_format!("{flag}"),
        Value::Int(number) => eco_format!("{number}"),
        Value::Float(number) => eco_format!("{number}"),
        Value::String(text) => eco_format!("{text:?}"),
        Value::List(items) => {
            eco_format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Value::Map(map) => {
            let members = map
                .iter()
                .map(|(key, value)| eco_format!("{key:?}:{}", json(value)));
            eco_format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}
