//! Keys, certificates and password hashes: stand-ins. They look like the real ones and are drawn
//! from the seed, so that a run can be repeated; nothing can be opened or proved with them.

use super::encoding::base64_encode;
use super::{HelmFunction, fault, plain, text};
use crate::render::Context;
use gotmpl::Type::{Int, List, Named, String as Str};
use gotmpl::value::{Struct, StructType};
use gotmpl::{Error, Machine, Value};
use sha2::Digest;
use std::rc::Rc;

/// The type that certificate functions give.
static CERTIFICATE: StructType = StructType {
    name: "sprig.certificate",
};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("bcrypt", &[Str], |machine, _| Ok(bcrypt(machine).into())),
    plain("buildCustomCert", &[Str, Str], |_, args| {
        let part = |at: usize, what: &str| {
            let decoded = super::encoding::base64_decode(super::bytes(&args, at));
            decoded.ok_or_else(|| Error::new(format!("unable to decode base64 {what}")))
        };
        let certificate = String::from_utf8_lossy(&part(0, "certificate")?).into_owned();
        let key = String::from_utf8_lossy(&part(1, "private key")?).into_owned();
        Ok(pair(certificate, key))
    }),
    plain("genCA", &[Str, Int], |machine, _| {
        Ok(certificate(machine, None))
    }),
    plain("genCAWithKey", &[Str, Int, Str], |machine, args| {
        Ok(certificate(machine, Some(text(&args, 2).into_owned())))
    }),
    plain("genPrivateKey", &[Str], |machine, args| {
        let label = match text(&args, 0).as_ref() {
            "" | "rsa" => "RSA PRIVATE KEY",
            "dsa" => "DSA PRIVATE KEY",
            "ecdsa" => "EC PRIVATE KEY",
            "ed25519" => "PRIVATE KEY",
            other => return Ok(format!("Unknown type {other}").into()),
        };
        Ok(pem(machine, label, 600).into())
    }),
    plain(
        "genSelfSignedCert",
        &[Str, List, List, Int],
        |machine, _| Ok(certificate(machine, None)),
    ),
    plain(
        "genSelfSignedCertWithKey",
        &[Str, List, List, Int, Str],
        |machine, args| Ok(certificate(machine, Some(text(&args, 4).into_owned()))),
    ),
    plain(
        "genSignedCert",
        &[Str, List, List, Int, Named("sprig.certificate")],
        |machine, _| Ok(certificate(machine, None)),
    ),
    plain(
        "genSignedCertWithKey",
        &[Str, List, List, Int, Named("sprig.certificate"), Str],
        |machine, args| Ok(certificate(machine, Some(text(&args, 5).into_owned()))),
    ),
    plain("htpasswd", &[Str, Str], |machine, args| {
        let user = text(&args, 0);
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        Ok(format!("{user}:{}", bcrypt(machine)).into())
    }),
    plain("encryptAES", &[Str, Str], |machine, args| {
        // As long as the real one: a block of start values, and the text filled up to blocks.
        let blocks = text(&args, 1).len() / 16 + 2;
        Ok(base64_encode(&random_bytes(machine, blocks * 16)).into())
    }),
    plain("decryptAES", &[Str, Str], |_, args| {
        match text(&args, 1).as_ref() {
            "" => Ok("".into()),
            _ => fault("decryptAES is not modelled: encrypted texts here hold nothing"),
        }
    }),
];

fn random_bytes(machine: &mut Machine<'_, Context>, count: usize) -> Vec<u8> {
    (0..count)
        .map(|_| machine.host.random.below(256) as u8)
        .collect()
}

/// So many bytes between the lines that a PEM file has.
fn pem(machine: &mut Machine<'_, Context>, label: &str, count: usize) -> String {
    let mut bytes = vec![0x30, 0x82, (count >> 8) as u8, count as u8];
    bytes.extend(random_bytes(machine, count));
    let body = base64_encode(&bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

fn pair(certificate: String, key: String) -> Value {
    Value::Struct(Rc::new(Struct {
        ty: &CERTIFICATE,
        fields: vec![("Cert", certificate.into()), ("Key", key.into())],
        text: None,
        pointer_text: None,
    }))
}

fn certificate(machine: &mut Machine<'_, Context>, key: Option<String>) -> Value {
    let certificate = pem(machine, "CERTIFICATE", 800);
    let key = key.unwrap_or_else(|| pem(machine, "RSA PRIVATE KEY", 1190));
    pair(certificate, key)
}

/// 53 letters after the cost, as bcrypt has.
fn bcrypt(machine: &mut Machine<'_, Context>) -> String {
    let digest = sha2::Sha512::digest(random_bytes(machine, 16));
    let letters = base64_encode(&digest).replace('+', ".").replace('=', "");
    format!("$2a$10${}", &letters[..53])
}
