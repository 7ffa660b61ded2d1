//! The endpoints of the echo, what discovery says of them, and how one takes another's place.

use std::time::Duration;

use futures::{Stream, StreamExt};
use tokio::{process::Command, sync::watch, time};
use tokio_stream::wrappers::WatchStream;

use crate::{
    Error,
    endpoint::{Endpoint, Place},
};

/// How an endpoint goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Its successor is there first, it gets SIGTERM, and discovery is told a little later.
    Drain,
    /// It is killed with requests in flight, and discovery is told a little later.
    Crash,
}

/// Endpoints in processes of their own. All end when it is dropped.
#[derive(Debug)]
pub struct Fleet<P> {
    program: P,
    endpoints: Vec<Endpoint>,
    discovery: Discovery,
}

impl<P: Fn() -> Command> Fleet<P> {
    /// Starts so many endpoints by a program that [serves](crate::endpoint::serve).
    ///
    /// # Errors
    /// One does not start.
    pub async fn start(size: usize, program: P) -> Result<Self, Error> {
        let starting = (0..size).map(|_| Endpoint::start(program()));
        let endpoints = futures::future::try_join_all(starting).await?;
        let fleet = Self {
            program,
            endpoints,
            discovery: Discovery::default(),
        };
        fleet.tell();
        Ok(fleet)
    }

    /// Adds an endpoint that another program serves.
    ///
    /// # Errors
    /// It does not start.
    pub async fn add(&mut self, program: Command) -> Result<(), Error> {
        self.endpoints.push(Endpoint::start(program).await?);
        self.tell();
        Ok(())
    }

    /// What is known of the endpoints.
    #[must_use]
    pub fn discovery(&self) -> Discovery {
        self.discovery.clone()
    }

    /// Replaces each endpoint by a new one, one after the other, so many times; gives how many went.
    ///
    /// # Errors
    /// One does not start or does not end.
    pub async fn deploy(&mut self, way: Way, rounds: usize) -> Result<usize, Error> {
        for _ in 0..rounds {
            for _ in 0..self.endpoints.len() {
                match way {
                    Way::Drain => self.drain_oldest().await?,
                    Way::Crash => self.crash_oldest().await?,
                }
                time::sleep(BETWEEN).await;
            }
        }
        Ok(rounds * self.endpoints.len())
    }

    async fn drain_oldest(&mut self) -> Result<(), Error> {
        self.add((self.program)()).await?;
        let leaving = self.endpoints.remove(0);
        leaving.terminate().await?;
        time::sleep(HEARD).await;
        self.tell();
        leaving.ended().await
    }

    async fn crash_oldest(&mut self) -> Result<(), Error> {
        self.endpoints.remove(0).kill().await?;
        time::sleep(HEARD).await;
        self.tell();
        self.add((self.program)()).await
    }

    fn tell(&self) {
        let places = self.endpoints.iter().map(Endpoint::place).collect();
        self.discovery.tell(places);
    }
}

/// Where the endpoints are, as all callers are told at the same time.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    places: watch::Sender<Vec<Place>>,
}

impl Discovery {
    /// Says that these are the places from now on.
    pub fn tell(&self, places: Vec<Place>) {
        self.places.send_replace(places);
    }

    /// The places now.
    #[must_use]
    pub fn now(&self) -> Vec<Place> {
        self.places.borrow().clone()
    }

    /// The places now and whenever they change.
    pub fn updates(&self) -> impl Stream<Item = Vec<Place>> + Send + 'static {
        WatchStream::new(self.places.subscribe()).boxed()
    }
}

/// How much later than the endpoint itself discovery knows that it goes.
pub const HEARD: Duration = Duration::from_millis(200);

/// Longer than most calls take, their retries included: they shall not meet several steps.
const BETWEEN: Duration = Duration::from_millis(500);
