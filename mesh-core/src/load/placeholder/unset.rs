//! What is made of a placeholder that nobody gives a value.

/// What a placeholder is where nobody gives a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unset<'a> {
    /// Nothing: the value is asked for.
    Asked,
    /// What stands in it for this case.
    Default(&'a str),
    /// It is to be computed as only a shell does, from whatever value.
    Computed,
}

impl<'a> Unset<'a> {
    /// By what stands behind the name, up to the closing bracket; `None` if no shell takes that.
    ///
    /// # Source
    /// POSIX.1-2017, "Shell Command Language", §2.6.2; Bash's manual, "Shell Parameter Expansion".
    pub(super) fn of(rest: &'a str) -> Option<Self> {
        let default = [":-", ":=", "-", "="]
            .into_iter()
            .find_map(|operator| rest.strip_prefix(operator));
        let asked = rest.trim().is_empty() || rest.starts_with('?') || rest.starts_with(":?");
        match default {
            // What is in it would be asked for in turn.
            Some(default) if default.contains("${") => Some(Self::Asked),
            Some(default) => Some(Self::Default(default)),
            None if asked => Some(Self::Asked),
            None => rest.starts_with(OPERATORS).then_some(Self::Computed),
        }
    }
}

/// What begins that which a shell computes of a value.
const OPERATORS: [char; 9] = [':', '+', '%', '#', '/', '^', ',', '@', '['];
