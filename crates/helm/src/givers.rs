//! Who gave a value: the flag, or the line of the file, that is the strongest of those that name it.

use crate::values::{keys_of, line_of_keys};
use crate::{Chart, SetKind, Values};

/// One that gives values.
#[derive(Clone, Debug)]
pub struct Giver {
    /// The file's path, or the flag with its text.
    name: String,
    given: Given,
}

#[derive(Clone, Debug)]
enum Given {
    /// A flag's values.
    Flag(yaml::Value),
    /// A file's text, and the keys under which its values stand in the chart's.
    File(Vec<String>, String),
    /// Values, the text of the file that they are part of, and the keys under which they stand there.
    Inside(yaml::Value, String, Vec<String>),
}

impl Giver {
    /// A flag such as `--set`, with its text.
    #[must_use]
    pub fn flag(name: &str, text: &str, kind: Option<SetKind>) -> Giver {
        let values = Values::new();
        // What cannot be read gives nothing; whoever renders says so.
        let _ = match kind {
            Some(kind) => values.set(text, kind),
            None => values.set_file(text, &mut |_| Ok(String::new())),
        };
        Giver {
            name: format!("{name} {text}"),
            given: Given::Flag(values.to_yaml()),
        }
    }

    /// A values file.
    #[must_use]
    pub fn file(path: &str, text: String) -> Giver {
        Giver {
            name: path.to_owned(),
            given: Given::File(Vec::new(), text),
        }
    }

    /// Values that stand in a file of something else, such as a manifest, under these keys. Where the
    /// text has no line for them, `name` stands alone.
    #[must_use]
    pub fn inside(name: &str, text: &str, under: &[String], values: yaml::Value) -> Giver {
        Giver {
            name: name.to_owned(),
            given: Given::Inside(values, text.to_owned(), under.to_vec()),
        }
    }

    /// The chart's own values and its subcharts', those of the outer chart first, for they go over
    /// the inner ones'. `folder` is where it lies, `read` gives the text of a file.
    #[must_use]
    pub fn defaults(
        chart: &Chart,
        folder: &str,
        read: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Vec<Giver> {
        let mut givers = Vec::new();
        collect_defaults(chart, &[], folder, read, &mut givers);
        givers
    }

    /// The flag, or the line of the file (`values.yaml:12`), that gives the value of these keys.
    fn find(&self, keys: &[String]) -> Option<String> {
        match &self.given {
            Given::Flag(values) => member(values, keys).map(|_| self.name.clone()),
            Given::Inside(values, text, under) => {
                member(values, keys)?;
                let line = line_of_keys(text, &[under, keys].concat());
                let line = line.or_else(|| line_of_keys(text, under));
                Some(line.map_or_else(|| self.name.clone(), |at| format!("{}:{at}", self.name)))
            }
            Given::File(prefix, text) => {
                let mut rest = keys;
                for name in prefix {
                    match rest.split_first() {
                        Some((first, after)) if first == name => rest = after,
                        // What is global is the same for every chart.
                        Some((first, _)) if first == "global" => {}
                        _ => return None,
                    }
                }
                let line = line_of_keys(text, rest)?;
                Some(format!("{}:{line}", self.name))
            }
        }
    }
}

fn collect_defaults(
    chart: &Chart,
    prefix: &[String],
    folder: &str,
    read: &mut dyn FnMut(&str) -> Option<String>,
    givers: &mut Vec<Giver>,
) {
    let path = match folder {
        "" => "values.yaml".to_owned(),
        folder => format!("{folder}/values.yaml"),
    };
    if let Some(text) = read(&path) {
        givers.push(Giver {
            name: path,
            given: Given::File(prefix.to_vec(), text),
        });
    }
    for sub in &chart.dependencies {
        let below = format!("charts/{}", sub.name());
        let below = match folder {
            "" => below,
            folder => format!("{folder}/{below}"),
        };
        let wanted = chart.metadata.dependencies.iter();
        let wanted = wanted.filter(|one| one.name == sub.name());
        let mut names: Vec<&str> = wanted
            .map(|one| match one.alias.as_str() {
                "" => sub.name(),
                alias => alias,
            })
            .collect();
        if names.is_empty() {
            names.push(sub.name());
        }
        for name in names {
            let mut inner = prefix.to_vec();
            inner.push(name.to_owned());
            collect_defaults(sub, &inner, &below, read, givers);
        }
    }
}

/// Who gave the value at a path, written as in [`LineOrigin::values`](crate::LineOrigin::values): a
/// flag with its text, or `FILE:LINE`. The strongest giver comes first.
#[must_use]
pub fn giver_of(givers: &[Giver], path: &str) -> Option<String> {
    let keys = keys_of(path);
    givers.iter().find_map(|giver| giver.find(&keys))
}

/// The value at a path, written as in [`LineOrigin::values`](crate::LineOrigin::values).
#[must_use]
pub fn value_at<'a>(values: &'a yaml::Value, path: &str) -> Option<&'a yaml::Value> {
    member(values, &keys_of(path))
}

fn member<'a>(values: &'a yaml::Value, keys: &[String]) -> Option<&'a yaml::Value> {
    keys.iter().try_fold(values, |value, key| match value {
        yaml::Value::List(items) => items.get(key.parse::<usize>().ok()?),
        value => value.as_map()?.get(key),
    })
}
