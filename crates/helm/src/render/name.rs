//! Texts that are templates without a chart: `--name-template`
//! (helm.sh/helm/v4/pkg/action/install.go, `TemplateName`), and what others fill in with sprig.

use super::{Context, ReleaseOptions, WARN_END, WARN_START};
use crate::error::Error;
use gotmpl::{Machine, MissingKey, Trees, Value};
use std::rc::Rc;

const NAME: &str = "name-template";

/// Functions that charts have and names have not: those that are Helm's own rather than sprig's.
const HELMS_OWN: [&str; 13] = [
    "fromJsonArray",
    "fromToml",
    "fromYaml",
    "fromYamlArray",
    "include",
    "lookup",
    "mustToToml",
    "mustToYaml",
    "required",
    "toToml",
    "toYaml",
    "toYamlPretty",
    "tpl",
];

/// The name that a template gives.
///
/// # Errors
/// Go's, for a template that is none or fails.
pub fn render_name(template: &str, options: &ReleaseOptions) -> Result<String, Error> {
    render(template, Value::Nil, MissingKey::default(), options)
}

/// The text that a template gives which has data and sprig's functions, as Argo CD's ApplicationSets
/// have them. If it is strict, a key that the data has not is an error.
///
/// # Errors
/// Go's, for a template that is none or fails.
pub fn render_text(
    template: &str,
    data: &yaml::Value,
    is_strict: bool,
    options: &ReleaseOptions,
) -> Result<String, Error> {
    let missing = match is_strict {
        true => MissingKey::Error,
        false => MissingKey::Invalid,
    };
    render(template, Value::from(data), missing, options)
}

fn render(
    template: &str,
    data: Value,
    missing: MissingKey,
    options: &ReleaseOptions,
) -> Result<String, Error> {
    let fail = |error: gotmpl::Error| {
        let message = error.message.replace(WARN_START, "").replace(WARN_END, "");
        Error::new(message)
    };
    let mut context = Context::new(options);
    context
        .functions
        .retain(|name, _| !HELMS_OWN.contains(name));
    let mut trees = Trees::new();
    let is_function = |name: &str| gotmpl::is_function(&context, name);
    gotmpl::parse(NAME, template, &mut trees, &is_function).map_err(fail)?;
    let mut machine = Machine::new(Rc::new(trees), &mut context);
    machine.missing_key = missing;
    let output = machine.execute(NAME, data, NAME).map_err(fail)?;
    Ok(String::from_utf8_lossy(&output.text).into_owned())
}
