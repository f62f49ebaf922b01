//! `git` in a job: looking at a clone, committing to it, and pushing.
//!
//! Words of git 2.51. What it does to branches, tags and remotes beyond that is not simulated.

use super::answer::Answer;
use super::commands::not_simulated;
use super::context::is_own_token;
use super::machine::{Machine, Stop};
use super::workplace::{Checkout, Credential, Outgoing};
use crate::delivery::diff;
use crate::delivery::git::{Person, Tree};
use crate::view::FileDiff;
use ecow::{EcoString, eco_format};
use std::rc::Rc;

type Done = Result<Answer, Stop>;

/// `git [-C FOLDER] [-c NAME=VALUE] COMMAND …`
pub fn git(machine: &mut Machine<'_>, words: &[EcoString], args: &[EcoString]) -> Done {
    let mut folder = machine.folder.clone();
    let mut rest = args;
    while let [flag, value, after @ ..] = rest {
        match flag.as_str() {
            "-C" => folder = machine.path(value),
            "-c" => {}
            _ => break,
        }
        rest = after;
    }
    let Some((command, args)) = rest.split_first() else {
        return Ok(not_simulated("git", args));
    };
    let unknown = || not_simulated("git", rest);
    match command.as_str() {
        "clone" => return Ok(clone(machine, args)),
        "config" if args.iter().any(|arg| arg == "--global") => {
            return Ok(configure(machine, None, args));
        }
        _ => {}
    }
    let Some(at) = machine.place.clone_at(&folder) else {
        let why = "fatal: not a git repository (or any of the parent directories): .git";
        return Ok(Answer::failed(128, why));
    };
    Ok(match command.as_str() {
        "config" => configure(machine, Some(at), args),
        "rev-parse" | "log" | "show" | "describe" => {
            look(machine, at, &folder, command, args).unwrap_or_else(unknown)
        }
        "add" => add(machine, at, &folder, args),
        "commit" => commit(machine, at, args),
        "status" => status(machine, at, args),
        "diff" => difference(machine, at, args).unwrap_or_else(unknown),
        "checkout" | "switch" => switch(machine, at, args).unwrap_or_else(unknown),
        "branch" if args.iter().any(|arg| arg == "--show-current") => {
            Answer::ok(machine.place.clones[at].branch.clone())
        }
        "remote" | "tag" => unknown(),
        "fetch" => Answer::default(),
        "pull" => pull(machine, at),
        "push" => return push(machine, at, words, args),
        _ => unknown(),
    })
}

/// The words after the flags, and the flags.
fn split(args: &[EcoString]) -> (Vec<&str>, Vec<&str>) {
    args.iter()
        .map(EcoString::as_str)
        .partition(|arg| arg.starts_with('-') && arg.len() > 1)
}

/// `git config [--global] user.name NAME`
fn configure(machine: &mut Machine<'_>, at: Option<usize>, args: &[EcoString]) -> Answer {
    let (_, words) = split(args);
    let [key @ ("user.name" | "user.email"), value] = words.as_slice() else {
        return Answer::default();
    };
    let place = &mut machine.place;
    let global = at.is_none().then_some(&mut place.author);
    let clones = place.clones.make_mut().iter_mut().enumerate();
    let clones = clones.filter(|(it, _)| at.is_none_or(|at| at == *it));
    for author in global
        .into_iter()
        .chain(clones.map(|(_, clone)| &mut clone.author))
    {
        let author = author.get_or_insert_with(|| Person::new("", ""));
        let both = match *key {
            "user.name" => (*value, author.email.clone()),
            _ => (author.name.as_str(), EcoString::from(*value)),
        };
        *author = Person::new(both.0, &both.1);
    }
    Answer::default()
}

/// `git rev-parse [--short] HEAD`, `git rev-parse --abbrev-ref HEAD`,
/// `git log -1 --format=FORMAT [-- PATH…]`
fn look(
    machine: &Machine<'_>,
    at: usize,
    folder: &str,
    command: &str,
    args: &[EcoString],
) -> Option<Answer> {
    let clone = &machine.place.clones[at];
    let cut = args
        .iter()
        .position(|arg| arg == "--")
        .unwrap_or(args.len());
    let (options, words) = split(&args[..cut]);
    if command == "rev-parse" {
        return Some(match (options.as_slice(), words.as_slice()) {
            ([], ["HEAD"]) => Answer::ok(eco_format!("{}", clone.head)),
            (["--abbrev-ref"], ["HEAD"]) => Answer::ok(clone.branch.clone()),
            ([short], ["HEAD"]) => {
                let digits = match short.strip_prefix("--short")?.strip_prefix('=') {
                    Some(digits) => digits.parse().ok()?,
                    None => 7,
                };
                Answer::ok(
                    eco_format!("{}", clone.head)
                        .chars()
                        .take(digits)
                        .collect::<EcoString>(),
                )
            }
            _ => return None,
        });
    }
    let mut format = None;
    let mut is_one = command == "show";
    for option in options {
        match option {
            "-1" | "-n1" => is_one = true,
            "-s" | "--no-patch" => {}
            option => {
                let found = option
                    .strip_prefix("--format=")
                    .or_else(|| option.strip_prefix("--pretty=format:"))
                    .or_else(|| option.strip_prefix("--pretty="))?;
                format = Some(found);
            }
        }
    }
    let format = format.filter(|_| is_one && matches!(words.as_slice(), [] | ["HEAD"]))?;
    let inside = |path: &EcoString| -> EcoString {
        let path = super::workplace::resolved(folder, machine.value("GITHUB_WORKSPACE"), path);
        super::workplace::within(&clone.folder, &path)
            .unwrap_or_default()
            .into()
    };
    let paths: Vec<EcoString> = args
        .get(cut + 1..)
        .unwrap_or_default()
        .iter()
        .map(inside)
        .collect();
    let Some(oid) = clone
        .repository
        .last_change(clone.head, &paths, clone.depth)
    else {
        return Some(Answer::default());
    };
    let commit = clone.repository.commit(oid)?;
    let body = commit
        .message
        .split_once("\n\n")
        .map_or("", |(_, body)| body);
    let filled = format
        .replace("%H", &oid.to_string())
        .replace("%h", &oid.short())
        .replace("%an", &commit.author.name)
        .replace("%ae", &commit.author.email)
        .replace("%B", &commit.message)
        .replace("%b", body)
        .replace("%s", commit.subject());
    Some(Answer::ok(filled))
}

/// `git add PATH…`, `-A`, `.`
fn add(machine: &mut Machine<'_>, at: usize, folder: &str, args: &[EcoString]) -> Answer {
    let (flags, words) = split(args);
    let clone = machine.place.clones[at].clone();
    let files = machine.place.files_of(&clone);
    let takes_all = flags
        .iter()
        .any(|flag| matches!(*flag, "-A" | "--all" | "-u" | "--update"));
    let mut index = Tree::clone(&clone.index);
    let paths = if takes_all && words.is_empty() {
        vec![""]
    } else {
        words
    };
    for word in paths {
        let path = match word {
            "" => clone.folder.clone(),
            word => super::workplace::resolved(folder, machine.value("GITHUB_WORKSPACE"), word),
        };
        let path = super::workplace::within(&clone.folder, &path)
            .or((path == clone.folder).then_some(""))
            .unwrap_or_default();
        let is_meant = |have: &str| have == path || super::workplace::within(path, have).is_some();
        if !files.keys().chain(index.keys()).any(|have| is_meant(have)) {
            let why = eco_format!("fatal: pathspec '{word}' did not match any files");
            return Answer::failed(128, why);
        }
        index.retain(|have, _| !is_meant(have));
        let added = files.iter().filter(|(have, _)| is_meant(have));
        index.extend(added.map(|(path, text)| (path.clone(), text.clone())));
    }
    machine.place.clones.make_mut()[at].index = Rc::new(index);
    Answer::default()
}

/// `git commit [-a] -m MESSAGE… [--allow-empty]`
fn commit(machine: &mut Machine<'_>, at: usize, args: &[EcoString]) -> Answer {
    let clone = machine.place.clones[at].clone();
    let (mut message, mut is_all, mut is_empty_well) = (Vec::new(), false, false);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-m" | "--message" | "-am" => {
                is_all |= arg == "-am";
                message.extend(rest.next().map(EcoString::as_str));
            }
            "-a" | "--all" => is_all = true,
            "--allow-empty" => is_empty_well = true,
            arg => message.extend(arg.strip_prefix("--message=").or(arg.strip_prefix("-m"))),
        }
    }
    let author = clone
        .author
        .filter(|who| !who.name.is_empty() && !who.email.is_empty());
    let Some(author) = author else {
        return Answer::failed(
            128,
            "Author identity unknown\n\n*** Please tell me who you are.\n\nRun\n\n  git config --global user.email \"you@example.com\"\n  git config --global user.name \"Your Name\"\n\nto set your account's default identity.\nOmit --global to set the identity only in this repository.\n\nfatal: empty ident name (for <runner@localhost>) not allowed",
        );
    };
    let before = clone.repository.files(clone.head);
    let mut files = Tree::clone(&clone.index);
    if is_all {
        let live = machine.place.files_of(&machine.place.clones[at]);
        files = lean::map(
            live.into_iter()
                .filter(|(path, _)| before.contains_key(path)),
        );
    }
    if files == before && !is_empty_well {
        let branch = &clone.branch;
        let said = eco_format!("On branch {branch}\nnothing to commit, working tree clean\n");
        return Answer {
            status: 1,
            stdout: said,
            ..Answer::default()
        };
    }
    if message.is_empty() {
        return Answer::failed(1, "Aborting commit due to empty commit message.");
    }
    let message = message.join("\n\n");
    let mut repository = clone.repository;
    let made = repository.commit_files(&files, &[clone.head], author, machine.now, &message);
    let head = match made {
        Ok(head) => head,
        Err(error) => return Answer::failed(128, eco_format!("error: {error}")),
    };
    repository.set_branch(&clone.branch, head);
    let changed = diff::trees(&before, &files);
    let said = eco_format!(
        "[{} {}] {}\n {}\n",
        clone.branch,
        head.short(),
        message.lines().next().unwrap_or_default(),
        shortstat(&changed)
    );
    let clone = &mut machine.place.clones.make_mut()[at];
    (clone.head, clone.repository, clone.index) = (head, repository, Rc::new(files));
    Answer::ok(said)
}

/// `1 file changed, 1 insertion(+), 1 deletion(-)`
fn shortstat(changed: &[FileDiff]) -> EcoString {
    let counted = |count: usize, one: &str, more: &str| match count {
        1 => eco_format!("1 {one}"),
        count => eco_format!("{count} {more}"),
    };
    let added: usize = changed.iter().map(|file| file.added).sum();
    let removed: usize = changed.iter().map(|file| file.removed).sum();
    let mut said = counted(changed.len(), "file changed", "files changed");
    for (count, one, more) in [
        (added, "insertion(+)", "insertions(+)"),
        (removed, "deletion(-)", "deletions(-)"),
    ] {
        if count > 0 {
            said += &*eco_format!(", {}", counted(count, one, more));
        }
    }
    said
}

/// The paths that differ between the last commit and the files, with the letter of `git status`.
fn changes(machine: &Machine<'_>, at: usize) -> Vec<(&'static str, EcoString)> {
    let clone = &machine.place.clones[at];
    let (old, new) = (
        clone.repository.files(clone.head),
        machine.place.files_of(clone),
    );
    let paths = lean::set(old.keys().chain(new.keys()));
    let mut all = Vec::new();
    for path in paths {
        let letter = match (old.get(path), new.get(path)) {
            (Some(a), Some(b)) if a == b => continue,
            (Some(_), Some(_)) if clone.index.get(path) == new.get(path) => "M ",
            (Some(_), Some(_)) => " M",
            (Some(_), None) => " D",
            (None, _) if clone.index.contains_key(path) => "A ",
            (None, _) => "??",
        };
        all.push((letter, path.clone()));
    }
    all
}

/// `git status [--porcelain|-s]`
fn status(machine: &Machine<'_>, at: usize, args: &[EcoString]) -> Answer {
    let is_short = args
        .iter()
        .any(|arg| matches!(arg.as_str(), "--porcelain" | "-s" | "--short"));
    let changes = changes(machine, at);
    let lines: Vec<EcoString> = changes
        .iter()
        .map(|(letter, path)| eco_format!("{letter} {path}\n"))
        .collect();
    let branch = &machine.place.clones[at].branch;
    match (is_short, lines.is_empty()) {
        (true, _) => Answer::ok(lines.concat()),
        (false, true) => Answer::ok(eco_format!(
            "On branch {branch}\nnothing to commit, working tree clean"
        )),
        (false, false) => Answer::ok(eco_format!(
            "On branch {branch}\nChanges not staged for commit:\n{}",
            lines.concat()
        )),
    }
}

/// `git diff [--quiet|--exit-code|--stat] [--cached]`
fn difference(machine: &Machine<'_>, at: usize, args: &[EcoString]) -> Option<Answer> {
    let (flags, words) = split(args);
    let known = [
        "--quiet",
        "--exit-code",
        "--cached",
        "--staged",
        "--stat",
        "--no-color",
    ];
    if !flags.iter().all(|flag| known.contains(flag)) || words.iter().any(|word| *word != "HEAD") {
        return None;
    }
    let has = |flag: &str| flags.contains(&flag);
    let clone = &machine.place.clones[at];
    let committed = clone.repository.files(clone.head);
    let files = machine.place.files_of(clone);
    let live: Tree = lean::map(
        files
            .into_iter()
            .filter(|(path, _)| clone.index.contains_key(path)),
    );
    let (old, new) = match (has("--cached") || has("--staged"), words.is_empty()) {
        (true, _) => (&committed, &*clone.index),
        (false, true) => (&*clone.index, &live),
        (false, false) => (&committed, &live),
    };
    let changed = diff::trees(old, new);
    let status = i32::from((has("--quiet") || has("--exit-code")) && !changed.is_empty());
    let mut out = String::new();
    for file in changed.iter().filter(|_| !has("--quiet")) {
        if has("--stat") {
            out += &format!(
                " {} | {} {}{}\n",
                file.path,
                file.added + file.removed,
                "+".repeat(file.added.min(40)),
                "-".repeat(file.removed.min(40))
            );
            continue;
        }
        out += &format!("diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n", file.path);
        out += &unified::print(&file.hunks);
    }
    Some(Answer {
        status,
        stdout: out.into(),
        ..Answer::default()
    })
}

/// `git checkout -b BRANCH`, `git switch -c BRANCH`, and back to one that is there.
fn switch(machine: &mut Machine<'_>, at: usize, args: &[EcoString]) -> Option<Answer> {
    let (flags, words) = split(args);
    let [name] = words.as_slice() else {
        return None;
    };
    let clone = &mut machine.place.clones.make_mut()[at];
    match flags.as_slice() {
        ["-b" | "-B" | "-c" | "-C"] => {
            clone.repository.set_branch(name, clone.head);
            clone.branch = (*name).into();
            Some(Answer {
                stderr: eco_format!("Switched to a new branch '{name}'\n"),
                ..Answer::default()
            })
        }
        [] => {
            let Some(head) = clone.repository.branch(name) else {
                let why =
                    eco_format!("error: pathspec '{name}' did not match any file(s) known to git");
                return Some(Answer::failed(1, why));
            };
            let mut clone = clone.clone();
            (clone.branch, clone.head) = ((*name).into(), head);
            let files = clone.repository.files(head);
            clone.index = Rc::new(files.clone());
            machine.place.check_out(clone, &files);
            Some(Answer {
                stderr: eco_format!("Switched to branch '{name}'\n"),
                ..Answer::default()
            })
        }
        _ => None,
    }
}

/// `git clone [--depth N] [--branch B] ADDRESS [FOLDER]`
fn clone(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let (mut words, mut branch, mut depth) = (Vec::new(), "main", None);
    let mut rest = args.iter().map(EcoString::as_str);
    while let Some(arg) = rest.next() {
        match arg {
            "--branch" | "-b" => branch = rest.next().unwrap_or_default(),
            "--depth" => depth = rest.next().and_then(|depth| depth.parse().ok()),
            arg if arg.starts_with('-') => {}
            arg => words.push(arg),
        }
    }
    let Some(address) = words.first() else {
        return Answer::failed(129, "fatal: You must specify a repository to clone.");
    };
    let name = address
        .trim_end_matches(".git")
        .rsplit(['/', ':'])
        .next()
        .unwrap_or_default();
    let folder = words.get(1).copied().unwrap_or(name);
    let said = eco_format!("Cloning into '{folder}'...\n");
    let Some(repository) = machine.remotes.get(name).cloned() else {
        let why = eco_format!(
            "{said}remote: Repository not found.\nfatal: repository '{address}' not found"
        );
        return Answer::failed(128, why);
    };
    let Some(head) = repository.branch(branch) else {
        let why = eco_format!("{said}fatal: Remote branch {branch} not found in upstream origin");
        return Answer::failed(128, why);
    };
    let files = repository.files(head);
    let clone = Checkout {
        folder: machine.path(folder),
        name: name.into(),
        repository,
        branch: branch.into(),
        head,
        depth,
        index: Rc::new(files.clone()),
        author: machine.place.author.clone(),
        credential: credential(machine, address, name),
    };
    machine.place.check_out(clone, &files);
    Answer {
        stderr: said,
        ..Answer::default()
    }
}

/// Who clones from an address: whose token it holds, if any (`https://x-access-token:TOKEN@github.com/…`).
/// A key for ssh is taken as there.
fn credential(machine: &Machine<'_>, address: &str, name: &str) -> Credential {
    let Some(rest) = address.strip_prefix("https://") else {
        return Credential::Writer;
    };
    let Some((login, _)) = rest.split_once('@') else {
        return Credential::Nobody;
    };
    let token = login.split_once(':').map_or(login, |(_, token)| token);
    match is_own_token(token) {
        true => Credential::Writer,
        // What the job's token may do, its own checkout knows.
        false => {
            let clones = machine.place.clones.iter();
            let own = clones.filter(|clone| clone.name == name);
            own.map(|clone| clone.credential)
                .next()
                .unwrap_or(Credential::Reader)
        }
    }
}

/// `git pull [--rebase]`: the remote's branch, and what was committed here on top of it.
fn pull(machine: &mut Machine<'_>, at: usize) -> Answer {
    let clone = machine.place.clones[at].clone();
    let remote = machine.remotes.get(&clone.name);
    let Some(theirs) = remote.and_then(|remote| remote.branch(&clone.branch)) else {
        return Answer::failed(
            1,
            "There is no tracking information for the current branch.",
        );
    };
    if theirs == clone.head || clone.repository.is_ancestor(theirs, clone.head) {
        return Answer::ok("Already up to date.");
    }
    let mut next = clone.clone();
    if let Some(remote) = machine.remotes.get(&clone.name) {
        next.repository.take(remote, theirs);
    }
    if !next.repository.is_ancestor(clone.head, theirs) {
        return not_simulated("git", &["pull".into()]);
    }
    let said = eco_format!(
        "Updating {}..{}\nFast-forward",
        clone.head.short(),
        theirs.short()
    );
    let files = next.repository.files(theirs);
    next.head = theirs;
    next.index = Rc::new(files.clone());
    machine.place.check_out(next, &files);
    Answer::ok(said)
}

/// `git push [-f] [-u] [origin] [BRANCH|HEAD:BRANCH]`
fn push(machine: &mut Machine<'_>, at: usize, words: &[EcoString], args: &[EcoString]) -> Done {
    let (flags, targets) = split(args);
    let clone = &machine.place.clones[at];
    let target = targets.get(1).copied().unwrap_or(&clone.branch);
    let branch = target.split_once(':').map_or(target, |(_, to)| to);
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let branch = if branch == "HEAD" {
        clone.branch.as_str()
    } else {
        branch
    };
    let known = [
        "-f",
        "--force",
        "-u",
        "--set-upstream",
        "--force-with-lease",
        "-q",
    ];
    if targets.first().is_some_and(|remote| *remote != "origin")
        || targets.len() > 2
        || !flags.iter().all(|flag| known.contains(flag))
    {
        return Ok(not_simulated("git", &words[1..]));
    }
    if branch.is_empty() {
        return Ok(Answer::failed(
            128,
            "fatal: You are not currently on a branch.",
        ));
    }
    let outgoing = Outgoing {
        name: clone.name.clone(),
        branch: branch.into(),
        head: clone.head,
        from: clone.repository.clone(),
        credential: clone.credential,
        is_forced: flags
            .iter()
            .any(|flag| matches!(*flag, "-f" | "--force" | "--force-with-lease")),
    };
    machine.ask(words, Some(outgoing))
}
