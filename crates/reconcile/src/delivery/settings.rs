//! A repository's settings that are no code: `.github/settings.yml`, in the format of the Settings app
//! (repository-settings/app), and what a lab adds to them: secrets and variables.

use super::git::Tree;
use crate::view::{Millis, Problem};
use ecow::EcoString;
use yaml::Value;

/// The path of the file.
pub const PATH: &str = ".github/settings.yml";

/// Settings of a repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What workflows see as `secrets`.
    pub secrets: Vec<(EcoString, EcoString)>,
    /// What workflows see as `vars`.
    pub variables: Vec<(EcoString, EcoString)>,
    /// Environments with rules.
    pub environments: Vec<Environment>,
    /// How many approving reviews a pull request to main needs.
    pub reviews: u64,
    /// The checks that must succeed before it can be merged.
    pub checks: Vec<EcoString>,
    /// Whether its branch must be up to date with main (`strict`).
    pub is_strict: bool,
    /// Whether main takes merge commits, squashed pull requests, rebased ones.
    pub merges: [bool; 3],
}

impl Default for Settings {
    /// What GitHub has before anybody sets anything.
    fn default() -> Settings {
        Settings {
            secrets: Vec::new(),
            variables: Vec::new(),
            environments: Vec::new(),
            reviews: 0,
            checks: Vec::new(),
            is_strict: false,
            merges: [true; 3],
        }
    }
}

/// An environment that jobs deploy to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: EcoString,
    /// Whether somebody must approve.
    pub has_reviewers: bool,
    /// How long a job waits before it goes there.
    pub wait: Millis,
}

impl Settings {
    /// Reads the settings of a repository's files. What is wrong in the file counts as not there.
    #[must_use]
    pub fn read(files: &Tree) -> Settings {
        let mut settings = Settings::default();
        let text = files.get(PATH).map_or("", EcoString::as_str);
        let root = yaml::decode_with(text, yaml::Duplicates::LastWins).unwrap_or_default();
        let names = [
            "allow_merge_commit",
            "allow_squash_merge",
            "allow_rebase_merge",
        ];
        for (at, name) in names.into_iter().enumerate() {
            settings.merges[at] = root.at(&["repository", name]).as_bool().unwrap_or(true);
        }
        let count = |value: &Value| {
            value
                .as_int()
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0)
        };
        let branches = root.get("branches").items().iter();
        if let Some(main) = branches
            .clone()
            .find(|branch| branch.get("name").text() == "main")
        {
            let rules = main.get("protection");
            let reviews = [
                "required_pull_request_reviews",
                "required_approving_review_count",
            ];
            settings.reviews = count(rules.at(&reviews));
            let checks = rules.get("required_status_checks");
            settings.is_strict = checks.get("strict").as_bool() == Some(true);
            settings.checks = checks
                .get("contexts")
                .items()
                .iter()
                .map(Value::to_text)
                .collect();
        }
        let environments = root
            .get("environments")
            .items()
            .iter()
            .map(|it| Environment {
                name: it.get("name").to_text(),
                has_reviewers: !it.get("reviewers").items().is_empty(),
                wait: count(it.get("wait_timer")).saturating_mul(60_000),
            });
        settings.environments = environments.collect();
        settings
    }

    /// What is wrong with the file, as it is typed.
    #[must_use]
    pub fn check(path: &str, text: &str) -> Vec<Problem> {
        let error = yaml::decode(text).err();
        error
            .iter()
            .map(|error| super::reader::syntax_problem(path, error))
            .collect()
    }
}
