//! `.helmignore`: which files of a folder are not part of the chart
//! (helm.sh/helm/v4/pkg/ignore/rules.go).

use crate::error::Error;
use crate::path_match::PathPattern;

/// How long a line may be, as Go reads it.
const LINE_BYTES_MAX: usize = 64 << 10;

/// The rules of a `.helmignore`, in the order written. Hidden files under `templates/` are ignored
/// always.
pub struct IgnoreRules {
    rules: Vec<Rule>,
}

struct Rule {
    pattern: PathPattern,
    negated: bool,
    /// Whether it is about folders only.
    folders: bool,
    /// Whether it is about the whole path rather than the last name of it.
    whole_path: bool,
}

impl Default for IgnoreRules {
    fn default() -> IgnoreRules {
        let mut rules = Vec::new();
        rules.extend(Rule::parse("templates/.?*").ok());
        IgnoreRules { rules }
    }
}

impl IgnoreRules {
    /// Reads a `.helmignore`.
    ///
    /// # Errors
    /// `**`, and what is no pattern.
    pub fn parse(text: &[u8]) -> Result<IgnoreRules, Error> {
        let text = String::from_utf8_lossy(text);
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
        let mut rules = Vec::new();
        for line in text.lines() {
            if line.len() >= LINE_BYTES_MAX {
                return Err(Error::new("bufio.Scanner: token too long"));
            }
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                rules.push(Rule::parse(line)?);
            }
        }
        rules.extend(IgnoreRules::default().rules);
        Ok(IgnoreRules { rules })
    }

    /// Whether a path in the chart is left out. The folders above it are another question.
    ///
    /// The first rule that matches decides; a negated one ignores what it does not match.
    #[must_use]
    pub fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.rules.iter().any(|rule| {
            let subject = if rule.whole_path { path } else { name };
            let fits = is_folder || !rule.folders;
            match rule.negated {
                true => !fits || !rule.pattern.matches(subject),
                false => fits && rule.pattern.matches(subject),
            }
        })
    }

    /// Whether a file is left out, by itself or with a folder above it.
    pub(crate) fn ignores_file(&self, path: &str) -> bool {
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.any(|folder| self.ignores(folder, true)) || self.ignores(path, false)
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Rule, Error> {
        if line.contains("**") {
            return Err(Error::new("double-star (**) syntax is not supported"));
        }
        let pattern = |text: &str| {
            PathPattern::parse(text).ok_or_else(|| Error::new("syntax error in pattern"))
        };
        pattern(line)?;
        let (negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (folders, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        Ok(Rule {
            pattern: pattern(line.strip_prefix('/').unwrap_or(line))?,
            negated,
            folders,
            whole_path: line.contains('/'),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the paths the rules leave out.
    fn check(rules: &str, ignored: &[&str], kept: &[&str]) {
        let parsed = IgnoreRules::parse(rules.as_bytes()).unwrap();
        for path in ignored {
            assert!(parsed.ignores_file(path), "{rules:?} keeps {path}");
        }
        for path in kept {
            assert!(!parsed.ignores_file(path), "{rules:?} ignores {path}");
        }
    }

    #[test]
    fn rules_as_in_git_but_fewer() {
        check(
            "# comment\n*.bak\ntests/\n/root.txt\ncrds/kustomization.yaml\n",
            &[
                "a.bak",
                "templates/b.bak",
                "tests/a.yaml",
                "templates/tests/x.yaml",
                "root.txt",
                "crds/kustomization.yaml",
                "templates/.hidden",
            ],
            &[
                "tests",
                "values.yaml",
                "templates/kustomization.yaml",
                "a.bak.txt",
                "x/root.txt",
            ],
        );
        check("!keep.txt", &["a", "keep.txt/a"], &["keep.txt"]);
        check("!keep/", &["a", "keep/a"], &[]);
        check("a[0-9].txt", &["a1.txt"], &["ab.txt"]);
        check("{a,b}", &["{a,b}"], &["a"]);
    }

    #[test]
    fn what_is_no_rule() {
        for (rules, message) in [
            ("a/**/b", "double-star (**) syntax is not supported"),
            ("[", "syntax error in pattern"),
        ] {
            let error = IgnoreRules::parse(rules.as_bytes()).err();
            assert_eq!(error.map(|error| error.message).as_deref(), Some(message));
        }
    }
}
