//! `cargo xtask finish`: what a build of the site needs after trunk, which calls it as its hook.
//!
//! Trunk makes `index.html`. Made of it here: `embed.html`, the page in a frame; every page's
//! Content-Security-Policy, under which no script stands in a page; and the list by which the service
//! worker keeps the site.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

/// Set while the site is only served to its developer: trunk's own script that reloads the page would be
/// refused, and a kept copy would hide what was changed.
pub const SERVED: &str = "ROLLOUT_LAB_SERVED";

/// What a page may load: what lies beside it, nothing else. WebAssembly counts as a kind of `eval`.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; \
     form-action 'none'";

/// What the engine, its worker and the editor are made of: the page asks for them by their version.
const ENGINE: [&str; 7] = [
    "engine_bg.wasm",
    "engine.js",
    "worker.js",
    "fields.txt",
    "descriptions.txt",
    "opening.bin",
    "editor.js",
];

/// Finishes the site in the folder in which trunk made it.
pub fn run(arguments: &[String]) -> Result<(), String> {
    crate::no_arguments(arguments)?;
    let folder = env::var_os("TRUNK_STAGING_DIR").ok_or("trunk calls this, and says where")?;
    let site = Site(folder.into());
    let is_served = env::var_os(SERVED).is_some();

    let mut page = site.read("index.html")?;
    let version = site.version(&ENGINE.map(String::from))?;
    page = page.replace("engine-version", &version);
    let worker = site.read("worker.js")?;
    site.write("worker.js", &worker.replace("engine-version", &version))?;
    if !is_served {
        page = site.move_script(&page)?;
    }
    site.write("index.html", &page)?;
    // A frame leaves nothing behind in the reader's browser.
    let embed = page
        .replace("<html lang=\"en\"", "<html lang=\"en\" data-embed")
        .replace("<script src=\"offline.js\" defer></script>", "");
    site.write("embed.html", &embed)?;
    if is_served {
        return site.write("sw.js", "");
    }
    for name in [
        "index.html",
        "embed.html",
        "embedding.html",
        "modelled.html",
    ] {
        let page = site.read(name)?;
        let policy = format!(
            "<head>\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">"
        );
        site.write(name, &page.replacen("<head>", &policy, 1))?;
    }
    let mut files = Vec::new();
    site.list(Path::new(""), &mut files)?;
    files.retain(|name| name != "sw.js");
    files.sort();
    let worker = site.read("sw.js")?;
    let worker = worker.replace("site-version", &site.version(&files)?);
    site.write("sw.js", &worker.replace("site-files", &files.join(" ")))
}

/// The folder of the site.
struct Site(PathBuf);

impl Site {
    fn read(&self, name: &str) -> Result<String, String> {
        let path = self.0.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.0.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What tells these files from any others.
    fn version(&self, names: &[String]) -> Result<String, String> {
        let mut hasher = DefaultHasher::new();
        for name in names {
            let path = self.0.join(name);
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            hasher.write(name.as_bytes());
            hasher.write(&bytes);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    /// Moves the script that trunk writes into the page, the one that starts it, into a file of its own.
    fn move_script(&self, page: &str) -> Result<String, String> {
        let open = "<script type=\"module\">";
        let parts = page
            .split_once(open)
            .and_then(|(before, rest)| Some((before, rest.split_once("</script>")?)));
        let Some((before, (script, after))) = parts else {
            return Err("index.html has no script that starts it".to_owned());
        };
        self.write("start.js", script)?;
        let version = self.version(&["start.js".to_owned()])?;
        Ok(format!(
            "{before}<script type=\"module\" src=\"start.js?{version}\"></script>{after}"
        ))
    }

    /// All files, by their paths in the site.
    fn list(&self, folder: &Path, files: &mut Vec<String>) -> Result<(), String> {
        let path = self.0.join(folder);
        let failed = |error| format!("{}: {error}", path.display());
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let inside = folder.join(entry.file_name());
            if entry.path().is_dir() {
                self.list(&inside, files)?;
            } else {
                files.push(inside.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(())
    }
}
