//! Files of a pod: each container's own, gone with it, and those of volumes, which containers share.

use ecow::EcoString;
use lean::SharedMap;

/// The files of a pod, by place: `c/NAME/path` in a container of that name, `v/NAME/path` in a volume.
pub(super) type Files = SharedMap<EcoString, EcoString>;

/// What one container sees of them.
pub(super) struct Disk<'a> {
    /// All there are.
    pub(super) files: &'a mut Files,
    /// The container's name.
    pub(super) container: &'a str,
    /// Where volumes are mounted: the path, and the volume with the path inside it.
    pub(super) mounts: &'a [(EcoString, EcoString)],
}

impl Disk<'_> {
    /// Where a path of the container lies: in the volume with the longest mount path above it, or
    /// in the container itself.
    fn place(&self, path: &str) -> EcoString {
        let path = path.trim_end_matches('/');
        let root = if path.starts_with('/') { "" } else { "/" };
        let inside = |mount: &str| {
            let rest = path.strip_prefix(mount.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let mounts = self.mounts.iter();
        let found = mounts
            .filter_map(|(mount, place)| Some((mount.len(), place, inside(mount)?)))
            .max_by_key(|(length, ..)| *length);
        match found {
            Some((_, place, rest)) => lean::joined(&["v/", place, rest]),
            None => lean::joined(&["c/", self.container, root, path]),
        }
    }

    /// A file's text; none if there is no such file.
    pub(super) fn read(&self, path: &str) -> Option<EcoString> {
        if path == "/dev/null" {
            return Some(EcoString::new());
        }
        self.files.get(&self.place(path)).cloned()
    }

    /// Writes a file.
    pub(super) fn write(&mut self, path: &str, text: EcoString) {
        if !matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr") {
            self.files.insert(self.place(path), text);
        }
    }

    /// Removes a file, or a folder with all in it. False if there is none.
    pub(super) fn remove(&mut self, path: &str) -> bool {
        let names = self.below(path);
        for name in &names {
            self.files.remove(name);
        }
        !names.is_empty()
    }

    /// Whether there is such a file or folder.
    pub(super) fn has(&self, path: &str) -> bool {
        matches!(path, "/" | "/tmp" | "/dev" | "/etc" | "/bin" | "/proc")
            || self
                .mounts
                .iter()
                .any(|(mount, _)| mount == path.trim_end_matches('/'))
            || !self.below(path).is_empty()
    }

    /// The places of a file, or of all files in a folder.
    pub(super) fn below(&self, path: &str) -> Vec<EcoString> {
        let place = self.place(path);
        let folder = lean::joined(&[&place, "/"]);
        let from = self.files.from(&place);
        from.map(|(name, _)| name)
            .take_while(|name| name.starts_with(place.as_str()))
            .filter(|name| **name == place || name.starts_with(folder.as_str()))
            .cloned()
            .collect()
    }
}
