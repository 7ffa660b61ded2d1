//! The report of a configuration that was read: every problem, its place, and how to mend it.

mod problems;

use std::{fmt, sync::Arc};

pub(crate) use self::problems::{Place, Problems, quoted, shortened};

/// How grave a problem is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Severity {
    /// The configuration is not taken.
    Error,
    /// The configuration is taken, and does something its author may not expect.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// A place in a document.
///
/// # Units
/// Line and column count from 1; columns count characters, not bytes.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Location {
    /// The name the document was given: usually a file's path.
    pub document: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Location {
    pub(crate) fn new(document: &Arc<str>, line: usize, column: usize) -> Self {
        Self {
            document: Arc::clone(document),
            line,
            column,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            document,
            line,
            column,
        } = self;
        write!(f, "{document}:{line}:{column}")
    }
}

/// One thing that is wrong, or surprising, in a configuration.
///
/// # Shape
/// `FILE:LINE:COLUMN: error[code]: sentence`; what a builder made has a path instead of a place.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// Whether it keeps the configuration from being taken.
    pub severity: Severity,
    /// Which rule is broken: stable, in kebab case, for scripts and searches.
    pub code: &'static str,
    /// Where it is in the configuration's own terms: `Resources.Orders.Properties.Spec.Listeners[0]`.
    pub path: String,
    /// Where it is in the text; `None` for what no text said.
    pub location: Option<Location>,
    /// What is wrong, and how to mend it.
    pub message: String,
    wants: Option<String>,
}

impl Problem {
    /// The name under which the value that is missing can be given, if one is missing.
    ///
    /// It is what [`Reader::parameter`](crate::load::Reader::parameter) takes as a name, exactly.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{Config, error::Problem};
    ///
    /// let template = "
    /// Resources:
    ///   Shop: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !ImportValue Name}}
    /// ";
    /// let errors = Config::parse("mesh.yaml", template).unwrap_err();
    /// let wanted: Vec<&str> = errors.errors().filter_map(Problem::wants).collect();
    /// assert_eq!(wanted, ["import:Name"]);
    /// ```
    #[must_use]
    pub fn wants(&self) -> Option<&str> {
        self.wants.as_deref()
    }

    fn rank(&self) -> (bool, &Option<Location>, &str, Severity, [&str; 2]) {
        let Self {
            severity,
            code,
            path,
            location,
            message,
            ..
        } = self;
        let said = [code, message.as_str()];
        (location.is_none(), location, path, *severity, said)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.location, self.path.as_str()) {
            (Some(location), _) => write!(f, "{location}: ")?,
            (None, "") => {}
            (None, path) => write!(f, "{path}: ")?,
        }
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)
    }
}

/// Why a configuration was not taken: all of its problems, warnings too, in the order of their places.
///
/// `Debug` prints the same report as `Display`, because it is what `main` prints.
///
/// # Examples
/// ```
/// use mesh_core::config::Mesh;
///
/// let errors = Mesh::builder("my mesh").build().unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "mesh: error[invalid-name]: a mesh name has neither white space nor control characters, this one has ' '",
/// );
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
    resources: usize,
}

impl ConfigErrors {
    /// All problems, in the order of their places.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What keeps the configuration from being taken.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.of(Severity::Error)
    }

    /// What would have been warned of all the same.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.of(Severity::Warning)
    }

    /// How many App Mesh resources were read or built; what a broken text would have had is not among them.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::Config;
    ///
    /// let text = "Resources: {Shop: {Type: AWS::AppMesh::Mesh, Properties: {Meshname: shop}}}";
    /// assert_eq!(Config::parse("mesh.yaml", text).unwrap_err().resources(), 1);
    /// ```
    #[must_use]
    pub fn resources(&self) -> usize {
        self.resources
    }

    pub(crate) fn with_resources(self, resources: usize) -> Self {
        Self { resources, ..self }
    }

    /// The same report with these among its problems.
    pub(crate) fn and<'a>(mut self, others: impl IntoIterator<Item = &'a Problem>) -> Self {
        self.problems.extend(others.into_iter().cloned());
        self.problems.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.problems.dedup();
        self
    }

    fn of(&self, severity: Severity) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(move |problem| problem.severity == severity)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigErrors {}
