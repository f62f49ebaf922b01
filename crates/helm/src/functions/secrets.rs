//! Keys, certificates and password hashes. With the feature `certificates` they are real; without it
//! they are stand-ins, which look like the real ones but open and prove nothing, because a page should
//! not load what makes them. Both are drawn from the seed, so that a run can be repeated.

#[cfg(feature = "certificates")]
#[path = "secrets/real.rs"]
mod maker;
#[cfg(not(feature = "certificates"))]
#[path = "secrets/standin.rs"]
mod maker;
mod pem;

use super::{HelmFunction, arg, bytes, int, plain, text};
use crate::render::Context;
use gotmpl::Type::{Int, List, Named, String as Str};
use gotmpl::value::{Struct, StructType, Text};
use gotmpl::{Error, Machine, Value};
use maker::Made;
use std::net::IpAddr;
use std::rc::Rc;

/// The type that certificate functions give.
static CERTIFICATE: StructType = StructType {
    name: "sprig.certificate",
};

/// What a certificate says.
#[cfg_attr(
    not(feature = "certificates"),
    allow(dead_code, reason = "a stand-in says nothing")
)]
struct Request {
    name: String,
    addresses: Vec<IpAddr>,
    hosts: Vec<String>,
    is_ca: bool,
    /// Seconds since 1970.
    from: u64,
    until: u64,
}

/// A certificate and its key, both in PEM.
struct Signed {
    certificate: String,
    key: String,
}

/// What a function costs in steps of a template, by the time that it takes: a step is some hundred
/// nanoseconds, a bcrypt hash of cost 10 some fifty milliseconds.
const BCRYPT_STEPS: u64 = 50_000;

/// The same for a certificate with a new RSA key of 2048 bits.
const CERTIFICATE_STEPS: u64 = 200_000;

/// The same for a private key; an RSA key has 4096 bits here.
fn key_steps(kind: &str) -> u64 {
    match kind {
        "" | "rsa" | "dsa" => 500_000,
        _ => 1_000,
    }
}

pub(super) static TABLE: &[HelmFunction] = &[
    plain("bcrypt", &[Str], |machine, args| {
        machine.charge(BCRYPT_STEPS)?;
        Ok(maker::bcrypt(bytes(&args, 0), &mut machine.host.random).into())
    }),
    plain("buildCustomCert", &[Str, Str], |_, args| {
        made(build_custom(&args))
    }),
    plain("decryptAES", &[Str, Str], |_, args| {
        let encrypted = bytes(&args, 1);
        if encrypted.is_empty() {
            return Ok("".into());
        }
        let plain = super::encoding::base64_decode_or(encrypted)
            .and_then(|encrypted| maker::decrypt(bytes(&args, 0), &encrypted));
        plain
            .map(|plain| Text::from(plain).into())
            .map_err(Error::new)
    }),
    plain("encryptAES", &[Str, Str], |machine, args| {
        if bytes(&args, 1).is_empty() {
            return Ok("".into());
        }
        let random = &mut machine.host.random;
        let encrypted = maker::encrypt(bytes(&args, 0), bytes(&args, 1), random);
        Ok(super::encoding::base64_encode(&encrypted).into())
    }),
    plain("genCA", &[Str, Int], |machine, args| {
        machine.charge(CERTIFICATE_STEPS)?;
        made(authority(machine, &args, None))
    }),
    plain("genCAWithKey", &[Str, Int, Str], |machine, args| {
        let key = text(&args, 2);
        made(authority(machine, &args, Some(&key)))
    }),
    plain("genPrivateKey", &[Str], |machine, args| {
        let kind = text(&args, 0);
        machine.charge(key_steps(&kind))?;
        let random = &mut machine.host.random;
        match kind.as_ref() {
            "" | "rsa" | "dsa" | "ecdsa" | "ed25519" => Ok(maker::new_key(&kind, random)
                .unwrap_or_else(|error| format!("failed to generate private key: {error}"))
                .into()),
            other => Ok(format!("Unknown type {other}").into()),
        }
    }),
    plain(
        "genSelfSignedCert",
        &[Str, List, List, Int],
        |machine, args| {
            machine.charge(CERTIFICATE_STEPS)?;
            made(signed(machine, &args, None, None))
        },
    ),
    plain(
        "genSelfSignedCertWithKey",
        &[Str, List, List, Int, Str],
        |machine, args| made(signed(machine, &args, None, Some(&text(&args, 4)))),
    ),
    plain(
        "genSignedCert",
        &[Str, List, List, Int, Named("sprig.certificate")],
        |machine, args| {
            machine.charge(CERTIFICATE_STEPS)?;
            made(signed(machine, &args, Some(&args[4]), None))
        },
    ),
    plain(
        "genSignedCertWithKey",
        &[Str, List, List, Int, Named("sprig.certificate"), Str],
        |machine, args| {
            made(signed(
                machine,
                &args,
                Some(&args[4]),
                Some(&text(&args, 5)),
            ))
        },
    ),
    plain("htpasswd", &[Str, Str], |machine, args| {
        let user = text(&args, 0);
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        machine.charge(BCRYPT_STEPS)?;
        let hash = maker::bcrypt(bytes(&args, 1), &mut machine.host.random);
        Ok(format!("{user}:{hash}").into())
    }),
];

fn made(signed: Made<Signed>) -> Result<Value, Error> {
    let signed = signed.map_err(Error::new)?;
    Ok(Value::Struct(Rc::new(Struct {
        ty: &CERTIFICATE,
        fields: vec![
            ("Cert", signed.certificate.into()),
            ("Key", signed.key.into()),
        ],
        text: None,
        pointer_text: None,
    })))
}

fn request(machine: &Machine<'_, Context>, name: &str, days: i64) -> Request {
    let from = machine.host.now_ms.div_euclid(1000);
    let until = from.saturating_add(days.saturating_mul(24 * 3600));
    Request {
        name: name.to_owned(),
        addresses: Vec::new(),
        hosts: Vec::new(),
        is_ca: false,
        from: u64::try_from(from).unwrap_or(0),
        until: u64::try_from(until).unwrap_or(0),
    }
}

/// `NAME DAYS`
fn authority(
    machine: &mut Machine<'_, Context>,
    args: &[Value],
    key: Option<&str>,
) -> Made<Signed> {
    let request = Request {
        is_ca: true,
        ..request(machine, &text(args, 0), int(args, 1))
    };
    maker::certificate(&request, key, None, &mut machine.host.random)
}

/// `NAME ADDRESSES HOSTS DAYS`
fn signed(
    machine: &mut Machine<'_, Context>,
    args: &[Value],
    authority: Option<&Value>,
    key: Option<&str>,
) -> Made<Signed> {
    let texts = |at: usize, what: &str| -> Made<Vec<String>> {
        let list = arg(args, at);
        let items = list.elements().unwrap_or_default();
        let text = |item: &Value| match item {
            Value::String(text) => Ok(text.to_str().into_owned()),
            other => Err(format!(
                "error {what}: {} is not a string",
                gotmpl::print::to_text(other).to_str()
            )),
        };
        items.iter().map(text).collect()
    };
    let mut addresses = Vec::new();
    for address in texts(1, "parsing ip")? {
        let parsed = address.parse();
        addresses.push(parsed.map_err(|_| format!("error parsing ip: {address}"))?);
    }
    let request = Request {
        addresses,
        hosts: texts(2, "processing alternate dns name")?,
        ..request(machine, &text(args, 0), int(args, 3))
    };
    let authority = authority.map(|authority| {
        let field = |name: &str| match authority {
            Value::Struct(of) => of.field(name).map(gotmpl::print::to_text),
            _ => None,
        };
        let text = |name: &str| field(name).unwrap_or_default().to_str().into_owned();
        Signed {
            certificate: text("Cert"),
            key: text("Key"),
        }
    });
    maker::certificate(&request, key, authority.as_ref(), &mut machine.host.random)
}

/// `CERTIFICATE KEY`, both in base64: they must be what they say.
fn build_custom(args: &[Value]) -> Made<Signed> {
    let part = |at: usize, what: &str| {
        let decoded = super::encoding::base64_decode(bytes(args, at));
        let text = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        text.ok_or_else(|| format!("unable to decode base64 {what}"))
    };
    let signed = Signed {
        certificate: part(0, "certificate")?,
        key: part(1, "private key")?,
    };
    maker::check(&signed)?;
    Ok(signed)
}
