//! `rollout-lab template`: renders a chart, with the flags, output, errors and exit codes of
//! `helm template` (helm.sh/helm/v4/pkg/cmd/template.go, pkg/cmd/install.go,
//! pkg/cli/values/options.go).

mod batch;
mod chart;
mod files;
mod flags;

use self::files::{Disk, Files, Memory, read_words};
use self::flags::Parsed;
use crate::Fault;
use helm::{Chart, Error, KubeVersion, Level, Log, PathPattern, Prepared, ReleaseOptions};
use helm::{Rendered, SetKind, Values};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a run prints, and how it ends.
#[derive(Default)]
pub struct Outcome {
    /// 0, or 1 after an error.
    pub exit: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs the command with the arguments that follow its name.
pub fn main(args: &[String], help: &str) -> Result<ExitCode, Fault> {
    let closed = |_: io::Error| Fault::Closed;
    let outcome = match flags::parse(args) {
        Ok(parsed) if parsed.is_on("help") => Outcome {
            stdout: help.to_owned(),
            ..Outcome::default()
        },
        Ok(parsed) if parsed.is_on("batch") => {
            return batch::run(io::stdin().lock(), io::stdout().lock()).map_err(closed);
        }
        parsed => run(parsed, &Disk),
    };
    io::stderr()
        .write_all(outcome.stderr.as_bytes())
        .map_err(closed)?;
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(outcome.stdout.as_bytes())
        .map_err(closed)?;
    stdout.flush().map_err(closed)?;
    Ok(ExitCode::from(outcome.exit))
}

/// What is asked for, and what came of it so far.
struct Run<'r> {
    flags: &'r Parsed,
    files: &'r dyn Files,
    log: Log,
    out: String,
}

/// Why there is nothing to show, or not all.
struct Failure {
    error: Error,
    /// Whether the templates had been reached: then `--debug` shows more.
    rendering: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure {
            error,
            rendering: false,
        }
    }
}

/// Runs a command line that was read, or was wrong.
pub fn run(parsed: Result<Parsed, (Parsed, String)>, files: &dyn Files) -> Outcome {
    let (flags, wrong) = match parsed {
        Ok(flags) => (flags, None),
        Err((flags, wrong)) => (flags, Some(wrong)),
    };
    let mut stderr: String = flags.notes.iter().map(|note| format!("{note}\n")).collect();
    let mut run = Run {
        flags: &flags,
        files,
        log: Log::default(),
        out: String::new(),
    };
    let result = match wrong {
        Some(wrong) => Err(Error::new(wrong).into()),
        None => run.template(),
    };
    let is_debug = flags.is_on("debug");
    for notice in run.log.take() {
        if is_debug || notice.level > Level::Debug {
            stderr.push_str(&format!("{notice}\n"));
        }
    }
    let mut exit = 0;
    if let Err(Failure { error, rendering }) = result {
        exit = 1;
        stderr.push_str(&format!("Error: {error}"));
        if rendering && !is_debug {
            stderr.push_str("\n\nUse --debug flag to render out invalid YAML");
        }
        stderr.push('\n');
    }
    Outcome {
        exit,
        stdout: run.out,
        stderr,
    }
}

impl Run<'_> {
    fn template(&mut self) -> Result<(), Failure> {
        let flags = self.flags;
        if flags.arguments.is_empty() {
            let message = "\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]";
            return Err(Error::new(message).into());
        }
        if let Some((name, why)) = flags.refused() {
            return Err(Error::new(format!("--{name} is not possible here: {why}")).into());
        }
        let mut options = self.options()?;
        self.debug(
            "Original chart version",
            "version",
            flags.last("version").unwrap_or_default(),
        );
        let (name, place) = self.name_and_chart()?;
        options.name = name;
        let path = chart::locate(self.files, &place)?;
        self.debug("Chart path", "path", &path.display().to_string());
        let values = self.values()?;
        let chart = chart::load(self.files, &path, &self.log)?;
        let prepared = Prepared::new(chart, &values, &options)?;
        let rendered = prepared.render(&options).map_err(|error| Failure {
            error,
            rendering: true,
        });
        self.print(&rendered?)
    }

    fn debug(&self, message: &str, name: &'static str, value: &str) {
        let attributes = vec![(name, value.to_owned())];
        self.log.add(Level::Debug, message, attributes);
    }

    fn options(&self) -> Result<ReleaseOptions, Error> {
        let flags = self.flags;
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = since.map_or(0, |since| since.as_millis());
        let mut options = ReleaseOptions {
            is_upgrade: flags.is_on("is-upgrade"),
            kube_version: KubeVersion::of_client(),
            api_versions: flags.all("api-versions").to_vec(),
            now_ms: i64::try_from(now_ms).unwrap_or_default(),
            seed: u64::try_from(now_ms).unwrap_or_default(),
            skip_schema_validation: flags.is_on("skip-schema-validation"),
            log: self.log.clone(),
            ..ReleaseOptions::default()
        };
        if let Some(version) = flags.last("kube-version").filter(|text| !text.is_empty()) {
            options.kube_version = KubeVersion::parse(version)?;
        }
        if let Some(namespace) = flags.last("namespace").filter(|text| !text.is_empty()) {
            options.namespace = namespace.to_owned();
        }
        Ok(options)
    }

    fn name_and_chart(&self) -> Result<(String, String), Error> {
        match self.flags.arguments.as_slice() {
            [chart] => Ok(("release-name".to_owned(), chart.clone())),
            [name, chart] if self.flags.is_on("generate-name") => {
                let _ = (name, chart);
                Err(Error::new(
                    "cannot set --generate-name and also specify a name",
                ))
            }
            [name, chart] => Ok((name.clone(), chart.clone())),
            [_, _, more @ ..] => Err(Error::new(format!(
                "expected at most two arguments, unexpected arguments: {}",
                more.join(", ")
            ))),
            [] => Ok(Default::default()),
        }
    }

    /// The values that files and flags give, in Helm's order.
    fn values(&self) -> Result<Values, Error> {
        let (flags, files) = (self.flags, self.files);
        let values = Values::new();
        for path in flags.all("values") {
            let text = read_text(files, path).map_err(Error::new)?;
            let more = Values::parse(&text).map_err(|error| Error {
                message: format!("failed to parse {path}: {}", error.message),
                ..error
            })?;
            values.merge(&more);
        }
        let each = |name: &str, kind: SetKind| {
            let mut texts = flags.all(name).iter();
            texts.try_for_each(|text| values.set(text, kind))
        };
        each("set-json", SetKind::Json)?;
        each("set", SetKind::Set)?;
        each("set-string", SetKind::String)?;
        for text in flags.all("set-file") {
            values.set_file(text, &mut |path| read_text(files, path))?;
        }
        each("set-literal", SetKind::Literal)?;
        Ok(values)
    }

    fn print(&mut self, rendered: &Rendered) -> Result<(), Failure> {
        let flags = self.flags;
        let is_shown = |hook: &helm::Hook| {
            let is_test = hook.events.iter().any(|event| event == "test");
            !(flags.is_on("no-hooks") || flags.is_on("skip-tests") && is_test)
        };
        let mut text = rendered.manifests_text(flags.is_on("include-crds"));
        for hook in rendered.hooks.iter().filter(|hook| is_shown(hook)) {
            hook.manifest.write(&mut text);
        }
        match flags.all("show-only") {
            [] => self.out.push_str(&text),
            patterns => {
                let shown = show_only(&text, patterns)?;
                self.out.push_str(&shown);
            }
        }
        Ok(())
    }
}

/// The manifests of the named template files, each pattern's in turn.
fn show_only(text: &str, patterns: &[String]) -> Result<String, Error> {
    let documents = helm::split_manifests(text);
    let mut out = String::new();
    for pattern in patterns {
        let matcher = PathPattern::parse(pattern);
        let is_shown = |document: &&str| {
            let path = source_path(document);
            path.is_some_and(|path| matcher.as_ref().is_some_and(|one| one.matches(path)))
        };
        let mut found = false;
        for document in documents.iter().copied().filter(|one| is_shown(one)) {
            out.push_str(&format!("---\n{document}\n"));
            found = true;
        }
        if !found {
            return Err(Error::new(format!(
                "could not find template {pattern} in chart"
            )));
        }
    }
    Ok(out)
}

/// The path, without the chart's name, that the first `# Source:` line of a manifest tells.
fn source_path(document: &str) -> Option<&str> {
    document.lines().find_map(|line| {
        let (_, source) = line.split_once("# Source: ")?;
        let (chart, path) = source.split_once('/')?;
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}

/// The text of a values file, or of standard input.
fn read_text(files: &dyn Files, path: &str) -> Result<String, String> {
    let bytes = match path.trim() {
        "-" => files.standard_input(),
        _ => files.read(Path::new(path)),
    };
    let bytes = bytes.map_err(|error| read_words(Path::new(path), &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
