//! Values in place of those that a file leaves open.

use std::collections::BTreeMap;

use mesh_core::error::{ConfigErrors, Problem};

/// A value for each name: a text of its own, or a number where the reader said that a number is due.
#[derive(Clone, Debug, Default)]
pub(super) struct StandIns(BTreeMap<String, String>);

impl StandIns {
    pub(super) fn of(names: &[String]) -> Self {
        let texts = names.iter().enumerate();
        let texts = texts.map(|(index, name)| (name.clone(), format!("stand-in-{index}")));
        Self(texts.collect())
    }

    /// Gives a value to everything that is asked for; whether there is any that had none.
    pub(super) fn add(&mut self, errors: &ConfigErrors) -> bool {
        let known = self.0.len();
        for name in errors.errors().filter_map(Problem::wants) {
            let value = format!("stand-in-{}", self.0.len());
            self.0.entry(name.to_owned()).or_insert(value);
        }
        self.0.len() > known
    }

    /// Numbers and ARNs for those of whose texts the errors say that they are none; whether there are any.
    pub(super) fn mend(&mut self, errors: &ConfigErrors) -> bool {
        let mut mended = false;
        for value in self.0.values_mut() {
            let named = format!("`{value}`");
            let mut about = errors
                .errors()
                .filter(|problem| problem.message.contains(&named));
            if let Some(right) = about.find_map(|problem| right(&problem.message)) {
                *value = right;
                mended = true;
            }
        }
        mended
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// What is due, where an error says that a text is none.
fn right(message: &str) -> Option<String> {
    if message.contains("number") {
        return Some("1".to_owned());
    }
    let (_, kind) = message.split_once("is no ARN of a ")?;
    let kind = kind.split(':').next()?;
    Some(format!(
        "arn:aws:appmesh:us-east-1:111122223333:mesh/m/{kind}/stand-in"
    ))
}
