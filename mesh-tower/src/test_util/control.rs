//! What a test does to a simulation while it runs.

use std::time::Duration;

use mesh_core::{Config, config::VirtualNode};

use super::{Link, Place, Simulation, endpoint::Running, event::What, simulation::State};
use crate::error::Error;

impl Simulation {
    /// Puts another configuration in force in every mesh, one after the other, endpoints first.
    ///
    /// # Errors
    /// As [`Mesh::apply`](crate::Mesh::apply); and for a virtual node that was not there when the simulation began, for it has no address.
    pub async fn apply(&self, config: impl Into<Config>) -> Result<(), Error> {
        let config = config.into();
        let new = |node: &&VirtualNode| !self.fleet.knows(node.name.as_str());
        if let Some(new) = config.mesh().virtual_nodes().find(new) {
            return Err(Error::setup(format!(
                "virtual node {} was not there when the simulation began: give it to the first configuration, too",
                new.name
            )));
        }
        let mut state = self.state.lock().await;
        let running = state
            .endpoints
            .values()
            .filter_map(|endpoint| endpoint.running.as_ref());
        for mesh in running
            .map(|running| &running.mesh)
            .chain(state.callers.values())
        {
            mesh.apply(&config).await?;
        }
        state.config = config;
        state.applied += 1;
        self.net.note(What::Applied(state.applied));
        Ok(())
    }

    /// Says what lies between two places from now on, one way, also for connections that are there.
    pub fn link(&self, from: impl Into<Place>, to: impl Into<Place>, link: Link) {
        self.net.set_link(from.into(), to.into(), link);
    }

    /// Lets nothing through between two places, either way: connections stall, and none is made.
    pub fn partition(&self, one: impl Into<Place>, other: impl Into<Place>) {
        let (one, other) = (one.into(), other.into());
        self.net.note(What::Partitioned(one.clone(), other.clone()));
        self.net.partition(one, other);
    }

    /// Ends every partition between two places, or endpoints of them. What had stalled goes on, and nothing is lost.
    pub fn heal(&self, one: impl Into<Place>, other: impl Into<Place>) {
        let (one, other) = (one.into(), other.into());
        self.net.heal(&one, &other);
        self.net.note(What::Healed(one, other));
    }

    /// Ends an endpoint, or all those of a node, at once: its connections break, and new ones are refused.
    pub async fn crash(&self, place: impl Into<Place>) {
        for (place, running) in self.take(&place.into()).await {
            self.net.note(What::Crashed(place.clone()));
            self.net.cut_off(&place);
            running.crash().await;
        }
    }

    /// Drains an endpoint, or all those of a node, as at a deploy; running requests may take this long.
    pub async fn stop(&self, place: impl Into<Place>, within: Duration) {
        for (place, running) in self.take(&place.into()).await {
            running.stop(within).await;
            self.net.note(What::Stopped(place));
        }
    }

    /// Starts an endpoint, or all those of a node, that crashed or stopped: with a new application at the old address.
    ///
    /// # Errors
    /// As [`MeshBuilder::start`](crate::MeshBuilder::start), or what making the application failed of.
    pub async fn restart(&self, place: impl Into<Place>) -> Result<(), Error> {
        let asked = place.into();
        let mut state = self.state.lock().await;
        let State {
            config, endpoints, ..
        } = &mut *state;
        for (place, endpoint) in endpoints {
            if asked.covers(place) && endpoint.running.is_none() {
                let builder = self.fleet.mesh(place, &self.joined(config))?;
                endpoint.running = Some(endpoint.app.start(builder).await?);
                self.net.note(What::Started(place.clone()));
            }
        }
        Ok(())
    }

    /// What runs at a place, which then does not any more.
    async fn take(&self, asked: &Place) -> Vec<(Place, Running)> {
        let mut state = self.state.lock().await;
        let covered = state
            .endpoints
            .iter_mut()
            .filter(|(place, _)| asked.covers(place));
        covered
            .filter_map(|(place, endpoint)| Some((place.clone(), endpoint.running.take()?)))
            .collect()
    }
}
