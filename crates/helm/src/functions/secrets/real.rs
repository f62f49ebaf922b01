//! Real keys, certificates and password hashes, as sprig makes them, drawn from the seed.

use super::{Request, Signed, pem};
use crate::functions::random::Random;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::rand_core::{CryptoRng, Error as RandomError, RngCore};
use rsa::sha2::{Digest, Sha256};
use rsa::signature::{SignatureEncoding, Signer};
use std::net::IpAddr;
use std::time::Duration;
use x509_cert::certificate::{CertificateInner, TbsCertificate, TbsCertificateInner, Version};
use x509_cert::der::asn1::{
    BitString, Ia5String, OctetString, PrintableStringRef, SetOfVec, Utf8StringRef,
};
use x509_cert::der::{Any, Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

pub(super) type Made<T> = Result<T, String>;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A private key.
enum Key {
    Rsa(Box<rsa::RsaPrivateKey>),
    P256(p256::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        self.below(1 << 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.below(256) as u8);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// A lab's keys protect nothing: they must be the same in every run.
impl CryptoRng for Random {}

fn wrong(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Key {
    /// A new RSA key.
    fn rsa(random: &mut Random, bits: usize) -> Made<Key> {
        let key = rsa::RsaPrivateKey::new(random, bits).map_err(wrong)?;
        Ok(Key::Rsa(Box::new(key)))
    }

    /// A new key on the curve P-256.
    fn p256(random: &mut Random) -> Key {
        Key::P256(p256::SecretKey::random(random))
    }

    /// A new key on the curve Ed25519.
    fn ed25519(random: &mut Random) -> Key {
        Key::Ed25519(ed25519_dalek::SigningKey::generate(random))
    }

    /// Reads a key in PEM, with sprig's errors.
    fn from_pem(text: &str) -> Made<Key> {
        let (label, der) = pem::read(text).ok_or("no PEM data in input")?;
        let rsa = |key| Key::Rsa(Box::new(key));
        match label.as_str() {
            "PRIVATE KEY" => rsa::RsaPrivateKey::from_pkcs8_der(&der)
                .map(rsa)
                .or_else(|_| p256::SecretKey::from_pkcs8_der(&der).map(Key::P256))
                .or_else(|_| ed25519_dalek::SigningKey::from_pkcs8_der(&der).map(Key::Ed25519))
                .map_err(|error| format!("decoding PEM as PKCS#8: {error}")),
            "RSA PRIVATE KEY" => rsa::RsaPrivateKey::from_pkcs1_der(&der)
                .map(rsa)
                .map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(&der)
                .map(Key::P256)
                .map_err(|error| format!("parsing EC private key from PEM: {error}")),
            label if label.ends_with(" PRIVATE KEY") => {
                Err(format!("invalid private key type {label}"))
            }
            label => Err(format!("no private key data in PEM block of type {label}")),
        }
    }

    /// The key in PEM, in the form of its kind.
    fn to_pem(&self) -> Made<String> {
        Ok(match self {
            Key::Rsa(key) => pem::write(
                "RSA PRIVATE KEY",
                key.to_pkcs1_der().map_err(wrong)?.as_bytes(),
            ),
            Key::P256(key) => {
                // With the name of the curve, which Go wants to read.
                let point = key.public_key().to_encoded_point(false);
                let parts: [&[u8]; 5] = [
                    &[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20],
                    &key.to_bytes(),
                    &[
                        0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
                    ],
                    &[0xA1, 0x44, 0x03, 0x42, 0x00],
                    point.as_bytes(),
                ];
                pem::write("EC PRIVATE KEY", &parts.concat())
            }
            Key::Ed25519(key) => {
                // Go writes the first version of the form, which leaves the public key out.
                let seed = [&[0x04, 0x20], key.as_bytes().as_slice()].concat();
                let head = [
                    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04,
                    0x22,
                ];
                pem::write("PRIVATE KEY", &[head.as_slice(), &seed].concat())
            }
        })
    }

    fn public(&self) -> Made<SubjectPublicKeyInfoOwned> {
        let der = match self {
            Key::Rsa(key) => key.to_public_key().to_public_key_der(),
            Key::P256(key) => key.public_key().to_public_key_der(),
            Key::Ed25519(key) => key.verifying_key().to_public_key_der(),
        };
        let der = der.map_err(wrong)?;
        SubjectPublicKeyInfoOwned::from_der(der.as_bytes()).map_err(wrong)
    }

    fn algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self {
            Key::Rsa(_) => (RSA_SHA256, Some(Any::null())),
            Key::P256(_) => (ECDSA_SHA256, None),
            Key::Ed25519(_) => (ED25519, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    fn sign(&self, message: &[u8]) -> Made<Vec<u8>> {
        Ok(match self {
            Key::Rsa(key) => {
                let key = rsa::pkcs1v15::SigningKey::<Sha256>::new((**key).clone());
                key.try_sign(message).map_err(wrong)?.to_vec()
            }
            Key::P256(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let signature: p256::ecdsa::Signature = key.try_sign(message).map_err(wrong)?;
                signature.to_der().as_bytes().to_vec()
            }
            Key::Ed25519(key) => key.try_sign(message).map_err(wrong)?.to_bytes().to_vec(),
        })
    }
}

/// A new key in PEM. A DSA key takes minutes to make: it is random bytes.
pub(super) fn new_key(kind: &str, random: &mut Random) -> Made<String> {
    match kind {
        "dsa" => {
            let mut bytes = vec![0; 824];
            random.fill_bytes(&mut bytes);
            Ok(pem::write("DSA PRIVATE KEY", &bytes))
        }
        "ecdsa" => Key::p256(random).to_pem(),
        "ed25519" => Key::ed25519(random).to_pem(),
        _ => Key::rsa(random, 4096)?.to_pem(),
    }
}

/// A certificate for a key that is given, or for a new one.
pub(super) fn certificate(
    request: &Request,
    key: Option<&str>,
    authority: Option<&Signed>,
    random: &mut Random,
) -> Made<Signed> {
    let key = match key {
        Some(key) => Key::from_pem(key).map_err(|error| format!("parsing private key: {error}"))?,
        None => Key::rsa(random, 2048)?,
    };
    Ok(Signed {
        certificate: sign(request, &key, authority, random)?,
        key: key.to_pem()?,
    })
}

/// Whether both are what they say.
pub(super) fn check(signed: &Signed) -> Made<()> {
    read_certificate(&signed.certificate, "decodedCert")?;
    Key::from_pem(&signed.key).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok(())
}

/// A certificate for `key`, signed by an authority, or by itself. In PEM.
fn sign(
    request: &Request,
    key: &Key,
    authority: Option<&Signed>,
    random: &mut Random,
) -> Made<String> {
    let subject = distinguished_name(&request.name)?;
    let mut issuer = subject.clone();
    let (mut issuer_id, mut held) = (None, None);
    if let Some(authority) = authority {
        let parent = read_certificate(&authority.certificate, "decodedSignerCert")?;
        let signer = Key::from_pem(&authority.key)
            .map_err(|error| format!("error parsing private key: {error}"))?;
        issuer = parent.tbs_certificate.subject.clone();
        issuer_id = subject_key_id(&parent);
        if parent.tbs_certificate.subject_public_key_info != signer.public()? {
            return Err(
                "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey"
                    .to_owned(),
            );
        }
        held = Some(signer);
    }
    let signer = held.as_ref().unwrap_or(key);
    let issuer_id = issuer_id.filter(|_| issuer != subject);
    let public = key.public()?;
    let mut serial = [0u8; 16];
    random.fill_bytes(&mut serial);
    let body: TbsCertificate = TbsCertificateInner {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial).map_err(wrong)?,
        signature: signer.algorithm(),
        issuer,
        validity: Validity {
            not_before: time(request.from)?,
            not_after: time(request.until)?,
        },
        extensions: Some(extensions(request, &subject, &public, issuer_id)?),
        subject,
        subject_public_key_info: public,
        issuer_unique_id: None,
        subject_unique_id: None,
    };
    let signature = signer.sign(&body.to_der().map_err(wrong)?)?;
    let signed = CertificateInner {
        tbs_certificate: body,
        signature_algorithm: signer.algorithm(),
        signature: BitString::from_bytes(&signature).map_err(wrong)?,
    };
    Ok(pem::write("CERTIFICATE", &signed.to_der().map_err(wrong)?))
}

/// Reads a certificate in PEM, with sprig's errors.
fn read_certificate(text: &str, what: &str) -> Made<CertificateInner> {
    let (_, der) = pem::read(text).ok_or("unable to decode certificate")?;
    CertificateInner::from_der(&der)
        .map_err(|error| format!("error parsing certificate: {what}.Bytes: {error}"))
}

fn subject_key_id(certificate: &CertificateInner) -> Option<OctetString> {
    certificate
        .tbs_certificate
        .get::<SubjectKeyIdentifier>()
        .ok()?
        .map(|(_, id)| id.0)
}

/// A name that is a common name only.
fn distinguished_name(name: &str) -> Made<RdnSequence> {
    if name.is_empty() {
        return Ok(RdnSequence::default());
    }
    let value = match PrintableStringRef::new(name) {
        Ok(plain) => Any::from(plain),
        Err(_) => Any::from(Utf8StringRef::new(name).map_err(wrong)?),
    };
    let part = x509_cert::attr::AttributeTypeAndValue {
        oid: COMMON_NAME,
        value,
    };
    let part = SetOfVec::try_from(vec![part]).map_err(wrong)?;
    Ok(RdnSequence(vec![RelativeDistinguishedName(part)]))
}

fn time(seconds: u64) -> Made<Time> {
    use x509_cert::der::asn1::{GeneralizedTime, UtcTime};
    let duration = Duration::from_secs(seconds);
    UtcTime::from_unix_duration(duration)
        .map(Time::UtcTime)
        .or_else(|_| GeneralizedTime::from_unix_duration(duration).map(Time::GeneralTime))
        .map_err(wrong)
}

/// In the order in which Go writes them.
fn extensions(
    request: &Request,
    subject: &RdnSequence,
    public: &SubjectPublicKeyInfoOwned,
    issuer_id: Option<OctetString>,
) -> Made<Vec<Extension>> {
    let mut list = Vec::new();
    let mut add = |extension: &dyn Fn(&[Extension]) -> x509_cert::der::Result<Extension>| {
        let made = extension(&list).map_err(wrong)?;
        list.push(made);
        Ok::<(), String>(())
    };
    let mut usage = KeyUsages::KeyEncipherment | KeyUsages::DigitalSignature;
    if request.is_ca {
        usage |= KeyUsages::KeyCertSign;
    }
    add(&|list| KeyUsage(usage).to_extension(subject, list))?;
    let purposes = ExtendedKeyUsage(vec![SERVER_AUTH, CLIENT_AUTH]);
    add(&|list| {
        let mut extension = purposes.to_extension(subject, list)?;
        extension.critical = false;
        Ok(extension)
    })?;
    let constraints = BasicConstraints {
        ca: request.is_ca,
        path_len_constraint: None,
    };
    add(&|list| {
        let mut extension = constraints.to_extension(subject, list)?;
        extension.critical = true;
        Ok(extension)
    })?;
    if request.is_ca {
        // The first 20 bytes of the key's hash.
        let hash = Sha256::digest(public.subject_public_key.raw_bytes());
        let id = OctetString::new(&hash[..20]).map_err(wrong)?;
        add(&|list| SubjectKeyIdentifier(id.clone()).to_extension(subject, list))?;
    }
    if let Some(id) = issuer_id {
        let id = AuthorityKeyIdentifier {
            key_identifier: Some(id),
            ..AuthorityKeyIdentifier::default()
        };
        add(&|list| id.to_extension(subject, list))?;
    }
    let mut names = Vec::new();
    for host in &request.hosts {
        names.push(GeneralName::DnsName(Ia5String::new(host).map_err(wrong)?));
    }
    for address in &request.addresses {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        names.push(GeneralName::IpAddress(
            OctetString::new(bytes).map_err(wrong)?,
        ));
    }
    if !names.is_empty() {
        let names = SubjectAltName(names);
        add(&|list| names.to_extension(subject, list))?;
    }
    Ok(list)
}

/// A bcrypt hash of cost 10, in sprig's words if there is none.
pub(super) fn bcrypt(password: &[u8], random: &mut Random) -> String {
    const FAILED: &str = "failed to encrypt string with bcrypt";
    if password.len() > 72 {
        return format!("{FAILED}: bcrypt: password length exceeds 72 bytes");
    }
    let mut salt = [0u8; 16];
    random.fill_bytes(&mut salt);
    match ::bcrypt::hash_with_salt(password, 10, salt) {
        Ok(parts) => parts.format_for_version(::bcrypt::Version::TwoA),
        Err(error) => format!("{FAILED}: {error}"),
    }
}

type Encryptor = cbc::Encryptor<aes::Aes256>;
type Decryptor = cbc::Decryptor<aes::Aes256>;
const BLOCK: usize = 16;

/// The first 32 bytes of a password.
fn aes_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    key
}

/// AES-256 in CBC: start values, then the text, filled up to blocks.
pub(super) fn encrypt(password: &[u8], plain: &[u8], random: &mut Random) -> Vec<u8> {
    let mut start = [0; BLOCK];
    random.fill_bytes(&mut start);
    let encryptor = Encryptor::new(&aes_key(password).into(), &start.into());
    let encrypted = encryptor.encrypt_padded_vec_mut::<Pkcs7>(plain);
    [start.as_slice(), &encrypted].concat()
}

/// The text that was encrypted, or what Go says of one that was not.
pub(super) fn decrypt(password: &[u8], encrypted: &[u8]) -> Made<Vec<u8>> {
    let length = encrypted.len();
    let Some((start, body)) = encrypted.split_first_chunk::<BLOCK>() else {
        let capacity = length.div_ceil(3) * 3;
        return Err(format!(
            "runtime error: slice bounds out of range [:16] with capacity {capacity}"
        ));
    };
    let decryptor = Decryptor::new(&aes_key(password).into(), start.into());
    let mut plain = decryptor
        .decrypt_padded_vec_mut::<NoPadding>(body)
        .map_err(|_| "crypto/cipher: input not full blocks")?;
    let Some(padding) = plain.last().map(|last| usize::from(*last)) else {
        return Err("runtime error: index out of range [-1]".to_owned());
    };
    match plain.len().checked_sub(padding) {
        Some(length) => {
            plain.truncate(length);
            Ok(plain)
        }
        None => Err(format!(
            "runtime error: slice bounds out of range [:-{}]",
            padding - plain.len()
        )),
    }
}
