//! The files of a lab and of a learner's delivery: what is wrong with them, with a hint of what to write
//! instead, and what is known of a word. Helm's, GitHub's and Kubernetes' files are refused in the words
//! of those programs.

use ecow::{EcoString, eco_format};

// What a field must be

pub(crate) const EMPTY: &str = "the file is empty";
pub(crate) const NEEDED_BY_THE_LAB: &str = "the lab needs this file";
pub(crate) const KEEP_ONE: &str = "keep one of them";
pub(crate) const MUST_BE_A_LIST: &str = "must be a list";
pub(crate) const WRITE_ITEMS: &str = "write one `- item` a line";
pub(crate) const MUST_BE_A_MAPPING: &str = "must be a mapping";
pub(crate) const WRITE_NAMES: &str = "write `name: value` lines";
pub(crate) const WRITE_FIELDS: &str = "write `field: value` lines";
pub(crate) const MUST_BE_A_TEXT: &str = "must be a text";
pub(crate) const MUST_BE_A_TIME: &str = "must be a time with its unit, such as 4s, 500ms or 1m30s";
pub(crate) const MUST_BE_BYTES: &str = "must be an amount of bytes, such as 84Mi or 1Gi";
pub(crate) const MUST_BE_CPU: &str = "must be an amount of CPU, such as 500m or 2";
pub(crate) const MUST_BE_A_SHARE: &str = "must be a share from 0% to 100%, such as 0.5%";
pub(crate) const WHAT_A_NAME_IS: &str =
    "a name has up to 63 lower-case letters, digits and `-`, with no `-` at its ends";
pub(crate) const WHAT_A_PATH_IS: &str = "a path begins with /";
pub(crate) const WHAT_A_TAG_IS: &str = "use letters, digits, `.`, `_` and `-`, such as 1.4.2";
pub(crate) const WHAT_AN_ACCOUNT_IS: &str =
    "write its namespace and its name, such as shop/deployer";
pub(crate) const WHAT_ON_SIGTERM_IS: &str =
    "write drain with a time, such as drain 2s; exit; or ignore";

/// `what` is the mapping that has fields, such as `app.yaml`.
pub(crate) fn must_be_a_mapping(what: &str) -> EcoString {
    eco_format!("{what} {MUST_BE_A_MAPPING}")
}

pub(crate) fn unknown_field(field: &str, what: &str) -> EcoString {
    eco_format!("unknown field \"{field}\" in {what}")
}

pub(crate) fn field_twice(field: &str) -> EcoString {
    eco_format!("field \"{field}\" is there twice")
}

pub(crate) fn needs_field(what: &str, field: &str) -> EcoString {
    eco_format!("{what} needs the field \"{field}\"")
}

pub(crate) fn no_name(text: &str) -> EcoString {
    eco_format!("\"{text}\" is no name")
}

pub(crate) fn no_account(text: &str) -> EcoString {
    eco_format!("\"{text}\" is no service account")
}

pub(crate) fn no_tag(text: &str) -> EcoString {
    eco_format!("\"{text}\" cannot be part of an image's tag")
}

pub(crate) fn not_possible(text: &str) -> EcoString {
    eco_format!("\"{text}\" is not possible here")
}

pub(crate) fn write(text: &str) -> EcoString {
    eco_format!("write {text}")
}

/// One of several words is to be written.
pub(crate) fn write_one_of(words: &[&str]) -> EcoString {
    write(&words.join(" or "))
}

pub(crate) fn must_be_within(least: u64, most: u64) -> EcoString {
    eco_format!("must be a whole number from {least} to {most}")
}

/// What a field must be, and what is there.
pub(crate) fn but_is(must: &str, text: &str) -> EcoString {
    eco_format!("{must}; this is \"{text}\"")
}

pub(crate) fn did_you_mean(word: &str) -> EcoString {
    eco_format!("did you mean \"{word}\"?")
}

pub(crate) fn known_here(words: &[&str]) -> EcoString {
    eco_format!("known here: {}", words.join(", "))
}

// lab.yaml, cluster.yaml and traffic.yaml

// The mappings that have fields, where they have no name of their own.
pub(crate) const TRAFFIC: &str = "traffic";
pub(crate) const A_STEP: &str = "a step";
pub(crate) const A_CALL: &str = "a call";
pub(crate) const A_NODE: &str = "a node";

pub(crate) const HOST_AND_SERVICE: &str = "requests to a host go where its Ingress says";
pub(crate) const KEEP_HOST_OR_SERVICE: &str = "keep host, or service with namespace and port";
pub(crate) const NO_RATE: &str = "traffic needs the field \"requestsPerSecond\"";
pub(crate) const OR_STEPS: &str = "or steps, each with at and requestsPerSecond";
pub(crate) const RATE_TWICE: &str =
    "steps say how many requests there are, and so does requestsPerSecond";
pub(crate) const STEPS_OVERLAP: &str = "a step begins when the one before it is over, or later";

pub(crate) fn delivers_no_repository(name: &str) -> EcoString {
    eco_format!("delivered names \"{name}\", and there is no such repository")
}

pub(crate) fn no_files_in(folder: &str) -> EcoString {
    eco_format!("the pull request has no files in {folder}/")
}

pub(crate) fn must_be_at_least(field: &str, least: &str) -> EcoString {
    eco_format!("{field} must be at least {least}")
}

// A chart of one's own

pub(crate) const INSTALLED_BY_A_STAND_IN: &str =
    "It came without a workflow: a stand-in installs it with helm upgrade --install.";
pub(crate) const OTHER_IMAGES: &str = "Other images are pulled as they are named: well-known ones of \
     Docker Hub run, the nodes reach no other registry.";
/// Stands above the workflow that is made for it.
pub(crate) const STAND_IN_WORKFLOW: &str = "A stand-in: the chart came without a workflow.";
/// Stands above the app.yaml that is made for it.
pub(crate) const STAND_IN_CODE: &str = "A stand-in for the code: CI builds an image from it, and \
     containers of that image behave as it says.";
// The names of that workflow and its steps.
pub(crate) const DELIVER: &str = "Deliver";
pub(crate) const CHECK_OUT: &str = "Check out";
pub(crate) const BUILD_AND_PUSH: &str = "Build and push";
pub(crate) const UPGRADE_THE_RELEASE: &str = "Upgrade the release";

pub(crate) fn more_than_the_page_keeps(
    (files, bytes): (usize, usize),
    (files_max, bytes_max): (usize, usize),
) -> EcoString {
    eco_format!(
        "{files} files of {bytes} bytes are more than the page keeps: at most {files_max} files and \
         {bytes_max} bytes"
    )
}

pub(crate) fn no_text(files: usize) -> EcoString {
    eco_format!("{files} files that are no text were left out.")
}

/// The title of the pull request that adds it.
pub(crate) fn add(chart: &str) -> EcoString {
    eco_format!("Add {chart}")
}

/// What is assumed of the code that its image is built from.
pub(crate) fn code_is_assumed(
    chart: &str,
    port: i64,
    liveness: &str,
    readiness: &str,
) -> EcoString {
    eco_format!(
        "What the code of {chart} does is assumed in app.yaml: it starts in 2 s, listens on {port}, is \
         well at {liveness} and ready at {readiness}. CI builds its image."
    )
}

// What the editor explains

pub(crate) const CLUSTER_VERSION: &str = "the cluster's version";
pub(crate) const OF_CHART_YAML: &str = "of Chart.yaml";
pub(crate) const FILE_OF_THE_CHART: &str = "a file of the chart";
pub(crate) const WHETHER_INSTALLED: &str = "whether it is installed";
pub(crate) const WHETHER_UPGRADED: &str = "whether it is upgraded";
pub(crate) const THE_RELEASE: &str = "the release";
pub(crate) const ITS_NAMESPACE: &str = "its namespace";
pub(crate) const ITS_REVISION: &str = "its revision";
pub(crate) const THIS_FILE: &str = "this file";
pub(crate) const THE_VALUES: &str = "the values";
/// Stands before the rest of what is said of a field.
pub(crate) const REQUIRED: &str = "Required. ";

pub(crate) fn one_of(values: &str) -> EcoString {
    eco_format!("One of {values}.")
}

// Workflows, where GitHub has no words

pub(crate) const NO_CALLED_WORKFLOW: &str = "the lab does not simulate `uses` of a job";
pub(crate) const LEAVE_IT_OUT: &str = "leave it out";
pub(crate) const PATTERN_LEAVES_OUT: &str = "begin a pattern with ! to leave out what it matches";
/// What an action says that has nothing to do in the lab.
pub(crate) const SET_UP: &str = "Set up.";

pub(crate) fn jobs_max(most: usize) -> EcoString {
    eco_format!("the lab plays at most {most} jobs")
}

// What a run's log says of the lab's limits

/// Something that a workflow or a script asks for, and that does not happen.
pub(crate) fn not_simulated(what: &str) -> EcoString {
    eco_format!("not simulated: {what}")
}

/// A container for a step.
pub(crate) fn image_not_simulated(image: &str) -> EcoString {
    eco_format!("not simulated: {image} is started, and nothing answers in it")
}

pub(crate) fn limit(what: &str) -> EcoString {
    eco_format!("the lab's limit: {what}")
}

pub(crate) fn commands_max(most: usize) -> EcoString {
    eco_format!("a script runs at most {most} commands")
}

pub(crate) fn bytes_max(most: usize) -> EcoString {
    eco_format!("a script handles at most {most} bytes")
}

pub(crate) fn text_max(most: usize) -> EcoString {
    limit(&eco_format!("a text has at most {most} bytes"))
}

pub(crate) fn calls_max(most: usize) -> EcoString {
    limit(&eco_format!("a step makes at most {most} calls"))
}

// Runs

/// What a push started.
pub(crate) fn push_to(branch: &str) -> EcoString {
    eco_format!("push to {branch}")
}

pub(crate) fn pull_request(number: u32) -> EcoString {
    eco_format!("pull request #{number}")
}

pub(crate) fn run_by_hand(branch: &str) -> EcoString {
    eco_format!("run by hand on {branch}")
}
