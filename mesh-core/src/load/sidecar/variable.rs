//! The table of variables, which the documentation prints and the code looks into.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

/// A variable that a sidecar, its agent, its `proxy-init` or an X-Ray SDK read, and what became of it.
///
/// # Examples
/// ```
/// use mesh_core::load::sidecar::{Variable, Verdict};
///
/// let drain = Variable::named("LISTENER_DRAIN_WAIT_TIME_S").expect("a variable of the sidecar");
/// assert_eq!(drain.verdict, Verdict::Replaced);
/// assert!(drain.here.starts_with("`.drain(LIMIT)`"));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name; that of a property of `proxyConfiguration` is one too.
    pub name: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// What to know about that, as a clause in Markdown.
    pub here: &'static str,
}

impl Variable {
    /// Every variable there was.
    pub fn all() -> impl Iterator<Item = Self> {
        PAGE.lines().filter_map(row).flatten()
    }

    /// The variable of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.get(name).copied()
    }
}

/// What became of a variable.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// The service reads it itself.
    Honoured,
    /// Something else does it, or nothing yet.
    Replaced,
    /// There is nothing that it could be about.
    Meaningless,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honoured => "honoured",
            Self::Replaced => "replaced",
            Self::Meaningless => "meaningless",
        }
    }

    const ALL: [Self; 3] = [Self::Honoured, Self::Replaced, Self::Meaningless];
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The variables of one row: several have one where the same is to be said of them.
fn row(line: &'static str) -> Option<impl Iterator<Item = Variable>> {
    let cells = line.strip_prefix("| `")?.strip_suffix(" |")?;
    let (names, rest) = cells.split_once("` | ")?;
    let (word, here) = rest.split_once(" | ")?;
    let mut verdicts = Verdict::ALL.into_iter();
    let verdict = verdicts.find(|verdict| verdict.as_str() == word)?;
    Some(names.split("`, `").map(move |name| Variable {
        name,
        verdict,
        here,
    }))
}

const PAGE: &str = include_str!("variables.md");
static TABLE: LazyLock<BTreeMap<&str, Variable>> = LazyLock::new(|| {
    Variable::all()
        .map(|variable| (variable.name, variable))
        .collect()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_of_the_page_is_understood_and_no_variable_stands_there_twice() {
        let written = PAGE.lines().filter(|line| line.starts_with('|'));
        let heads = |line: &&str| !line.starts_with("| variable |") && !line.starts_with("|---");
        let rows: Vec<_> = written.filter(heads).collect();
        let unread: Vec<_> = rows.iter().filter(|line| row(line).is_none()).collect();
        assert!(unread.is_empty(), "{unread:#?}");
        let names: Vec<_> = Variable::all().map(|variable| variable.name).collect();
        let once: BTreeSet<_> = names.iter().collect();
        assert_eq!(once.len(), names.len());
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        assert!(names.iter().all(is_name), "{names:?}");
        assert!(names.len() > 80, "{}", names.len());
    }

    #[test]
    fn every_variable_that_the_mesh_reads_is_honoured_and_no_other() {
        let honoured = Variable::all().filter(|variable| variable.verdict == Verdict::Honoured);
        let names: Vec<_> = honoured.map(|variable| variable.name).collect();
        let read = [
            "APPMESH_RESOURCE_ARN",
            "APPMESH_RESOURCE_NAME",
            "APPMESH_VIRTUAL_NODE_NAME",
            "ENABLE_ENVOY_XRAY_TRACING",
            "AWS_XRAY_DAEMON_ADDRESS",
        ];
        assert_eq!(names, read);
    }
}
