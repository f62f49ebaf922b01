//! The image registry: images by digest, and tags that point to them.
//!
//! A tag is a name that can move; a digest says what is inside. Behaviour travels with the digest:
//! an image carries the [`App`] that its commit described. Clones share everything.

use crate::delivery::app::App;
use crate::delivery::git::{Oid, Tree};
use crate::view::Millis;
use ecow::{EcoString, EcoVec, eco_format};
use lean::SharedMap;
use sha2::{Digest, Sha256};
use std::fmt;
use std::rc::Rc;

/// The files that go into an image: what a `docker build` of the repository copies or reads.
pub const IMAGE_INPUTS: [&str; 2] = ["Dockerfile", "app.yaml"];

/// An image.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// `sha256:` and 64 hex digits, of what went in.
    pub digest: EcoString,
    /// How its containers behave.
    pub app: App,
    /// The commit it was first built from.
    pub commit: Oid,
    /// Its layers, lowest first.
    pub layers: EcoVec<Layer>,
}

/// A layer of an image: what one instruction of its Dockerfile adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// `sha256:` and 64 hex digits, of the instruction, what it reads, and the layers below.
    pub digest: EcoString,
    /// The instruction.
    pub instruction: EcoString,
    /// How large it is, compressed, in bytes.
    pub size: u64,
}

fn sha256(text: &str) -> EcoString {
    let digest = Sha256::digest(text.as_bytes());
    let hex: Vec<EcoString> = digest
        .iter()
        .map(|byte| eco_format!("{byte:02x}"))
        .collect();
    eco_format!("sha256:{}", hex.concat())
}

/// The layers that a Dockerfile makes. Of the image's size the base has six tenths, the rest is shared
/// by what comes on top of it.
fn layers(files: &Tree, size: u64) -> EcoVec<Layer> {
    let dockerfile = files.get("Dockerfile").map_or("", EcoString::as_str);
    let word = |line: &str| {
        line.split_whitespace()
            .next()
            .unwrap_or_default()
            .to_uppercase()
    };
    let adds = |line: &&str| {
        matches!(
            word(line).as_str(),
            "FROM" | "RUN" | "COPY" | "ADD" | "WORKDIR"
        )
    };
    let lines: Vec<&str> = dockerfile.lines().map(str::trim).filter(adds).collect();
    // Of a build in stages only the last one's layers are in the image.
    let last = lines
        .iter()
        .rposition(|line| word(line) == "FROM")
        .unwrap_or(0);
    let upper = lines.len().saturating_sub(last + 1) as u64;
    let base = if upper == 0 { size } else { size / 10 * 6 };
    let mut below = EcoString::new();
    let mut layers = EcoVec::new();
    for (at, line) in lines.into_iter().enumerate() {
        let word = word(line);
        let input = match word.as_str() {
            "COPY" | "ADD" => files.get("app.yaml").map_or("", EcoString::as_str),
            _ => "",
        };
        let digest = sha256(&eco_format!("{below}\n{line}\n{input}"));
        let size = match at {
            at if at < last => 0,
            at if at == last => base,
            _ => (size - base) / upper.max(1),
        };
        below = digest.clone();
        layers.push(Layer {
            digest,
            instruction: line.into(),
            size,
        });
    }
    layers
}

impl Image {
    /// Builds the image of a commit's files. The same files give the same digest.
    #[must_use]
    pub fn build(files: &Tree, app: App, commit: Oid) -> Image {
        let mut hasher = Sha256::new();
        for path in IMAGE_INPUTS {
            let text = files.get(path).map_or("", EcoString::as_str);
            hasher.update(format!("{path} {}\0{text}", text.len()));
        }
        let digest = hasher.finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Image {
            digest: eco_format!("sha256:{hex}"),
            layers: layers(files, app.image_size),
            app,
            commit,
        }
    }
}

/// A tag of a repository in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// `registry.example/order-service:1.4.2-3f2c1ab`
    pub reference: EcoString,
    /// The image it points to.
    pub digest: EcoString,
    /// When it was pushed last.
    pub pushed: Millis,
}

/// What a push did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The tag as it is now.
    pub tag: Tag,
    /// The digest it pointed to before, if it was there.
    pub before: Option<EcoString>,
}

/// All registries there are, as one.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    images: SharedMap<EcoString, Rc<Image>>,
    tags: EcoVec<Tag>,
    /// The layers of its images, with their sizes.
    layers: SharedMap<EcoString, u64>,
    /// Repositories whose tags do not move.
    immutable: EcoVec<EcoString>,
}

impl Registry {
    /// A registry without images.
    #[must_use]
    pub fn new() -> Registry {
        Registry::default()
    }

    /// Makes the tags of a repository (`registry.example/order-service`) stay where they are.
    pub fn make_immutable(&mut self, name: &str) {
        self.immutable.push(name.into());
    }

    /// Whether a layer is there.
    #[must_use]
    pub fn has_layer(&self, digest: &str) -> bool {
        self.layers.contains_key(digest)
    }

    /// How many bytes of an image are not there yet.
    #[must_use]
    pub fn missing(&self, image: &Image) -> u64 {
        let new = image
            .layers
            .iter()
            .filter(|layer| !self.has_layer(&layer.digest));
        new.map(|layer| layer.size).sum()
    }

    /// Stores an image under a tag. A tag that is there already moves to it.
    ///
    /// # Errors
    /// The tag is there, and its repository's tags do not move: the words are Amazon ECR's
    /// (`ImageTagAlreadyExistsException`).
    pub fn push(
        &mut self,
        reference: &Reference,
        image: Rc<Image>,
        now: Millis,
    ) -> Result<Pushed, EcoString> {
        let digest = image.digest.clone();
        let name = &reference.name;
        let tag = reference.tag.as_deref().unwrap_or("latest");
        let reference: EcoString = reference.tagged();
        let before = self.tags.iter().find(|tag| tag.reference == reference);
        let before = before.map(|tag| tag.digest.clone());
        if before.is_some() && self.immutable.contains(name) {
            let path = split_host(name).1;
            return Err(eco_format!(
                "tag invalid: The image tag '{tag}' already exists in the '{path}' repository and cannot be overwritten because the repository is immutable."
            ));
        }
        for layer in &image.layers {
            if !self.layers.contains_key(&layer.digest) {
                self.layers.insert(layer.digest.clone(), layer.size);
            }
        }
        // What is there stays: it has the same content, and names the commit that brought it.
        if !self.images.contains_key(&digest) {
            self.images.insert(digest.clone(), image);
        }
        self.tags.retain(|tag| tag.reference != reference);
        let tag = Tag {
            reference,
            digest,
            pushed: now,
        };
        self.tags.push(tag.clone());
        Ok(Pushed { tag, before })
    }

    /// The image that a reference means at this moment: by digest if it has one, else by tag.
    #[must_use]
    pub fn resolve(&self, reference: &Reference) -> Option<&Rc<Image>> {
        if let Some(digest) = &reference.digest {
            return self.images.get(digest);
        }
        let wanted = reference.tagged();
        let tag = self.tags.iter().find(|tag| tag.reference == wanted)?;
        self.images.get(&tag.digest)
    }

    /// An image by its digest, `sha256:…`.
    #[must_use]
    pub fn image(&self, digest: &str) -> Option<&Rc<Image>> {
        self.images.get(digest)
    }

    /// The tags, in the order of their last push.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }
}

/// The name of an image as a manifest or command line gives it, with the parts that it left out
/// filled in: `nginx` is `docker.io/library/nginx:latest`.
///
/// Rules: distribution's reference grammar (`distribution/reference`, `normalize.go`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Registry and repository: `registry.example/order-service`.
    pub name: EcoString,
    /// `latest` if neither tag nor digest was given.
    pub tag: Option<EcoString>,
    /// `sha256:…`
    pub digest: Option<EcoString>,
}

impl Reference {
    /// Reads a reference; none if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Reference> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon in the last part of the path starts the tag; before it, a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let (host, path) = split_host(name);
        let is_named = host.is_none_or(is_host) && path.split('/').all(is_name_part);
        if !is_named || !tag.is_none_or(is_tag) || !digest.is_none_or(is_digest) {
            return None;
        }
        let tag = tag.or(if digest.is_none() {
            Some("latest")
        } else {
            None
        });
        Some(Reference {
            name: full_name(name),
            tag: tag.map(EcoString::from),
            digest: digest.map(EcoString::from),
        })
    }

    /// Says why a text is no reference, in distribution's words.
    ///
    /// # Errors
    /// It is none.
    pub fn check(text: &str) -> Result<(), EcoString> {
        if Reference::parse(text).is_some() {
            return Ok(());
        }
        let (_, path) = split_host(text);
        let remote = full_name(path);
        let remote = remote.strip_prefix("docker.io/").unwrap_or(&remote);
        let remote = remote.split(':').next().unwrap_or_default();
        let mut why = EcoString::from("invalid reference format");
        if remote.bytes().any(|byte| byte.is_ascii_uppercase()) {
            why.push_str(&eco_format!(
                ": repository name ({remote}) must be lowercase"
            ));
        }
        Err(why)
    }

    /// Name and tag: `registry.example/order-service:1.4.1`.
    #[must_use]
    pub fn tagged(&self) -> EcoString {
        eco_format!("{}:{}", self.name, self.tag.as_deref().unwrap_or("latest"))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// The registry's host and the rest of the name. A first part is a host if it has a dot, a port or a
/// capital letter, or is `localhost` (`splitDockerDomain` in `normalize.go`).
fn split_host(name: &str) -> (Option<&str>, &str) {
    let is_like_host = |part: &str| {
        let has_capital = part.bytes().any(|byte| byte.is_ascii_uppercase());
        part.contains(['.', ':']) || part == "localhost" || has_capital
    };
    match name.split_once('/') {
        Some((host, path)) if is_like_host(host) => (Some(host), path),
        _ => (None, name),
    }
}

fn full_name(name: &str) -> EcoString {
    match split_host(name) {
        (Some(_), _) => name.into(),
        (None, path) if path.contains('/') => eco_format!("docker.io/{path}"),
        (None, path) => eco_format!("docker.io/library/{path}"),
    }
}

fn is_host(host: &str) -> bool {
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_label) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

fn is_name_part(part: &str) -> bool {
    let is_edge = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_inside = |byte: u8| is_edge(Some(&byte)) || b"._-".contains(&byte);
    let bytes = part.as_bytes();
    is_edge(bytes.first()) && is_edge(bytes.last()) && part.bytes().all(is_inside)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&tag.len())
        && tag
            .bytes()
            .enumerate()
            .all(|(at, byte)| is_word(byte) || (at > 0 && (byte == b'.' || byte == b'-')))
}

fn is_digest(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64
            && hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}
