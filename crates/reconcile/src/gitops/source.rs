//! From a URL and a revision to files: what a GitOps tool fetches.

use crate::delivery::git::{Oid, Repository};
use crate::pipeline::MAIN;
use ecow::{EcoString, eco_format};
use lean::SharedMap;

/// All repositories of the lab, by name.
pub(crate) type Repositories = SharedMap<EcoString, Repository>;

/// The repository's name in a URL: `deploy-config` in `https://github.com/shop/deploy-config.git`.
pub(crate) fn name_of(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    url.rsplit(['/', ':']).next().unwrap_or(url)
}

/// The repository of a URL.
///
/// # Errors
/// What git's server says of one that is not there.
pub(crate) fn repository<'a>(
    repositories: &'a Repositories,
    url: &str,
) -> Result<&'a Repository, EcoString> {
    let found = repositories.get(name_of(url));
    found.ok_or_else(|| "authentication required: Repository not found.".into())
}

/// The commit that a revision means: a branch, `HEAD`, or a commit's id or its beginning.
pub(crate) fn resolve(repository: &Repository, revision: &str) -> Option<Oid> {
    let branch = match revision {
        "" | "HEAD" => MAIN,
        name => name.strip_prefix("refs/heads/").unwrap_or(name),
    };
    if let Some(commit) = repository.branch(branch) {
        return Some(commit);
    }
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if revision.len() < 7 || !revision.chars().all(is_hex) {
        return None;
    }
    let mut waiting: Vec<Oid> = repository.branches().map(|(_, commit)| commit).collect();
    let mut seen = Vec::new();
    while let Some(oid) = waiting.pop() {
        if eco_format!("{oid}").starts_with(revision) {
            return Some(oid);
        }
        if seen.contains(&oid) {
            continue;
        }
        seen.push(oid);
        let parents = repository.commit(oid).map(|commit| commit.parents.clone());
        waiting.extend(parents.unwrap_or_default());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_by_the_end_of_its_url() {
        for (url, name) in [
            ("https://github.com/shop/deploy-config.git", "deploy-config"),
            ("https://github.com/shop/deploy-config/", "deploy-config"),
            ("git@github.com:shop/deploy-config.git", "deploy-config"),
            ("git@host:deploy-config", "deploy-config"),
            ("", ""),
        ] {
            assert_eq!(name_of(url), name, "{url}");
        }
    }
}
