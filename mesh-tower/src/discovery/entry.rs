//! One entry of this node in AWS Cloud Map: asked for until it is there, and taken away.
//!
//! Cloud Map only begins what it is asked for, and says under which id. So an entry counts when its operation has succeeded, and one
//! whose operation is still under way is not there yet, and yet has to be taken away.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aws_sdk_servicediscovery::{
    Client,
    operation::register_instance::RegisterInstanceError,
    types::{Operation, OperationStatus},
};
use mesh_core::discovery::retry_after;
use tokio::time;

use super::{
    cloud_map::{LIMIT, failure},
    follow::Failure,
    registration::Registration,
};
use crate::runtime::rng::SharedRng;

/// An entry, and how far it is.
pub(super) struct Entry {
    registration: Registration,
    /// Whether something may be there, or come to be.
    begun: AtomicBool,
    registered: AtomicBool,
}

impl Entry {
    pub(super) fn new(registration: Registration) -> Self {
        Self {
            registration,
            begun: AtomicBool::new(false),
            registered: AtomicBool::new(false),
        }
    }

    /// Whether it is there, as far as is known.
    pub(super) fn is_registered(&self) -> bool {
        self.registered.load(Ordering::Relaxed)
    }

    /// Asks for it, again and again until it is there.
    pub(super) async fn register(&self, client: &Client, rng: &SharedRng) {
        let Registration { service_id, ip, .. } = &self.registration;
        for failures in 1_u32.. {
            let Err(error) = self.try_to_register(client).await else {
                self.registered.store(true, Ordering::Relaxed);
                tracing::info!(service_id, %ip, "registered in Cloud Map");
                return;
            };
            if failures.is_power_of_two() {
                tracing::warn!(service_id, %ip, failures, error, "cannot register in Cloud Map; callers that look there do not come");
            }
            time::sleep(retry_after(failures, &mut &*rng)).await;
        }
    }

    /// Takes it away. Nobody may be asking for it any more.
    pub(super) async fn deregister(&self, client: &Client) {
        if !self.begun.load(Ordering::Relaxed) {
            return;
        }
        let Registration { service_id, ip, .. } = &self.registration;
        let asked = time::timeout(LEAVING, self.try_to_deregister(client)).await;
        let not_yet = |_| Err(format!("it is not done within {LEAVING:?}").into());
        match asked.unwrap_or_else(not_yet) {
            Ok(()) => {
                self.registered.store(false, Ordering::Relaxed);
                tracing::info!(service_id, %ip, "deregistered from Cloud Map");
            }
            Err(error) => {
                tracing::warn!(service_id, %ip, error, "cannot deregister from Cloud Map; callers go on coming");
            }
        }
    }

    async fn try_to_register(&self, client: &Client) -> Result<(), Failure> {
        let asked = client
            .register_instance()
            .service_id(&self.registration.service_id)
            .instance_id(self.registration.ip.to_string())
            .set_attributes(Some(self.registration.attributes.clone()));
        self.begun.store(true, Ordering::Relaxed);
        let answered = time::timeout(LIMIT, asked.send()).await;
        let answered = answered.map_err(|_| format!("no answer within {LIMIT:?}"))?;
        let begun = answered.map_err(|error| {
            // One that is under way already is no refusal.
            let refused = error.as_service_error();
            let refused =
                refused.is_some_and(|error| !RegisterInstanceError::is_duplicate_request(error));
            self.begun.store(!refused, Ordering::Relaxed);
            failure(&error)
        })?;
        let Some(id) = begun.operation_id() else {
            return Ok(());
        };
        let ended = time::timeout(OPERATION, succeeded(client, id)).await;
        ended.unwrap_or_else(|_| Err(format!("it is not done within {OPERATION:?}").into()))
    }

    async fn try_to_deregister(&self, client: &Client) -> Result<(), Failure> {
        loop {
            let asked = client
                .deregister_instance()
                .service_id(&self.registration.service_id)
                .instance_id(self.registration.ip.to_string());
            let Err(error) = asked.send().await else {
                return Ok(());
            };
            match error.as_service_error() {
                Some(gone) if gone.is_instance_not_found() && self.is_registered() => return Ok(()),
                // What was begun is still under way, and would be there afterwards.
                Some(busy) if busy.is_instance_not_found() || busy.is_duplicate_request() => {}
                _ => return Err(failure(&error)),
            }
            time::sleep(AGAIN).await;
        }
    }
}

/// Resolves when the operation has ended. Where that cannot be asked, its beginning has to do.
async fn succeeded(client: &Client, id: &str) -> Result<(), Failure> {
    loop {
        let asked = client.get_operation().operation_id(id).send();
        let answered = match asked.await {
            Ok(answered) => answered,
            Err(error) => {
                let error = failure(&error);
                tracing::warn!(
                    error,
                    "cannot see how a registration in Cloud Map ends; it counts as done"
                );
                return Ok(());
            }
        };
        let operation = answered.operation();
        match operation.and_then(Operation::status) {
            Some(OperationStatus::Success) => return Ok(()),
            Some(OperationStatus::Fail) => {
                let why = operation.and_then(Operation::error_message);
                return Err(format!(
                    "the operation failed: {}",
                    why.unwrap_or("no reason is given")
                )
                .into());
            }
            _ => time::sleep(AGAIN).await,
        }
    }
}

/// How long a registration may be under way: where there are DNS records to be made, it takes tens of seconds.
const OPERATION: Duration = Duration::from_secs(60);

/// How long deregistering may take: less than all that a mesh does before it drains, so that this is what says so.
const LEAVING: Duration = Duration::from_secs(4);

/// Between two looks at what is under way.
const AGAIN: Duration = Duration::from_millis(250);
