//! What a test does to a simulation while it runs.

use std::time::Duration;

use mesh_core::{Config, config::VirtualNode};

use super::{Link, Place, Simulation, endpoint::Running, event::EventKind, simulation::Endpoint};
use crate::{ErrorKind, Mesh, error::Error};

impl Simulation {
    /// Puts another configuration in force in every mesh, one after the other, endpoints first. Whoever starts meanwhile starts
    /// with it.
    ///
    /// # Errors
    /// As [`Mesh::apply`](crate::Mesh::apply); and for a virtual node that was not there when the simulation began, for it has
    /// no address. Every node that runs, or ran before it crashed, is asked first: where one refuses, none has it.
    pub async fn apply(&self, config: impl Into<Config>) -> Result<(), Error> {
        let config = config.into();
        let new = |node: &&VirtualNode| !self.fleet.knows(node.name.as_str());
        if let Some(new) = config.mesh().virtual_nodes().find(new) {
            return Err(Error::setup(format!(
                "virtual node {} was not there when the simulation began: give it to the first configuration, too",
                new.name
            )));
        }
        let (meshes, number) = self.adopt(&config)?;
        for mesh in meshes {
            // A later one is on its way to everybody.
            if self.state.lock().applied > number {
                break;
            }
            match mesh.apply(&config).await {
                // It ended meanwhile, and takes the configuration when it starts again.
                Err(error) if error.kind() == ErrorKind::Stopping => {}
                applied => applied?,
            }
        }
        self.net.note(EventKind::Applied(number));
        Ok(())
    }

    /// Makes a configuration the one that everybody starts with from now on; gives those who run already, and its number.
    fn adopt(&self, config: &Config) -> Result<(Vec<Mesh>, u64), Error> {
        let mut state = self.state.lock();
        let endpoints = state.endpoints.keys().map(Place::node);
        let started = state.callers.iter().filter(|(_, cell)| cell.initialized());
        for node in endpoints.chain(started.map(|(node, _)| node.as_str())) {
            self.fleet.fits(node, config)?;
        }
        state.config = config.clone();
        state.applied += 1;
        let endpoints = state.endpoints.values();
        let running =
            endpoints.filter_map(|endpoint| Some(endpoint.running.as_ref()?.mesh.clone()));
        let callers = state
            .callers
            .values()
            .filter_map(|cell| cell.get().cloned());
        Ok((running.chain(callers).collect(), state.applied))
    }

    /// Says what lies between two places from now on, one way, also for connections that are there.
    pub fn link(&self, from: impl Into<Place>, to: impl Into<Place>, link: Link) {
        self.net.set_link(from.into(), to.into(), link);
    }

    /// Lets nothing through between two places, either way: connections stall, and none is made.
    pub fn partition(&self, one: impl Into<Place>, other: impl Into<Place>) {
        let (one, other) = (one.into(), other.into());
        self.net
            .note(EventKind::Partitioned(one.clone(), other.clone()));
        self.net.partition(one, other);
    }

    /// Ends every partition between two places, or endpoints of them. What had stalled goes on, and nothing is lost.
    pub fn heal(&self, one: impl Into<Place>, other: impl Into<Place>) {
        let (one, other) = (one.into(), other.into());
        self.net.heal(&one, &other);
        self.net.note(EventKind::Healed(one, other));
    }

    /// Ends an endpoint, or all those of a node, at once: its connections break, and new ones are refused.
    pub async fn crash(&self, place: impl Into<Place>) {
        for (place, running) in self.take(&place.into()) {
            self.net.note(EventKind::Crashed(place.clone()));
            self.net.cut_off(&place);
            running.crash().await;
        }
    }

    /// Drains an endpoint, or all those of a node, as at a deploy; running requests may take this long.
    pub async fn stop(&self, place: impl Into<Place>, within: Duration) {
        for (place, running) in self.take(&place.into()) {
            running.stop(within).await;
            self.net.note(EventKind::Stopped(place));
        }
    }

    /// Starts an endpoint, or all those of a node, that crashed or stopped: with a new application at the old address.
    ///
    /// # Errors
    /// As [`MeshBuilder::start`](crate::MeshBuilder::start), or what making the application failed of.
    pub async fn restart(&self, place: impl Into<Place>) -> Result<(), Error> {
        let asked = place.into();
        let down: Vec<_> = {
            let state = self.state.lock();
            let down = |(place, endpoint): &(&Place, &Endpoint)| {
                asked.covers(place) && endpoint.running.is_none()
            };
            let places = state.endpoints.iter().filter(down);
            places.map(|(place, _)| place.clone()).collect()
        };
        for place in down {
            self.start_endpoint(&place).await?;
        }
        Ok(())
    }

    async fn start_endpoint(&self, place: &Place) -> Result<(), Error> {
        let (config, applied) = self.in_force();
        let start = |endpoint: &Endpoint| (endpoint.app.clone(), endpoint.ended);
        let Some((app, ended)) = self.state.lock().endpoints.get(place).map(start) else {
            return Ok(());
        };
        let builder = self.fleet.mesh(place, &self.joined(&config))?;
        let running = app.start(builder).await?;
        self.catch_up(&running.mesh, applied).await?;
        if let Some(ended) = self.keep(place, ended, running) {
            ended.crash().await;
            return Ok(());
        }
        self.net.note(EventKind::Started(place.clone()));
        Ok(())
    }

    /// Keeps what has started, or gives it back where its end was asked for meanwhile.
    fn keep(&self, place: &Place, ended: u64, running: Running) -> Option<Running> {
        let mut state = self.state.lock();
        match state.endpoints.get_mut(place) {
            Some(endpoint) if endpoint.ended == ended => {
                endpoint.running = Some(running);
                None
            }
            _ => Some(running),
        }
    }

    /// What runs at a place, which then does not any more; what starts there will not have.
    fn take(&self, asked: &Place) -> Vec<(Place, Running)> {
        let mut state = self.state.lock();
        let mut taken = Vec::new();
        for (place, endpoint) in &mut state.endpoints {
            if asked.covers(place) {
                endpoint.ended += 1;
                taken.extend(
                    endpoint
                        .running
                        .take()
                        .map(|running| (place.clone(), running)),
                );
            }
        }
        taken
    }
}
