//! A retry policy as text.

use std::fmt;

use super::{Failures, Policy};

/// One line: how often, on what, for whom.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retries = match self.max_retries {
            0 => return f.write_str("no retries"),
            1 => "1 retry".to_owned(),
            retries => format!("{retries} retries"),
        };
        write!(f, "{retries} on {}", self.outcomes().join(", "))?;
        if let Some(budget) = self.budget() {
            write!(f, "; {budget}")?;
        }
        f.write_str(if self.unsafe_retries {
            "; every method"
        } else {
            "; POST, PATCH, unknown methods and gRPC only if provably unsent"
        })
    }
}

impl Policy {
    fn outcomes(&self) -> Vec<String> {
        let Failures {
            connect,
            refused,
            reset,
        } = self.failures;
        let statuses = self.statuses.iter().map(u16::to_string);
        let grpc = self.grpc_statuses.iter();
        let grpc = grpc.map(|status| format!("grpc-status {status}"));
        let failures = [
            (reset, "reset"),
            (connect, "failed connect"),
            (refused, "refused stream"),
        ];
        let failures = failures.into_iter().filter(|(on, _)| *on);
        let failures = failures.map(|(_, name)| name.to_owned());
        statuses.chain(grpc).chain(failures).collect()
    }
}
