//! A command line's flags and words, as Go's `pflag` reads them.

/// Flags and words in any order: `--name value`, `--name=value`, `-n value`, `-nvalue`.
#[derive(Debug)]
pub struct Flags<'a> {
    /// Flags with their values; `true` for one without.
    pub named: Vec<(&'a str, &'a str)>,
    /// What is no flag.
    pub words: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    /// Reads `args`; the flags `with_value` take a value.
    ///
    /// # Errors
    /// The flag that lacks its value.
    pub fn read(args: &[&'a str], with_value: &[&str]) -> Result<Flags<'a>, &'a str> {
        let mut flags = Flags {
            named: Vec::new(),
            words: Vec::new(),
        };
        let mut args = args.iter().copied();
        while let Some(arg) = args.next() {
            let (name, value) = if let Some(long) = arg.strip_prefix("--") {
                match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                }
            } else if let Some(short) = arg.strip_prefix('-').filter(|short| !short.is_empty()) {
                let first = short.chars().next().map_or(0, char::len_utf8);
                let (name, value) = short.split_at(first);
                (
                    name,
                    Some(value.strip_prefix('=').unwrap_or(value))
                        .filter(|value| !value.is_empty()),
                )
            } else {
                flags.words.push(arg);
                continue;
            };
            let value = match value {
                None if with_value.contains(&name) => args.next().ok_or(name)?,
                value => value.unwrap_or("true"),
            };
            flags.named.push((name, value));
        }
        Ok(flags)
    }

    /// The values of a flag, by any of its names.
    pub fn all<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'a str> + 's {
        self.named
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(_, value)| *value)
    }

    /// The last value of a flag.
    #[must_use]
    pub fn last(&self, names: &[&str]) -> Option<&'a str> {
        self.all(names).last()
    }

    /// Whether a flag without a value is set.
    #[must_use]
    pub fn is_set(&self, names: &[&str]) -> bool {
        self.last(names).is_some_and(|value| value != "false")
    }
}
