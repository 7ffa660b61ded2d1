//! Where the configuration comes from, and how it is followed from then on.

use std::{path::PathBuf, time::Duration};

use mesh_core::{Config, compile::Target, load::Reader};

use super::MeshBuilder;
use crate::runtime::source::Place;

/// Where the configuration comes from.
#[derive(Debug, Default)]
pub(in crate::mesh) enum Source {
    #[default]
    None,
    Files(Vec<Place>),
    Url(String),
    Config(Box<Config>),
    Services(Vec<(String, Target)>),
    /// More than one of these, which is a mistake.
    Several,
}

/// How files and URLs are followed.
#[derive(Debug)]
pub(in crate::mesh) struct Following {
    pub(in crate::mesh) watch: bool,
    /// Unless said here, each source has its own.
    pub(in crate::mesh) every: Option<Duration>,
    pub(in crate::mesh) plain_http: bool,
    pub(in crate::mesh) last_good: Option<PathBuf>,
}

impl Default for Following {
    fn default() -> Self {
        Self {
            watch: true,
            every: None,
            plain_http: false,
            last_good: None,
        }
    }
}

impl MeshBuilder {
    /// Reads an App Mesh file when the mesh starts, and follows it: what is written there later is checked and, if nothing is
    /// wrong with it, put in force as by [`Mesh::apply`](crate::Mesh::apply). Called again, the files are read together.
    ///
    /// A later text with a mistake changes nothing: the last good configuration stays, the problems are logged and counted
    /// ([`Mesh::configuration`](crate::Mesh::configuration)). So it is with a file that is gone, and one that is half
    /// written is waited for. Files are compared by what they say, every 2 s, which also works for mounted volumes and
    /// behind links that are swapped.
    pub fn app_mesh_file(self, path: impl Into<PathBuf>) -> Self {
        self.place(Place::File(path.into()))
    }

    /// Reads all App Mesh files of a directory together, in the order of their names, and follows them as
    /// [`app_mesh_file`](Self::app_mesh_file) does: `*.yaml`, `*.yml` and `*.json`, not those in directories below, nor those
    /// whose name begins with a dot. This is for a Kubernetes ConfigMap that is mounted as a volume.
    pub fn app_mesh_dir(self, path: impl Into<PathBuf>) -> Self {
        self.place(Place::Dir(path.into()))
    }

    /// Asks this URL for an App Mesh document when the mesh starts, and follows it: AWS AppConfig's agent at
    /// `http://localhost:2772/applications/…`, say.
    ///
    /// It is asked again every 30 s or so, with the tag (`ETag`) of what it gave before. What fails (no answer within 10 s,
    /// another status than 200 or 304, more than 16 MiB, a redirect, a mistake in the document) leaves the last good
    /// configuration in force. `http://` reaches this machine only, unless
    /// [`allow_plain_http`](Self::allow_plain_http) says otherwise; `https://` is not spoken by this version. The start
    /// tries for as long as [`warm`](Self::warm) says, and then takes what [`last_good`](Self::last_good) has kept.
    pub fn app_mesh_url(mut self, url: impl Into<String>) -> Self {
        self.source = match self.source {
            Source::None => Source::Url(url.into()),
            _ => Source::Several,
        };
        self
    }

    /// Reads files and URLs once, at the start.
    pub fn without_watching(mut self) -> Self {
        self.following.watch = false;
        self
    }

    /// How often files or the URL are looked at: every 2 s and every 30 s unless said here, each time a tenth sooner or later,
    /// so that a fleet does not ask at once. Less than 100 ms counts as that.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.following.every = Some(interval);
        self
    }

    /// Lets `http://` fetch the configuration from other machines, although whoever is between can change it.
    pub fn allow_plain_http(mut self) -> Self {
        self.following.plain_http = true;
        self
    }

    /// Keeps the last document of the URL that was put in force in this file, whole at any time, and starts with it when the
    /// URL gives none, or none that is right: so a process comes up while the source of its configuration is down.
    pub fn last_good(mut self, path: impl Into<PathBuf>) -> Self {
        self.following.last_good = Some(path.into());
        self
    }

    /// Gives a parameter of the file its value, or what only AWS knows: `Stage`, `AWS::Region`, `LoadBalancer.DNSName`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let reader = self.reader.take().unwrap_or_default();
        self.reader = Some(reader.parameter(name, value));
        self
    }

    /// Reads the source's texts as this reader does: with its values for placeholders, leniently, allowing for what is
    /// defined elsewhere. Later [parameters](Self::parameter) are added to its own.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn start() -> Result<(), mesh_tower::Error> {
    /// use mesh_core::Config;
    /// use mesh_tower::Mesh;
    ///
    /// let reader = Config::reader().substitute("NAMESPACE", "shop").mesh("shop").lenient();
    /// let mesh = Mesh::builder().app_mesh_dir("manifests").reader(reader).virtual_node("web_shop").start().await?;
    /// # Ok(()) }
    /// ```
    pub fn reader(mut self, reader: Reader) -> Self {
        self.reader = Some(reader);
        self
    }

    /// Takes a configuration that was read or built before, in place of files.
    pub fn config(mut self, config: impl Into<Config>) -> Self {
        self.source = match self.source {
            Source::None => Source::Config(Box::new(config.into())),
            _ => Source::Several,
        };
        self
    }

    /// Calls a service without an App Mesh file: every request for `NAME:PORT` goes to this target.
    ///
    /// Called again, there are several. In place of files and configurations, not beside them.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use mesh_core::{compile::Target, retry::Policy};
    /// use mesh_tower::Mesh;
    ///
    /// let orders = Target::dns("localhost").retry(Policy::idempotent(2)).timeout(Duration::from_secs(2));
    /// let mesh = Mesh::builder().service("orders:8080", orders).start().await?;
    /// assert!(mesh.client_for("orders:8080").is_ok());
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn service(mut self, name_and_port: impl Into<String>, target: Target) -> Self {
        let service = (name_and_port.into(), target);
        self.source = match self.source {
            Source::None => Source::Services(vec![service]),
            Source::Services(mut services) => {
                services.push(service);
                Source::Services(services)
            }
            _ => Source::Several,
        };
        self
    }

    fn place(mut self, place: Place) -> Self {
        self.source = match self.source {
            Source::None => Source::Files(vec![place]),
            Source::Files(mut places) => {
                places.push(place);
                Source::Files(places)
            }
            _ => Source::Several,
        };
        self
    }
}
