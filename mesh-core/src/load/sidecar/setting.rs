//! One variable of the sidecar, as a task sets it.

use std::fmt;

use super::{Variable, Verdict, workloads::items};
use crate::{
    config::spelling::nearest,
    error::{Location, Problems, quoted},
    load::{node::Node, place::place},
};

/// A variable that a task definition sets, and what became of it.
///
/// Prints as `FILE:LINE:COLUMN: note[VERDICT]: sentence`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    variable: Variable,
    value: Option<String>,
    container: Option<String>,
    location: Location,
}

impl Setting {
    /// The setting of an entry with `name` and `value`, if its name is one of the table's.
    pub(super) fn of(entry: &Node, container: Option<&str>) -> Option<Self> {
        let name = field(entry, "name")?;
        // A function's argument is not its value.
        let value = field(entry, "value").filter(|value| value.tag.is_none());
        Some(Self {
            variable: Variable::named(name.text()?)?,
            value: value.and_then(Node::text).map(str::to_owned),
            container: container.map(str::to_owned),
            location: name.at.clone(),
        })
    }

    /// What a container sets of the table's variables; what looks like one of them and is none is reported.
    pub(super) fn all_of(container: &Node, problems: &mut Problems) -> Vec<Self> {
        let name = field(container, "name")
            .and_then(Node::text)
            .unwrap_or_default();
        let mut settings = Vec::new();
        for entry in ["environment", "secrets"]
            .iter()
            .filter_map(|key| field(container, key))
            .flat_map(items)
        {
            let setting = Self::of(entry, Some(name));
            let written = field(entry, "name");
            let text = written.and_then(Node::text).unwrap_or_default();
            if setting.is_none() && PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
                let message = fmt::from_fn(|f| {
                    let known = Variable::all().map(|variable| variable.name);
                    write!(
                        f,
                        "no sidecar reads {}{}",
                        quoted(text),
                        nearest(text, known)
                    )
                });
                let at = written.unwrap_or(entry).at.clone();
                problems.warn("unknown-variable", &place(at), message);
            }
            settings.extend(setting);
        }
        settings
    }

    /// Which variable is set.
    #[must_use]
    pub fn variable(&self) -> Variable {
        self.variable
    }

    /// To what; `None` for what is known when the task runs: a secret, a function of CloudFormation.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// For which container; `None` for a property of `proxyConfiguration`.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// Where.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Variable {
            name,
            verdict,
            here,
        } = self.variable;
        write!(f, "{}: note[{verdict}]: {}", self.location, quoted(name))?;
        if let Some(value) = &self.value {
            write!(f, " is {}", quoted(value))?;
        }
        write!(f, ": {here}")?;
        match &self.container {
            Some(container) if verdict == Verdict::Honoured => write!(
                f,
                "; it has to be set for the service's own container, if that is not {}",
                quoted(container)
            ),
            _ => Ok(()),
        }
    }
}

/// A member by the API's name, or by CloudFormation's, which begins with a capital.
pub(super) fn field<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let mut entries = node.entries().iter();
    let entry = entries.find(|entry| entry.key.eq_ignore_ascii_case(name))?;
    Some(&entry.node)
}

/// How the names begin that nobody else has.
const PREFIXES: [&str; 4] = ["APPMESH_", "APPNET_", "ENVOY_", "ENABLE_ENVOY_"];
