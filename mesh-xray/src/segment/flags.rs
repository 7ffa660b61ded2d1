//! [`Flags`]: whose fault a bad end was.

use super::json::Object;

/// How a request or a call ended, as the service map colours it.
///
/// All three are false for what went well. A call's flags say nothing of the request it was made for: a service may answer
/// well although a call of its failed.
///
/// # Source
/// X-Ray developer guide, "Errors, faults, and exceptions". For HTTP as Envoy and the SDKs do it; a client that went away
/// is an error here, where Envoy says fault, for the service did nothing wrong. For gRPC see [`of_grpc`](Self::of_grpc).
///
/// # Examples
/// ```
/// use mesh_xray::segment::Flags;
///
/// assert_eq!(Flags::of_status(200), Flags::default());
/// assert!(Flags::of_status(404).error && !Flags::of_status(404).fault);
/// assert_eq!(Flags::of_status(503), Flags::fault());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Flags {
    /// The caller did something wrong.
    pub error: bool,
    /// The caller asked too often; goes with `error`.
    pub throttle: bool,
    /// The callee, or what lies between, failed.
    pub fault: bool,
}

impl Flags {
    /// Of an answer by its HTTP status.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::THROTTLED,
            400..=499 => Self::ERROR,
            500.. => Self::FAULT,
            _ => Self::NONE,
        }
    }

    /// Of an answer by its `grpc-status`.
    ///
    /// # Source
    /// Differs from Envoy, which marks faults only, and 8 (resource exhausted) as one. Here the codes that blame the caller
    /// (1, 3, 5, 6, 7, 9, 10, 11, 16) are errors, and 8 is throttling. A code that gRPC does not know counts as 2, unknown.
    #[must_use]
    pub const fn of_grpc(code: i32) -> Self {
        match code {
            0 => Self::NONE,
            8 => Self::THROTTLED,
            1 | 3 | 5 | 6 | 7 | 9 | 10 | 11 | 16 => Self::ERROR,
            _ => Self::FAULT,
        }
    }

    /// Of a call that got no answer: refused, reset, timed out, or failed on this side.
    #[must_use]
    pub const fn fault() -> Self {
        Self::FAULT
    }

    /// Of a request whose client went away before its answer; there is no status then.
    #[must_use]
    pub const fn client_gone() -> Self {
        Self::ERROR
    }

    pub(super) fn write(self, object: &mut Object<'_>) {
        object.flag_if("error", self.error);
        object.flag_if("throttle", self.throttle);
        object.flag_if("fault", self.fault);
    }

    const NONE: Self = Self {
        error: false,
        throttle: false,
        fault: false,
    };
    const ERROR: Self = Self {
        error: true,
        ..Self::NONE
    };
    const THROTTLED: Self = Self {
        throttle: true,
        ..Self::ERROR
    };
    const FAULT: Self = Self {
        fault: true,
        ..Self::NONE
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_tells_whose_fault_it_was() {
        let cases = [
            (100, Flags::NONE),
            (200, Flags::NONE),
            (302, Flags::NONE),
            (399, Flags::NONE),
            (400, Flags::ERROR),
            (404, Flags::ERROR),
            (428, Flags::ERROR),
            (429, Flags::THROTTLED),
            (430, Flags::ERROR),
            (499, Flags::ERROR),
            (500, Flags::FAULT),
            (503, Flags::FAULT),
            (599, Flags::FAULT),
        ];
        for (status, want) in cases {
            assert_eq!(Flags::of_status(status), want, "{status}");
        }
    }

    #[test]
    fn grpc_codes_of_the_caller_are_errors_and_the_rest_faults() {
        let blame = |code| match Flags::of_grpc(code) {
            Flags::NONE => '.',
            Flags::ERROR => 'e',
            Flags::THROTTLED => 't',
            _ => 'f',
        };
        assert_eq!((0..=16).map(blame).collect::<String>(), ".efefeeeteeeffffe");
        assert_eq!([blame(-1), blame(17)], ['f', 'f']);
    }
}
