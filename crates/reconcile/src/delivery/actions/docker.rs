//! `docker` in a job: building, naming and pushing images.
//!
//! Words of Docker 29 with BuildKit.

use super::answer::Answer;
use super::context::is_own_token;
use super::dockerfile;
use super::flags::Flags;
use super::machine::Call;
use super::tools::{Bench, listed};
use crate::delivery::app::App;
use crate::delivery::git::{Oid, Tree};
use crate::delivery::registry::{Image, Reference};
use crate::view::Millis;
use ecow::{EcoString, eco_format};
use std::rc::Rc;

/// GitHub's own registry, which knows the tokens of jobs.
pub(super) const GITHUB_REGISTRY: &str = "ghcr.io";
/// Asking a registry for one manifest.
const INSPECT: Millis = 600;
/// A build: what it takes at least, and more for each MiB that is not there yet.
const BUILD: (Millis, Millis) = (6_000, 400);
/// A push, likewise.
const PUSH: (Millis, Millis) = (2_000, 95);
/// What is done at once.
const SHORT: Millis = 200;

/// What a command line of `docker` asks for.
#[derive(Debug)]
pub enum DockerCall {
    /// `docker login`; whether to GitHub's registry with another token than the job's.
    Login(bool),
    /// `docker manifest inspect`, `docker buildx imagetools inspect`
    Inspect(Reference),
    /// `docker build`, `docker buildx build`
    Build(Build),
    /// `docker push`
    Push(Reference),
    /// `docker pull`
    Pull(Reference),
    /// `docker tag`
    Rename(Reference, Reference),
    /// `docker buildx imagetools create --tag NEW OLD`: names an image in the registry itself.
    Retag(Vec<Reference>, Reference),
}

/// A build.
#[derive(Debug, Default)]
pub struct Build {
    /// What the image is called.
    pub references: Vec<Reference>,
    /// The context's folder.
    pub context: EcoString,
    /// The Dockerfile's path.
    pub dockerfile: EcoString,
    /// Whether it is pushed too.
    pub is_pushed: bool,
    /// Whether layers come from a cache.
    pub is_cached: bool,
}

impl Build {
    /// The build that a call asks for, if it asks for one.
    #[must_use]
    pub fn of(call: &Call) -> Option<Build> {
        let words: Vec<&str> = call.words.iter().map(EcoString::as_str).collect();
        match read(words.get(1..)?, call) {
            Ok(DockerCall::Build(build)) => Some(build),
            _ => None,
        }
    }

    /// The image that it makes.
    #[must_use]
    pub fn image(&self, call: &Call, app: App, commit: Oid) -> Image {
        let mut files: Tree = call.place.folder(&self.context);
        // What the image is made of is the Dockerfile, wherever it lies, and what the context holds.
        if let Some(text) = call.place.files.get(&self.dockerfile) {
            files.insert("Dockerfile".into(), text.clone());
        }
        Image::build(&files, app, commit)
    }
}

/// Reads `docker ARGS`.
///
/// # Errors
/// What it answers when it cannot.
pub fn read(args: &[&str], call: &Call) -> Result<DockerCall, Answer> {
    let one = |text: &str| {
        Reference::parse(text)
            .ok_or_else(|| Answer::failed(1, eco_format!("invalid reference format: \"{text}\"")))
    };
    Ok(match args {
        ["login", rest @ ..] => {
            let flags = Flags::read(rest, &["u", "username", "p", "password"]).map_err(|flag| {
                Answer::failed(1, eco_format!("flag needs an argument: --{flag}"))
            })?;
            let given = flags.last(&["p", "password"]);
            let password = given.unwrap_or(call.stdin.trim());
            DockerCall::Login(flags.words == [GITHUB_REGISTRY] && is_own_token(password))
        }
        ["push", reference] => DockerCall::Push(one(reference)?),
        ["pull", reference] => DockerCall::Pull(one(reference)?),
        ["manifest", "inspect", reference] | ["buildx", "imagetools", "inspect", reference] => {
            DockerCall::Inspect(one(reference)?)
        }
        ["tag", from, to] => DockerCall::Rename(one(from)?, one(to)?),
        ["buildx", "imagetools", "create", rest @ ..] => {
            let flags = Flags::read(rest, &["t", "tag"]).map_err(|flag| {
                Answer::failed(125, eco_format!("flag needs an argument: --{flag}"))
            })?;
            let tags: Result<Vec<Reference>, Answer> = flags.all(&["t", "tag"]).map(one).collect();
            match flags.words.as_slice() {
                [from] => DockerCall::Retag(tags?, one(from)?),
                _ => return Err(not_simulated(args)),
            }
        }
        ["build", rest @ ..] | ["buildx", "build", rest @ ..] | ["image", "build", rest @ ..] => {
            build_call(rest, call, one)?
        }
        _ => return Err(not_simulated(args)),
    })
}

fn not_simulated(args: &[&str]) -> Answer {
    Answer::not_simulated(&eco_format!("docker {}", args.join(" ")))
}

/// `docker build [-t REFERENCE]… [--push] PATH`
fn build_call(
    args: &[&str],
    call: &Call,
    one: impl Fn(&str) -> Result<Reference, Answer>,
) -> Result<DockerCall, Answer> {
    let with_value = [
        "t",
        "tag",
        "f",
        "file",
        "build-arg",
        "platform",
        "label",
        "target",
        "cache-from",
        "cache-to",
        "secret",
        "progress",
        "output",
        "o",
        "provenance",
        "sbom",
        "network",
        "builder",
    ];
    let flags = Flags::read(args, &with_value)
        .map_err(|flag| Answer::failed(125, eco_format!("unknown flag: --{flag}")))?;
    let references: Result<Vec<Reference>, Answer> = flags.all(&["t", "tag"]).map(one).collect();
    let [context] = flags.words.as_slice() else {
        let why = "ERROR: docker: 'docker buildx build' requires 1 argument";
        return Err(Answer::failed(1, why));
    };
    let folder = call.path(context);
    let dockerfile = match flags.last(&["f", "file"]) {
        Some(path) => call.path(path),
        None => call.path(&eco_format!("{context}/Dockerfile")),
    };
    let build = Build {
        references: references?,
        context: folder,
        dockerfile,
        is_pushed: flags.is_set(&["push"]),
        is_cached: flags.last(&["cache-from"]).is_some(),
    };
    check_build(&build, call).map(|()| DockerCall::Build(build))
}

/// Whether the Dockerfile is there, and can be read.
///
/// # Errors
/// BuildKit's complaint.
pub fn check_build(build: &Build, call: &Call) -> Result<(), Answer> {
    let why = match call.place.files.get(&build.dockerfile) {
        Some(text) => dockerfile::fault(text)
            .or_else(|| dockerfile::missing(text, &call.place.folder(&build.context))),
        None => {
            let name = build.dockerfile.rsplit('/').next().unwrap_or_default();
            Some(eco_format!(
                "failed to read dockerfile: open {name}: no such file or directory"
            ))
        }
    };
    let failed = |why| eco_format!("ERROR: failed to build: failed to solve: {why}");
    why.map_or(Ok(()), |why| Err(Answer::failed(1, failed(why))))
}

/// How long a call takes.
#[must_use]
pub fn duration(docker: &DockerCall, call: &Call, bench: &Bench<'_>) -> Millis {
    let sized = |(least, each): (Millis, Millis), bytes: u64| {
        least.saturating_add(each.saturating_mul(bytes >> 20))
    };
    let unsent = |image: &Image| bench.registry.missing(image);
    match docker {
        DockerCall::Login(_) | DockerCall::Rename(..) => SHORT,
        DockerCall::Inspect(_) | DockerCall::Retag(..) => INSPECT,
        DockerCall::Pull(reference) => match bench.registry.resolve(reference) {
            Some(image) => sized(PUSH, image.app.image_size),
            None => INSPECT,
        },
        DockerCall::Push(reference) => {
            local(bench, reference).map_or(SHORT, |image| sized(PUSH, unsent(&image)))
        }
        DockerCall::Build(build) => {
            let Ok(image) = image_of(build, call, bench) else {
                return SHORT;
            };
            let new = if build.is_cached {
                unsent(&image)
            } else {
                image.app.image_size
            };
            let pushed = if build.is_pushed {
                sized(PUSH, unsent(&image))
            } else {
                0
            };
            sized(BUILD, new).saturating_add(pushed)
        }
    }
}

/// Ends a call.
#[must_use]
pub fn finish(docker: DockerCall, call: &Call, bench: &mut Bench<'_>) -> Answer {
    match docker {
        DockerCall::Login(is_own) => {
            bench.has_login |= is_own;
            Answer::ok("Login Succeeded")
        }
        DockerCall::Inspect(reference) => match bench.registry.resolve(&reference) {
            Some(image) => Answer::ok(eco_format!(
                "{{\n  \"schemaVersion\": 2,\n  \"digest\": \"{}\"\n}}",
                image.digest
            )),
            None => Answer::failed(1, eco_format!("no such manifest: {reference}")),
        },
        DockerCall::Build(build) => self::build(&build, call, bench),
        DockerCall::Push(reference) => match local(bench, &reference) {
            Some(image) => push(&reference, &image, bench),
            None => Answer::failed(
                1,
                eco_format!(
                    "An image does not exist locally with the tag: {}",
                    reference.name
                ),
            ),
        },
        DockerCall::Pull(reference) => match bench.registry.resolve(&reference).cloned() {
            Some(image) => {
                let digest = image.digest.clone();
                name_image(bench, &reference, image);
                let name = reference.tagged();
                Answer::ok(eco_format!(
                    "Digest: {digest}\nStatus: Downloaded newer image for {name}\n{name}"
                ))
            }
            None => Answer::failed(
                1,
                eco_format!(
                    "Error response from daemon: manifest for {reference} not found: manifest unknown: manifest unknown"
                ),
            ),
        },
        DockerCall::Rename(from, to) => match local(bench, &from) {
            Some(image) => {
                name_image(bench, &to, image);
                Answer::default()
            }
            None => Answer::failed(
                1,
                eco_format!(
                    "Error response from daemon: No such image: {}",
                    from.tagged()
                ),
            ),
        },
        DockerCall::Retag(tags, from) => {
            let Some(image) = bench.registry.resolve(&from).cloned() else {
                return Answer::failed(1, eco_format!("ERROR: {from}: not found"));
            };
            for tag in &tags {
                let answer = push(tag, &image, bench);
                if answer.status != 0 {
                    return answer;
                }
            }
            Answer::default()
        }
    }
}

/// The image that a build makes.
fn image_of(build: &Build, call: &Call, bench: &Bench<'_>) -> Result<Image, EcoString> {
    let app = bench.app.as_ref().map_err(|problems| listed(problems))?;
    Ok(build.image(call, app.clone(), bench.commit))
}

fn build(build: &Build, call: &Call, bench: &mut Bench<'_>) -> Answer {
    let image = match image_of(build, call, bench) {
        Ok(image) => Rc::new(image),
        Err(why) => return Answer::failed(1, eco_format!("{why}ERROR: failed to build")),
    };
    let mut log = String::from("#1 [internal] load build definition from Dockerfile\n");
    let count = image.layers.len();
    for (at, layer) in image.layers.iter().enumerate() {
        log += &format!("#{} [{}/{count}] {}\n", at + 2, at + 1, layer.instruction);
        if build.is_cached && bench.registry.has_layer(&layer.digest) {
            log += &format!("#{} CACHED\n", at + 2);
        }
    }
    let last = count + 2;
    log += &format!(
        "#{last} exporting to image\n#{last} writing image {}\n",
        image.digest
    );
    for reference in &build.references {
        log += &format!("#{last} naming to {}\n", reference.tagged());
        name_image(bench, reference, image.clone());
    }
    if build.is_pushed {
        for reference in &build.references {
            let answer = push(reference, &image, bench);
            if answer.status != 0 {
                return Answer {
                    stdout: log.into(),
                    stderr: eco_format!(
                        "ERROR: failed to push {}: {}",
                        reference.tagged(),
                        answer.stderr
                    ),
                    ..answer
                };
            }
            log += &format!(
                "#{last} pushing manifest for {}@{}\n",
                reference.tagged(),
                image.digest
            );
        }
    }
    Answer::ok(log)
}

fn local(bench: &Bench<'_>, reference: &Reference) -> Option<Rc<Image>> {
    let wanted = reference.tagged();
    bench
        .images
        .iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, image)| image.clone())
}

fn name_image(bench: &mut Bench<'_>, reference: &Reference, image: Rc<Image>) {
    let name = reference.tagged();
    bench.images.retain(|(have, _)| *have != name);
    bench.images.push((name, image));
}

fn push(reference: &Reference, image: &Rc<Image>, bench: &mut Bench<'_>) -> Answer {
    let is_github = reference.name.split('/').next() == Some(GITHUB_REGISTRY);
    if is_github && !bench.has_login && !bench.may_write_packages {
        let why = "denied: installation not allowed to Write organization package";
        return Answer::failed(1, why);
    }
    let mut said = eco_format!("The push refers to repository [{}]\n", reference.name);
    for layer in &image.layers {
        let id: EcoString = layer
            .digest
            .chars()
            .skip("sha256:".len())
            .take(12)
            .collect();
        let what = match bench.registry.has_layer(&layer.digest) {
            true => "Layer already exists",
            false => "Pushed",
        };
        said += eco_format!("{id}: {what}\n").as_str();
    }
    let digest = image.digest.clone();
    match bench.registry.push(reference, image.clone(), bench.now) {
        Ok(pushed) => bench.pushed.push(pushed),
        Err(why) => {
            return Answer {
                status: 1,
                stdout: said,
                stderr: eco_format!("{why}\n"),
            };
        }
    }
    said += eco_format!(
        "{}: digest: {digest}",
        reference.tag.as_deref().unwrap_or("latest")
    )
    .as_str();
    Answer::ok(said)
}
