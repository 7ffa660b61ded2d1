//! Faults on their way into requests: who switches them on, and what becomes of a request that meets one.

use std::{env, ffi::OsStr, sync::Arc};

use http::{Request, Response};
use mesh_core::{
    fault::{Abort, Faults, Injected},
    metric::Flag,
    route::Head,
};

use tokio::time;

use crate::{
    call::Call, error::Error, limits::Limits, respond, response_body::ResponseBody,
    runtime::rng::SharedRng,
};

/// Whether faults are injected. There is no default: where a process injects faults, its code says so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultSwitch {
    /// They are not.
    Off,
    /// They are.
    On,
    /// They are where the variable `MESH_FAULTS` is `1` when the layer or the mesh is made: for staging, by a build that also
    /// goes into production.
    Environment,
}

impl FaultSwitch {
    pub(crate) fn is_on(self) -> bool {
        match self {
            Self::Off => false,
            Self::On => true,
            Self::Environment => is_asked_for(env::var_os(VARIABLE).as_deref()),
        }
    }
}

/// Draws what requests meet.
#[derive(Debug)]
pub(crate) struct Injector {
    faults: Faults,
    rng: Arc<SharedRng>,
}

impl Injector {
    pub(crate) fn new(faults: Faults, rng: Arc<SharedRng>) -> Self {
        Self { faults, rng }
    }

    /// The same faults, drawn from another generator.
    pub(crate) fn drawn_from(&self, rng: Arc<SharedRng>) -> Self {
        Self::new(self.faults.clone(), rng)
    }

    /// What this request meets, if it meets anything. Without a virtual service, its host is one.
    pub(crate) fn draw<B>(
        &self,
        request: &Request<B>,
        virtual_service: Option<&str>,
    ) -> Option<Injected> {
        let head = Head::from(request);
        let name = virtual_service.unwrap_or_else(|| head.host());
        let injected = self.faults.draw(&head, name, &mut &*self.rng);
        (!injected.is_nothing()).then_some(injected)
    }
}

/// Lets a call wait as long as it has met, but not beyond its limits, and answers it if it is to be.
pub(crate) async fn meet(
    injected: Injected,
    call: &Call,
    mut limits: Limits,
) -> Result<Option<Response<ResponseBody>>, Error> {
    if let Some(delay) = injected.delay {
        call.flag(Flag::DelayInjected);
        let wait = limits.enforce(call.request_end(), time::sleep(delay));
        wait.await.map_err(Error::new)?;
    }
    Ok(injected.abort.map(|abort| aborted(abort, call)))
}

fn aborted(abort: Abort, call: &Call) -> Response<ResponseBody> {
    call.flag(Flag::FaultInjected);
    respond::aborted(abort, call.is_grpc()).map(ResponseBody::local)
}

fn is_asked_for(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| value == "1")
}

const VARIABLE: &str = "MESH_FAULTS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_asks_for_faults_with_a_one_and_with_nothing_else() {
        for (value, asked) in [
            (None, false),
            (Some(""), false),
            (Some("0"), false),
            (Some("yes"), false),
            (Some("1"), true),
        ] {
            assert_eq!(is_asked_for(value.map(OsStr::new)), asked, "{value:?}");
        }
        assert!(FaultSwitch::On.is_on() && !FaultSwitch::Off.is_on());
    }
}
