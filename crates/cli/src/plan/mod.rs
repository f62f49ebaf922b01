//! `rollout-lab plan`: what a change of a chart will do to the cluster.

mod json;
mod markdown;
mod text;

use crate::git::Repository;
use crate::side::{Rendered, Source};
use crate::template::flags::{self, Parsed};
use crate::{Fault, usage};
use reconcile::delivery::plan::trial::{Cluster, lookup};
use reconcile::delivery::plan::{Change, Side, Sources, Tool, plan};
use reconcile::view::{Effect, PlanRow};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = include_str!("help.txt");
/// How the program ends where pods will roll.
const ROLLS: u8 = 3;

/// How to print.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Text,
    Json,
    Markdown,
}

/// What the command line asks for.
struct Options {
    sides: Vec<String>,
    repo: Option<PathBuf>,
    chart: Option<String>,
    release: String,
    form: Form,
    /// The flags that are Helm's.
    helm: Parsed,
}

/// Helm's flags that mean the same here, with their letters.
pub const HELM_FLAGS: [(&str, char); 9] = [
    ("values", 'f'),
    ("set", ' '),
    ("set-string", ' '),
    ("set-json", ' '),
    ("set-file", ' '),
    ("set-literal", ' '),
    ("namespace", 'n'),
    ("kube-version", ' '),
    ("api-versions", 'a'),
];

/// If an argument is one of [`HELM_FLAGS`], adds it with its value to `helm`.
pub fn take_helm_flag(arg: &lexopt::Arg<'_>, helm: &mut Vec<String>) -> Option<&'static str> {
    let found = HELM_FLAGS.iter().find(|(name, letter)| match arg {
        lexopt::Arg::Long(long) => long == name,
        lexopt::Arg::Short(short) => short == letter,
        lexopt::Arg::Value(_) => false,
    });
    let (name, _) = found?;
    helm.push(format!("--{name}"));
    Some(name)
}

/// Reads Helm's flags as Helm does.
pub fn helm_flags(args: &[String]) -> Result<Parsed, Fault> {
    let parsed = flags::parse(args);
    match &parsed.wrong {
        Some(wrong) => Err(Fault::Usage(format!("error: {wrong}"))),
        None => Ok(parsed),
    }
}

impl Options {
    /// Reads what follows `plan`; none if help was asked for.
    fn read(parser: &mut lexopt::Parser) -> Result<Option<Options>, Fault> {
        use lexopt::prelude::*;
        let (mut sides, mut helm) = (Vec::new(), Vec::new());
        let (mut repo, mut chart, mut release, mut form) = (None, None, String::new(), Form::Text);
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        while let Some(arg) = parser.next().map_err(usage)? {
            if take_helm_flag(&arg, &mut helm).is_some() {
                helm.push(text(parser.value().map_err(usage)?));
                continue;
            }
            match arg {
                Long("help") | Short('h') => return Ok(None),
                Long("json") => form = Form::Json,
                Long("markdown") => form = Form::Markdown,
                Long("repo") => repo = Some(PathBuf::from(parser.value().map_err(usage)?)),
                Long("chart") => chart = Some(text(parser.value().map_err(usage)?)),
                Long("release") => release = text(parser.value().map_err(usage)?),
                Value(side) => sides.push(text(side)),
                other => return Err(usage(other.unexpected())),
            }
        }
        if sides.len() != 2 {
            let why =
                "error: plan takes two charts, the old and the new\n\nSee rollout-lab plan --help.";
            return Err(Fault::Usage(why.to_owned()));
        }
        let helm = helm_flags(&helm)?;
        Ok(Some(Options {
            sides,
            repo,
            chart,
            release,
            form,
            helm,
        }))
    }

    /// The chart that an argument means; none if a revision has no such folder.
    fn source(&self, side: &str) -> Result<Option<Source>, Fault> {
        let repository = || Repository::at(self.repo.clone().unwrap_or_else(|| ".".into()));
        if let Some(chart) = &self.chart {
            return Source::of_revision(repository(), side, chart);
        }
        match side.split_once(':') {
            Some((revision, path)) if !Path::new(side).exists() => {
                Source::of_revision(repository(), revision, path)
            }
            _ => Source::of_disk(side).map(Some),
        }
    }
}

/// Runs the command.
pub fn run(parser: &mut lexopt::Parser) -> Result<ExitCode, Fault> {
    let Some(options) = Options::read(parser)? else {
        return crate::print(HELP);
    };
    let (old, new) = (
        options.source(&options.sides[0])?,
        options.source(&options.sides[1])?,
    );
    if old.is_none() && new.is_none() {
        let chart = options.chart.as_deref().unwrap_or(&options.sides[1]);
        return Err(Fault::failed(format!(
            "neither side has a chart at {chart:?}"
        )));
    }
    let rows = rows(&options, old.as_ref(), new.as_ref())?;
    let out = match options.form {
        Form::Json => json::write(&rows),
        Form::Markdown => markdown::write(&rows),
        Form::Text => {
            let is_coloured = io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
            text::write(&rows, is_coloured)
        }
    };
    crate::print(&out)?;
    let rolls = rows.iter().any(|row| row.effect == Effect::Rolls);
    Ok(match rolls {
        true => ExitCode::from(ROLLS),
        false => ExitCode::SUCCESS,
    })
}

/// Renders both sides, and plans the way from one to the other.
fn rows(
    options: &Options,
    old: Option<&Source>,
    new: Option<&Source>,
) -> Result<Vec<PlanRow>, Fault> {
    let render = |source: Option<&Source>, cluster: Option<&Cluster>| {
        let found = cluster.map(|cluster| lookup(cluster.store.clone()));
        let rendered = source.map(|source| source.render(&options.helm, &options.release, found));
        rendered.transpose().map(|it| {
            it.map_or_else(Side::default, |Rendered { side, log }| {
                for notice in log.take() {
                    if notice.level > helm::Level::Info {
                        // That nobody reads it is no failure.
                        let _ = writeln!(io::stderr(), "{notice}");
                    }
                }
                side
            })
        })
    };
    let old_side = render(old, None)?;
    let cluster = Cluster::with(&old_side.objects);
    let sources = Sources {
        new: render(new, Some(&cluster))?,
        old: old_side,
    };
    let none = Default::default();
    Ok(plan(&Change {
        cluster: &cluster,
        old_files: old.map_or(&none, |source| &source.tree),
        new_files: new.map_or(&none, |source| &source.tree),
        old: &sources.old.objects,
        old_hooks: &sources.old.hooks,
        new: &sources.new.objects,
        new_hooks: &sources.new.hooks,
        sources: &sources,
        tool: Tool::Helm,
    }))
}

/// How often each effect stands in a plan, in the words of a summary: `1 rolls (3 pods)`.
fn summary(rows: &[PlanRow]) -> Vec<(Effect, String)> {
    let mut counted: Vec<(Effect, usize, u32)> = Vec::new();
    for row in rows {
        match counted
            .iter_mut()
            .find(|(effect, ..)| *effect == row.effect)
        {
            Some((_, count, pods)) => {
                *count += 1;
                *pods += row.pods;
            }
            None => counted.push((row.effect, 1, row.pods)),
        }
    }
    let told = counted.into_iter().map(|(effect, count, pods)| {
        let word = match effect {
            Effect::InPlace => "in place",
            Effect::NeedsRestart => "needs restart",
            Effect::None => "without effect",
            effect => effect.as_str(),
        };
        let pods = match pods {
            0 => String::new(),
            1 => " (1 pod)".to_owned(),
            pods => format!(" ({pods} pods)"),
        };
        (effect, format!("{count} {word}{pods}"))
    });
    told.collect()
}

/// How much of a value is shown, and how much of a sentence, in characters.
const VALUE_MOST: usize = 160;
const SENTENCE_MOST: usize = 600;

/// A text that is too long to be read, cut short.
fn shown(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text.to_owned(),
    }
}
