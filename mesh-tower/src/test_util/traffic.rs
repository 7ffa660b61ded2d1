//! What a test lets the nodes of a simulation send.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use super::{Simulation, Tally, tally};
use crate::{ResponseBody, body::BoxError, error::Error, mesh::Mesh};

impl Simulation {
    /// The mesh of a node that calls others and serves nothing: started when it is first asked for.
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if there is no such node, or it does not compile.
    pub async fn caller(&self, virtual_node: &str) -> Result<Mesh, Error> {
        let cell = {
            let mut state = self.state.lock();
            let cell = state.callers.entry(virtual_node.to_owned());
            cell.or_default().clone()
        };
        let started = cell.get_or_try_init(|| self.start_caller(virtual_node));
        started.await.cloned()
    }

    async fn start_caller(&self, virtual_node: &str) -> Result<Mesh, Error> {
        let (config, applied) = self.in_force();
        let place = virtual_node.into();
        let mesh = self.fleet.mesh(&place, &self.joined(&config))?;
        let mesh = mesh.start().await?;
        self.catch_up(&mesh, applied).await?;
        Ok(mesh)
    }

    /// Sends a request from a node.
    ///
    /// # Errors
    /// Why it was not answered, as [`Client::send`](crate::Client::send) says it.
    pub async fn call<B>(
        &self,
        virtual_node: &str,
        request: Request<B>,
    ) -> Result<Response<ResponseBody>, Error>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.caller(virtual_node)
            .await?
            .client()
            .send(request)
            .await
    }

    /// Sends so many requests a second from a node, evenly and whether or not they are answered, and reads every answer to its
    /// end. The request is made of its number, from 0.
    ///
    /// # Errors
    /// As [`caller`](Self::caller), and for traffic of no request at all, over which every claim would hold. What becomes of the
    /// requests is in the tally.
    pub async fn traffic<B>(
        &self,
        virtual_node: &str,
        per_second: u32,
        lasting: Duration,
        request: impl Fn(u64) -> Request<B>,
    ) -> Result<Tally, Error>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if per_second == 0 || lasting.is_zero() {
            return Err(Error::setup(format!(
                "{per_second} requests a second for {lasting:?} are none: there would be nothing to tell of them"
            )));
        }
        let client = self.caller(virtual_node).await?.client();
        let (began, mut calls) = (Instant::now(), JoinSet::new());
        for number in 0.. {
            let after = Duration::from_secs(number) / per_second;
            if after >= lasting {
                break;
            }
            time::sleep_until(began + after).await;
            let call = tally::call(client.clone(), request(number));
            calls.spawn(async move { (number, call.await) });
        }
        let mut ended = calls.join_all().await;
        ended.sort_by_key(|(number, _)| *number);
        Ok(Tally::new(
            ended.into_iter().map(|(_, ended)| ended).collect(),
        ))
    }
}
