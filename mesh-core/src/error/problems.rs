//! Problems as they are found, their places, and other people's words within them.

use std::fmt::Display;

use super::{ConfigErrors, Location, Problem, Severity};

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

    /// The place as the sentence of a problem elsewhere names it: with its document, if that is another one.
    pub(crate) fn shown_from(&self, from: &Self) -> String {
        let document = |place: &Self| Some(place.location.as_ref()?.document.clone());
        match &self.location {
            Some(location) if document(self) != document(from) => location.to_string(),
            _ => self.shown(),
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Problems {
    /// A message that is not kept is not even written: with `format_args!` it costs nothing.
    pub(crate) fn error(&mut self, code: &'static str, place: &Place, message: impl Display) {
        self.errors += 1;
        if self.errors <= KEPT {
            self.add(Severity::Error, code, place, &message.to_string());
        }
    }

    /// An error that is mended by giving a value under this name.
    pub(crate) fn missing(
        &mut self,
        code: &'static str,
        place: &Place,
        wants: &str,
        message: impl Display,
    ) {
        self.error(code, place, message);
        if let Some(problem) = self.found.last_mut().filter(|_| self.errors <= KEPT) {
            problem.wants = Some(wants.to_owned());
        }
    }

    /// As [`error`](Self::error).
    pub(crate) fn warn(&mut self, code: &'static str, place: &Place, message: impl Display) {
        self.warnings += 1;
        if self.warnings <= KEPT {
            self.add(Severity::Warning, code, place, &message.to_string());
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
    pub(crate) fn finish(self) -> Result<Vec<Problem>, ConfigErrors> {
        match self.errors {
            0 => Ok(self.sorted()),
            _ => Err(self.refuse()),
        }
    }

    /// The report.
    pub(crate) fn refuse(self) -> ConfigErrors {
        ConfigErrors {
            problems: self.sorted(),
            resources: 0,
        }
    }

    fn sorted(mut self) -> Vec<Problem> {
        for (severity, count) in [
            (Severity::Error, self.errors),
            (Severity::Warning, self.warnings),
        ] {
            if count > KEPT {
                let message = format!(
                    "there are more than {KEPT} of these: mend what is listed and read again"
                );
                let place = self.last();
                self.add(severity, "too-many-problems", &place, &message);
            }
        }
        self.found.sort_by(|a, b| a.rank().cmp(&b.rank()));
        self.found.dedup();
        self.found
    }

    /// The place after which nothing was reported.
    fn last(&self) -> Place {
        let last = self.found.iter().max_by(|a, b| a.rank().cmp(&b.rank()));
        last.map_or_else(Place::default, |problem| Place {
            path: problem.path.clone(),
            location: problem.location.clone(),
        })
    }

    fn add(&mut self, severity: Severity, code: &'static str, place: &Place, message: &str) {
        self.found.push(Problem {
            severity,
            code,
            path: place.path.clone(),
            location: place.location.clone(),
            message: message.chars().flat_map(escaped).collect(),
            wants: None,
        });
    }
}

/// Somebody else's text, fit for one line of a report.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text))
}

/// The same without quotes, for the middle of something that is quoted.
pub(crate) fn shortened(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARACTERS)
        .flat_map(escaped)
        .collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

/// Quotes and letters of every script stay as they are; what would break a line, turn it round or reach a terminal does not.
fn escaped(c: char) -> impl Iterator<Item = char> {
    let raw = !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = raw.then_some(c);
    let code = (!raw).then(|| c.escape_default());
    kept.into_iter().chain(code.into_iter().flatten())
}

const SHOWN_CHARACTERS: usize = 80;
const KEPT: usize = 1000;

#[cfg(test)]
mod tests {
    use std::{fmt, sync::Arc};

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
    fn a_message_that_is_not_kept_is_not_written() {
        let mut problems = Problems::default();
        for line in 0..KEPT {
            problems.error("out-of-range", &at(line, 1), "no");
            problems.warn("missing-backend", &at(line, 2), "hm");
        }
        let written = std::cell::Cell::new(0);
        let message = fmt::from_fn(|f| {
            written.set(written.get() + 1);
            f.write_str("one more")
        });
        problems.error("out-of-range", &at(1, 1), &message);
        problems.warn("missing-backend", &at(1, 2), &message);
        assert_eq!(written.get(), 0);
    }

    #[test]
    fn foreign_text_cannot_break_a_line_of_the_report() {
        for (text, want) in [
            ("orders", "`orders`"),
            ("a\nb\u{1b}[31m", "`a\\nb\\u{1b}[31m`"),
            ("größe \"x\"", "`größe \"x\"`"),
            ("\u{202e}gnp\u{2028}x", "`\\u{202e}gnp\\u{2028}x`"),
        ] {
            assert_eq!(quoted(text), want);
        }
        assert_eq!(quoted(&"x".repeat(81)), format!("`{}…`", "x".repeat(80)));
    }
}
