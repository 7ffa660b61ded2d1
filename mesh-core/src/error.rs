//! The report of a configuration that was read: every problem, its place, and how to mend it.

use std::{fmt, sync::Arc};

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
}

impl Problem {
    fn rank(&self) -> (bool, &Option<Location>, &str, Severity, &str) {
        let Self {
            severity,
            code,
            path,
            location,
            ..
        } = self;
        (location.is_none(), location, path, *severity, code)
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

/// Where something was said: in the configuration's terms and, if there was a text, in the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) location: Option<Location>,
}

impl Place {
    /// A place that no text has.
    pub(crate) fn of(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            location: None,
        }
    }

    /// The place as another problem's sentence names it.
    pub(crate) fn shown(&self) -> String {
        match &self.location {
            Some(location) => format!("line {}", location.line),
            None => self.path.clone(),
        }
    }
}

/// Problems as they are found: the first thousand errors and the first thousand warnings.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Problems {
    pub(crate) fn error(&mut self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.errors += 1;
        if self.errors <= KEPT {
            self.add(Severity::Error, code, place, message.into());
        }
    }

    pub(crate) fn warn(&mut self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.warnings += 1;
        if self.warnings <= KEPT {
            self.add(Severity::Warning, code, place, message.into());
        }
    }

    /// How many errors there are so far: who compares two counts knows whether something in between failed.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether no further error is kept, so that none is worth a search for what was meant.
    pub(crate) fn is_full(&self) -> bool {
        self.errors >= KEPT
    }

    /// The warnings, if there is nothing worse; else the report.
    pub(crate) fn finish(mut self) -> Result<Vec<Problem>, ConfigErrors> {
        for (severity, count) in [
            (Severity::Error, self.errors),
            (Severity::Warning, self.warnings),
        ] {
            if count > KEPT {
                let message = format!(
                    "there are more than {KEPT} of these: mend what is listed and read again"
                );
                self.add(severity, "too-many-problems", &Place::default(), message);
            }
        }
        self.found.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.found.dedup();
        match self.errors {
            0 => Ok(self.found),
            _ => Err(ConfigErrors {
                problems: self.found,
            }),
        }
    }

    fn add(&mut self, severity: Severity, code: &'static str, place: &Place, message: String) {
        self.found.push(Problem {
            severity,
            code,
            path: place.path.clone(),
            location: place.location.clone(),
            message,
        });
    }
}

/// Somebody else's text, fit for one line of a report.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARACTERS)
        .flat_map(escaped)
        .collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Quotes and letters of every script stay as they are; what would break a line or a terminal does not.
fn escaped(c: char) -> impl Iterator<Item = char> {
    let raw = !c.is_control() || c == ' ';
    let kept = raw.then_some(c);
    let code = (!raw).then(|| c.escape_default());
    kept.into_iter().chain(code.into_iter().flatten())
}

const SHOWN_CHARACTERS: usize = 80;
const KEPT: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Place {
        let document = Arc::from("mesh.yaml");
        Place {
            path: "Resources".to_owned(),
            location: Some(Location::new(&document, line, column)),
        }
    }

    #[test]
    fn report_is_sorted_by_place_and_says_one_problem_a_line() {
        let mut problems = Problems::default();
        problems.error("out-of-range", &at(9, 3), "a port is 1 to 65535, not 0");
        problems.warn("duplicate-backend", &at(2, 5), "twice");
        problems.error("invalid-name", &Place::of("mesh"), "empty");
        let errors = problems.finish().unwrap_err();
        let want = "mesh.yaml:2:5: warning[duplicate-backend]: twice\n\
                    mesh.yaml:9:3: error[out-of-range]: a port is 1 to 65535, not 0\n\
                    mesh: error[invalid-name]: empty";
        assert_eq!(errors.to_string(), want);
        assert_eq!(format!("{errors:?}"), want);
    }

    #[test]
    fn warnings_alone_are_no_failure() {
        let mut problems = Problems::default();
        problems.warn("duplicate-backend", &at(2, 5), "twice");
        assert_eq!(problems.finish().unwrap().len(), 1);
    }

    #[test]
    fn a_report_without_end_is_cut_and_says_so() {
        let mut problems = Problems::default();
        for line in 0..2000 {
            problems.error("out-of-range", &at(line, 1), "no");
            problems.warn("missing-backend", &at(line, 2), "hm");
        }
        assert!(problems.is_full());
        let errors = problems.finish().unwrap_err();
        assert_eq!(
            (errors.errors().count(), errors.warnings().count()),
            (1001, 1001)
        );
        let cut = errors
            .problems()
            .iter()
            .filter(|p| p.code == "too-many-problems");
        assert_eq!(cut.count(), 2);
    }

    #[test]
    fn foreign_text_cannot_break_a_line_of_the_report() {
        for (text, want) in [
            ("orders", "`orders`"),
            ("a\nb\u{1b}[31m", "`a\\nb\\u{1b}[31m`"),
            ("größe \"x\"", "`größe \"x\"`"),
        ] {
            assert_eq!(quoted(text), want);
        }
        assert_eq!(quoted(&"x".repeat(81)), format!("`{}…`", "x".repeat(80)));
    }
}
