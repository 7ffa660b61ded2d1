//! What the builder and the environment say in place of every configuration, the first and each later one.

use std::env;

use mesh_core::{Snapshot, config::EgressFilter, mode::Mode};

use super::Mesh;
use crate::error::Error;

/// What is put over a snapshot before it is in force.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::mesh) struct Overrides {
    /// `None`: as the configuration says.
    pub(in crate::mesh) egress: Option<EgressFilter>,
    pub(in crate::mesh) bypass: bool,
    pub(in crate::mesh) shadow: bool,
}

impl Overrides {
    /// With what the environment says, which can switch on and not off.
    pub(in crate::mesh) fn or_environment(self) -> Result<Self, Error> {
        self.or(|variable| env::var(variable).unwrap_or_default())
    }

    fn or(self, variable: impl Fn(&str) -> String) -> Result<Self, Error> {
        let is_on = |name: &str| {
            let value = variable(name);
            switch(&value).ok_or_else(|| {
                Error::setup(format!(
                    "{name} is {value:?}, which switches neither on (1) nor off (0)"
                ))
            })
        };
        Ok(Self {
            bypass: is_on(BYPASS)? || self.bypass,
            shadow: is_on(SHADOW)? || self.shadow,
            ..self
        })
    }

    pub(in crate::mesh) fn mode(self) -> Mode {
        match (self.bypass, self.shadow) {
            (true, _) => Mode::Bypass,
            (false, true) => Mode::Shadow,
            (false, false) => Mode::Enforce,
        }
    }

    /// Who starts a mesh that does less than its configuration says shall see it.
    pub(in crate::mesh) fn announce(self) {
        match self.mode() {
            Mode::Enforce => {}
            Mode::Bypass => tracing::warn!(
                "BYPASS: routes, retries, connection pools, ejections and faults are off; unset {BYPASS} and .bypass(true) to end it"
            ),
            Mode::Shadow => tracing::warn!(
                "SHADOW: routes, retries, connection pools, ejections and faults are decided and counted, and not done; unset {SHADOW} and .shadow(true) to end it"
            ),
        }
    }

    pub(in crate::mesh) fn apply(self, snapshot: Snapshot) -> Snapshot {
        let snapshot = match self.egress {
            Some(filter) => snapshot.with_egress(filter == EgressFilter::AllowAll),
            None => snapshot,
        };
        snapshot.in_mode(self.mode())
    }
}

impl Mesh {
    /// Whether what this mesh decides is done.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.handle.overrides.mode()
    }
}

/// `None` if it is neither.
fn switch(value: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    match value.is_empty() || is_one_of(["0", "false", "no", "off"]) {
        true => Some(false),
        false => is_one_of(["1", "true", "yes", "on"]).then_some(true),
    }
}

const BYPASS: &str = "MESH_BYPASS";
const SHADOW: &str = "MESH_SHADOW";

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(said: Overrides, bypass: &str, shadow: &str) -> Result<Mode, Error> {
        let variable = |name: &str| if name == BYPASS { bypass } else { shadow }.to_owned();
        said.or(variable).map(Overrides::mode)
    }

    #[test]
    fn the_environment_switches_on_what_the_builder_does_not_and_a_bypass_goes_first() {
        let silent = Overrides::default();
        let shadowing = Overrides {
            shadow: true,
            ..silent
        };
        let rows = [
            (silent, "", "", Mode::Enforce),
            (silent, "0", "off", Mode::Enforce),
            (silent, "1", "", Mode::Bypass),
            (silent, "TRUE", "1", Mode::Bypass),
            (silent, "", "yes", Mode::Shadow),
            (shadowing, "", "0", Mode::Shadow),
            (shadowing, "on", "", Mode::Bypass),
        ];
        for (said, bypass, shadow, expected) in rows {
            let mode = mode(said, bypass, shadow).expect("switches");
            assert_eq!(mode, expected, "{said:?} {bypass:?} {shadow:?}");
        }
    }

    #[test]
    fn a_switch_that_nobody_understands_is_said_so() {
        for (bypass, shadow, name) in [("ture", "", BYPASS), ("", "2", SHADOW)] {
            let error = mode(Overrides::default(), bypass, shadow).expect_err("no switch");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
