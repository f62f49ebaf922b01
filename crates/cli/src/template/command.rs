//! What `helm template` does with its flags (helm.sh/helm/v4/pkg/cmd/template.go,
//! pkg/cmd/install.go, pkg/action/install.go, pkg/cli/values/options.go).

use super::explain::{explain, givers};
use super::files::{Files, read_words, words};
use super::flags::{Parsed, parse_bool};
use super::{Settings, chart};
use gotmpl::quote::quote;
use helm::{
    Error, Giver, Hook, KubeVersion, Level, Log, PathPattern, Prepared, ReleaseOptions, Rendered,
};
use helm::{SetKind, Values};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const USAGE: &str = "\"helm template\" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]";
const DEBUG_HINT: &str = "\n\nUse --debug flag to render out invalid YAML";
const LABELS_OF_HELM: [&str; 6] = [
    "name",
    "owner",
    "status",
    "version",
    "createdAt",
    "modifiedAt",
];

/// The flags that set single values, in the order in which Helm applies them; no kind is for names
/// of files.
pub const SETS: [(&str, Option<SetKind>); 5] = [
    ("set-json", Some(SetKind::Json)),
    ("set", Some(SetKind::Set)),
    ("set-string", Some(SetKind::String)),
    ("set-file", None),
    ("set-literal", Some(SetKind::Literal)),
];

/// Runs the command. What it prints is added to `out`, also before an error; an error is the text
/// that follows `Error: `.
pub fn template(
    flags: &Parsed,
    files: &dyn Files,
    settings: &Settings,
    is_debug: bool,
    log: &Log,
    out: &mut String,
) -> Result<(), String> {
    let run = Run {
        flags,
        files,
        log,
        is_debug,
    };
    run.template(settings, out)
}

/// What is asked for.
struct Run<'r> {
    flags: &'r Parsed,
    files: &'r dyn Files,
    log: &'r Log,
    is_debug: bool,
}

impl Run<'_> {
    fn template(&self, settings: &Settings, out: &mut String) -> Result<(), String> {
        let flags = self.flags;
        if flags.arguments.is_empty() {
            return Err(USAGE.to_owned());
        }
        flags.check_groups()?;
        if let Some((name, why)) = flags.refused() {
            return Err(format!("--{name} is not possible here: {why}"));
        }
        let mut options = options(flags, settings, self.log).map_err(message)?;
        self.check_dry_run()?;
        let version = flags.last("version").unwrap_or_default();
        self.debug("Original chart version", &[("version", version)]);
        if version.is_empty() && flags.is_on("devel") {
            self.debug("setting version to >0.0.0-0", &[]);
        }
        let (name, place) = self.name_and_chart(&options)?;
        options.name = name;
        let path = chart::locate(self.files, &place)?;
        self.debug("Chart path", &[("path", &path.display().to_string())]);
        let values = values(flags, self.files).map_err(message)?;
        let chart = chart::load(self.files, &path, self.log).map_err(message)?;
        let givers = match flags.last("explain") {
            Some(_) => givers(flags, self.files, &chart, Path::new(place.trim())),
            None => Vec::new(),
        };
        let prepared = Prepared::new(chart, &values, &options).map_err(message)?;
        self.check_labels()?;

        let (rendered, error) = prepared.render_partly(&options);
        match error {
            None => self.print_or_explain(&rendered, &options, &givers, out),
            Some(error) if self.is_debug => {
                self.print(&rendered, Some(error.message), &options, out)
            }
            Some(error) => Err(error.message + DEBUG_HINT),
        }
    }

    fn debug(&self, message: &str, attributes: &[(&'static str, &str)]) {
        let attributes = attributes.iter();
        let attributes = attributes.map(|(name, value)| (*name, (*value).to_owned()));
        self.log.add(Level::Debug, message, attributes.collect());
    }

    /// All is a dry run here; the flag can only say so, or be wrong
    /// (helm.sh/helm/v4/pkg/cmd/helpers.go).
    fn check_dry_run(&self) -> Result<(), String> {
        let warn = |text: String| self.log.add(Level::Warn, text, Vec::new());
        let Some(value) = self.flags.last("dry-run") else {
            return Ok(());
        };
        let shown = quote(value.as_bytes());
        match (value, parse_bool(value)) {
            ("unset", _) => warn(
                "--dry-run is deprecated and should be replaced with '--dry-run=client'".to_owned(),
            ),
            ("client", _) => {}
            ("server", _) => {
                return Err(
                    "--dry-run=server is not possible here: it asks a cluster, and there is none"
                        .to_owned(),
                );
            }
            (_, Some(true)) => warn(format!(
                "boolean '--dry-run={value}' flag is deprecated and must be replaced with '--dry-run=client'"
            )),
            ("none", _) | (_, Some(false)) => {
                return Err(format!(
                    "invalid dry-run value ({shown}). Must be \"server\" or \"client\""
                ));
            }
            _ => {
                return Err(format!(
                    "invalid dry-run value ({shown}). Must be \"none\", \"server\", or \"client\""
                ));
            }
        }
        Ok(())
    }

    /// The name of the release, and the chart as it was named.
    fn name_and_chart(&self, options: &ReleaseOptions) -> Result<(String, String), String> {
        let flags = self.flags;
        let template = flags.last("name-template").unwrap_or_default();
        let also = |flag: &str| Err(format!("cannot set --{flag} and also specify a name"));
        match flags.arguments.as_slice() {
            [_, _] if flags.is_on("generate-name") => also("generate-name"),
            [_, _] if !template.is_empty() => also("name-template"),
            [name, chart] => Ok((name.clone(), chart.clone())),
            [_, _, more @ ..] => Err(format!(
                "expected at most two arguments, unexpected arguments: {}",
                more.join(", ")
            )),
            [chart] if !template.is_empty() => {
                let name = helm::render_name(template, options).map_err(message)?;
                Ok((name, chart.clone()))
            }
            // The name that templates are rendered with goes before one to be made up.
            arguments => Ok((options.name.clone(), arguments.concat())),
        }
    }

    /// Labels of a release must leave Helm's own alone.
    fn check_labels(&self) -> Result<(), String> {
        let labels = self.flags.all("labels").iter();
        let mut names = labels.filter_map(|label| Some(label.split_once('=')?.0));
        match names.any(|name| LABELS_OF_HELM.contains(&name)) {
            true => Err(format!(
                "user supplied labels contains system reserved label name. System labels: [{}]",
                LABELS_OF_HELM.join(" ")
            )),
            false => Ok(()),
        }
    }

    /// Prints what was rendered, or where a line of it comes from.
    fn print_or_explain(
        &self,
        rendered: &Rendered,
        options: &ReleaseOptions,
        givers: &[Giver],
        out: &mut String,
    ) -> Result<(), String> {
        let flags = self.flags;
        let Some(line) = flags.last("explain") else {
            return self.print(rendered, None, options, out);
        };
        if !flags.all("show-only").is_empty() || flags.last("output-dir").is_some() {
            return Err(
                "--explain counts the lines of the whole output: leave out --show-only and --output-dir"
                    .to_owned(),
            );
        }
        let mut text = String::new();
        self.print(rendered, None, options, &mut text)?;
        let hooks = rendered.hooks.iter().filter(|hook| self.is_shown(hook));
        out.push_str(&explain(&text, line, rendered, hooks, givers)?);
        Ok(())
    }

    fn is_shown(&self, hook: &Hook) -> bool {
        let is_test = hook.events.iter().any(|event| event == "test");
        !(self.flags.is_on("no-hooks") || self.flags.is_on("skip-tests") && is_test)
    }

    /// Prints what was rendered, and gives back the error that there was.
    fn print(
        &self,
        rendered: &Rendered,
        error: Option<String>,
        options: &ReleaseOptions,
        out: &mut String,
    ) -> Result<(), String> {
        let flags = self.flags;
        let include_crds = flags.is_on("include-crds");
        let hooks = rendered.hooks.iter().filter(|hook| self.is_shown(hook));
        let folder = flags.last("output-dir").unwrap_or_default();
        let mut text = match (&error, folder) {
            (Some(_), _) => rendered.files_text(),
            (None, "") => rendered.manifests_text(include_crds),
            (None, folder) => {
                let name = flags.is_on("release-name").then_some(&*options.name);
                let mut folder = Folder::new(self.files, folder, name, out);
                folder.write_all(rendered, include_crds, hooks.clone())?;
                "\n".to_owned()
            }
        };
        if folder.is_empty() || error.is_some() {
            for hook in hooks {
                hook.manifest.write(&mut text);
            }
        }
        match flags.all("show-only") {
            // A large chart's text is worth not copying.
            [] if out.is_empty() => *out = text,
            [] => out.push_str(&text),
            patterns => show_only(&text, patterns, out).map_err(|missing| match &error {
                // The template may be too malformed to be found.
                Some(error) => error.clone(),
                None => missing,
            })?,
        }
        error.map_or(Ok(()), Err)
    }
}

/// What the flags say of the release and its cluster.
///
/// # Errors
/// A Kubernetes version that is none.
pub fn options(flags: &Parsed, settings: &Settings, log: &Log) -> Result<ReleaseOptions, Error> {
    let given = |name: &str| flags.last(name).filter(|text| !text.is_empty());
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = since.map_or(0, |since| since.as_millis());
    let namespace = given("namespace").unwrap_or(&settings.namespace);
    Ok(ReleaseOptions {
        namespace: match namespace {
            "" => "default".to_owned(),
            namespace => namespace.to_owned(),
        },
        is_upgrade: flags.is_on("is-upgrade"),
        kube_version: match given("kube-version") {
            Some(version) => KubeVersion::parse(version)?,
            None => KubeVersion::of_client(),
        },
        api_versions: flags.all("api-versions").to_vec(),
        now_ms: i64::try_from(now_ms).unwrap_or_default(),
        seed: u64::try_from(now_ms).unwrap_or_default(),
        skip_schema_validation: flags.is_on("skip-schema-validation"),
        provenance: flags.last("explain").is_some(),
        log: log.clone(),
        ..ReleaseOptions::default()
    })
}

/// The values that files and flags give, in Helm's order.
///
/// # Errors
/// A file that cannot be read, or what is no value, in Helm's words.
pub fn values(flags: &Parsed, files: &dyn Files) -> Result<Values, Error> {
    let values = Values::new();
    for path in flags.all("values") {
        let text = read_text(files, path).map_err(Error::new)?;
        let more = Values::parse(&text).map_err(|error| Error {
            message: format!("failed to parse {path}: {}", error.message),
            ..error
        })?;
        values.merge(&more);
    }
    for (name, kind) in SETS {
        for text in flags.all(name) {
            match kind {
                Some(kind) => values.set(text, kind)?,
                None => values.set_file(text, &mut |path| read_text(files, path))?,
            }
        }
    }
    Ok(values)
}

fn message(error: Error) -> String {
    error.message
}

/// `--output-dir`: a file for each template.
struct Folder<'f> {
    files: &'f dyn Files,
    /// Where CRDs go, and where all else goes.
    roots: [String; 2],
    /// The files that were begun.
    written: Vec<String>,
    out: &'f mut String,
}

impl<'f> Folder<'f> {
    fn new(
        files: &'f dyn Files,
        folder: &str,
        release: Option<&str>,
        out: &'f mut String,
    ) -> Folder<'f> {
        let inner = match release {
            Some(name) => Path::new(folder).join(name).display().to_string(),
            None => folder.to_owned(),
        };
        Folder {
            files,
            roots: [folder.to_owned(), inner],
            written: Vec::new(),
            out,
        }
    }

    fn write_all<'h>(
        &mut self,
        rendered: &Rendered,
        include_crds: bool,
        hooks: impl Iterator<Item = &'h Hook>,
    ) -> Result<(), String> {
        for (path, text) in rendered.crds.iter().filter(|_| include_crds) {
            let append = self.written.contains(path);
            self.write(0, path, text, append)?;
        }
        for manifest in &rendered.manifests {
            let append = self.written.contains(&manifest.source);
            self.write(1, &manifest.source, &manifest.content, append)?;
        }
        for hook in hooks {
            let Hook { manifest, .. } = hook;
            // Whatever is there already counts, from an earlier run too.
            let path = Path::new(&self.roots[1]).join(&manifest.source);
            let append = self.files.kind(&path).is_ok();
            self.write(1, &manifest.source, &manifest.content, append)?;
        }
        Ok(())
    }

    fn write(&mut self, root: usize, path: &str, text: &str, append: bool) -> Result<(), String> {
        let place = format!("{}/{path}", self.roots[root]);
        let content = format!("---\n# Source: {path}\n{text}\n");
        let written = self.files.write(Path::new(&place), &content, append);
        written.map_err(|error| format!("open {place}: {}", words(&error)))?;
        self.written.push(path.to_owned());
        self.out.push_str(&format!("wrote {place}\n"));
        Ok(())
    }
}

/// Prints the manifests of the named template files, each pattern's in turn, if each has some.
fn show_only(text: &str, patterns: &[String], out: &mut String) -> Result<(), String> {
    let documents = helm::split_manifests(text);
    let mut shown = String::new();
    for pattern in patterns {
        let matcher = PathPattern::parse(pattern);
        let is_shown = |document: &&str| {
            let path = source_path(document);
            path.is_some_and(|path| matcher.as_ref().is_some_and(|one| one.matches(path)))
        };
        let mut found = false;
        for document in documents.iter().copied().filter(|one| is_shown(one)) {
            shown.push_str(&format!("---\n{document}\n"));
            found = true;
        }
        if !found {
            return Err(format!("could not find template {pattern} in chart"));
        }
    }
    out.push_str(&shown);
    Ok(())
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
        _ if matches!(helm::check_url(path)?.as_str(), "http" | "https" | "oci") => {
            return Err(format!(
                "{path} is not read: nothing is downloaded by this program"
            ));
        }
        _ => files.read(Path::new(path)),
    };
    let bytes = bytes.map_err(|error| read_words(Path::new(path), &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
