//! `.helmignore`: which files of a folder are not part of the chart.

use crate::glob;

/// Rules, in the order written.
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

struct Rule {
    pattern: String,
    negated: bool,
    /// Whether it is about folders only.
    folders: bool,
    /// Whether it is about the whole path rather than the last name of it.
    whole_path: bool,
}

impl Rules {
    /// Reads the file; hidden files under `templates/` are ignored always.
    pub fn parse(text: &str) -> Rules {
        let lines = text.lines().map(str::trim).chain(["templates/.?*"]);
        let rules = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let (negated, line) = match line.strip_prefix('!') {
                    Some(rest) => (true, rest),
                    None => (false, line),
                };
                let (folders, line) = match line.strip_suffix('/') {
                    Some(rest) => (true, rest),
                    None => (false, line),
                };
                Rule {
                    pattern: line.trim_start_matches('/').to_owned(),
                    negated,
                    folders,
                    whole_path: line.contains('/'),
                }
            })
            .collect();
        Rules { rules }
    }

    /// Whether a file is left out, by itself or with a folder above it.
    pub fn ignores(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| (&path[..at], true));
        folders
            .chain([(path, false)])
            .any(|(path, is_folder)| self.matches(path, is_folder))
    }

    /// The first rule that matches decides; a negated one ignores what it does not match.
    fn matches(&self, path: &str, is_folder: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        for rule in &self.rules {
            let subject = if rule.whole_path { path } else { name };
            let found = glob::matches(&rule.pattern, subject);
            if rule.negated {
                if rule.folders && !is_folder {
                    return true;
                }
                if !found {
                    return true;
                }
            } else if found && (is_folder || !rule.folders) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_as_in_git_but_fewer() {
        let rules = Rules::parse("# comment\n*.bak\ntests/\n/root.txt\ncrds/kustomization.yaml\n");
        let ignored = [
            "a.bak",
            "templates/b.bak",
            "tests/a.yaml",
            "templates/tests/x.yaml",
            "root.txt",
            "crds/kustomization.yaml",
            "templates/.hidden",
        ];
        for path in ignored {
            assert!(rules.ignores(path), "{path}");
        }
        for path in [
            "tests",
            "values.yaml",
            "templates/kustomization.yaml",
            "a.bak.txt",
        ] {
            assert!(!rules.ignores(path), "{path}");
        }
    }
}
