//! The peer: two Envoys between the bare services, as App Mesh put them, one beside each; or one that has many routes.
//!
//! Both are configured as `sidecar.yaml` says for the mesh: retries and limits of the route, an access log into a file, the X-Ray
//! tracer with its default sampling. They are child processes and end with [`Envoys`].

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{Error, caller::SERVICE, figure, route};

/// Where `install-envoy.sh` puts it, if it did.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/envoy/envoy/_bin/envoy");
    path.is_file().then_some(path)
}

/// Whether Envoy can be measured; says so if not.
///
/// # Errors
/// It is absent, and `MESH_REQUIRE` names it.
pub fn available() -> Result<bool, Error> {
    match binary() {
        Some(_) => Ok(true),
        None => figure::skipped("envoy", "run benches/install-envoy.sh").map(|()| false),
    }
}

/// What it calls itself.
#[must_use]
pub fn version() -> String {
    let path = binary().unwrap_or_default();
    let line = figure::first_line(&path.to_string_lossy(), &["--version"]);
    match line.rsplit_once("version: ") {
        Some((_, version)) => version.to_owned(),
        None => line,
    }
}

/// Both of them, killed when this is dropped.
#[derive(Debug)]
pub struct Envoys {
    egress: SocketAddr,
    children: Vec<Running>,
}

impl Envoys {
    /// Starts them: the caller's, whose listener the caller calls, and the called service's, in front of `service`.
    ///
    /// # Errors
    /// Envoy is absent, or one does not begin to listen.
    pub async fn start(service: SocketAddr, traces: SocketAddr) -> Result<Self, Error> {
        let (egress, ingress) = (free_addr()?, free_addr()?);
        let mut children = Vec::new();
        for (name, hop) in [
            (
                "called",
                Hop {
                    listen: ingress,
                    to: service,
                    outbound: false,
                    traces,
                    routes: 1,
                },
            ),
            (
                "caller",
                Hop {
                    listen: egress,
                    to: ingress,
                    outbound: true,
                    traces,
                    routes: 1,
                },
            ),
        ] {
            children.push(Running::start(name, &hop)?);
            listening(hop.listen).await?;
        }
        Ok(Self { egress, children })
    }

    /// Starts the caller's alone, with so many routes, of which only the last takes a call.
    ///
    /// # Errors
    /// Envoy is absent, or does not begin to listen.
    pub async fn routed(
        service: SocketAddr,
        traces: SocketAddr,
        routes: usize,
    ) -> Result<Self, Error> {
        let hop = Hop {
            listen: free_addr()?,
            to: service,
            outbound: true,
            traces,
            routes,
        };
        let running = Running::start(&format!("caller-{routes}"), &hop)?;
        listening(hop.listen).await?;
        Ok(Self {
            egress: hop.listen,
            children: vec![running],
        })
    }

    /// What the caller connects to.
    #[must_use]
    pub fn egress(&self) -> SocketAddr {
        self.egress
    }

    /// Their process ids.
    pub fn processes(&self) -> impl Iterator<Item = u32> {
        self.children.iter().map(|child| child.process.id())
    }
}

/// One Envoy, the log it writes and the configuration it reads.
#[derive(Debug)]
struct Running {
    process: Child,
    log: PathBuf,
    config: PathBuf,
}

impl Running {
    fn start(name: &str, hop: &Hop) -> Result<Self, Error> {
        let log = crate::process::temporary(&format!("envoy-{name}.log"));
        // A file, for many routes are more than an argument may be long.
        let config = crate::process::temporary(&format!("envoy-{name}.json"));
        std::fs::write(&config, hop.bootstrap(name, &log).to_string())?;
        let process = Command::new(binary().ok_or("envoy is not here")?)
            .args([
                "--use-dynamic-base-id",
                "--log-level",
                "error",
                "--concurrency",
                "2",
            ])
            .args(["--service-node", name, "--service-cluster", name])
            .arg("--config-path")
            .arg(&config)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            log,
            config,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, and the log may never have been written: nothing is left then, which is the aim.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.log);
        let _ = std::fs::remove_file(&self.config);
    }
}

/// What one Envoy does: takes requests on one address and sends them to another.
struct Hop {
    listen: SocketAddr,
    to: SocketAddr,
    outbound: bool,
    traces: SocketAddr,
    routes: usize,
}

impl Hop {
    fn bootstrap(&self, name: &str, log: &Path) -> Value {
        let direction = if self.outbound { "OUTBOUND" } else { "INBOUND" };
        let filter = json!({
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": self.connection_manager(name, log),
        });
        let listener = json!({
            "name": "listener", "address": address(self.listen), "traffic_direction": direction,
            "filter_chains": [{ "filters": [filter] }],
        });
        let endpoint = json!({ "endpoint": { "address": address(self.to) } });
        let cluster = json!({
            "name": "cluster", "type": "STATIC", "connect_timeout": "5s",
            "load_assignment": { "cluster_name": "cluster", "endpoints": [{ "lb_endpoints": [endpoint] }] },
        });
        json!({ "static_resources": { "listeners": [listener], "clusters": [cluster] } })
    }

    fn connection_manager(&self, name: &str, log: &Path) -> Value {
        json!({
            "@type": extension("filters.network.http_connection_manager.v3.HttpConnectionManager"),
            "stat_prefix": "hop",
            "codec_type": "AUTO",
            "access_log": [{ "name": "envoy.access_loggers.file", "typed_config": {
                "@type": extension("access_loggers.file.v3.FileAccessLog"), "path": log,
            }}],
            "tracing": { "provider": { "name": "envoy.tracers.xray", "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.XRayConfig",
                "daemon_endpoint": { "protocol": "UDP", "address": self.traces.ip().to_string(), "port_value": self.traces.port() },
                "segment_name": format!("bench/{name}"),
                "sampling_rule_manifest": { "inline_string": SAMPLING },
            }}},
            "http_filters": [{ "name": "envoy.filters.http.router", "typed_config": {
                "@type": extension("filters.http.router.v3.Router"),
            }}],
            "route_config": { "virtual_hosts": [{
                "name": "service", "domains": [SERVICE], "routes": self.routes(),
            }]},
        })
    }

    fn routes(&self) -> Vec<Value> {
        let others = (1..self.routes).map(|number| route::prefix(number - 1));
        let prefixes = others.chain(["/".to_owned()]);
        let route = |prefix| json!({ "match": { "prefix": prefix }, "route": self.route() });
        prefixes.map(route).collect()
    }

    /// The caller's Envoy retries; both have the request's limit, as App Mesh gave it to both.
    fn route(&self) -> Value {
        let mut route = json!({ "cluster": "cluster", "timeout": "15s" });
        if self.outbound {
            route["retry_policy"] = json!({
                "retry_on": "5xx,connect-failure", "num_retries": 2, "per_try_timeout": "5s",
            });
        }
        route
    }
}

fn address(addr: SocketAddr) -> Value {
    json!({ "socket_address": { "address": addr.ip().to_string(), "port_value": addr.port() } })
}

fn extension(name: &str) -> String {
    format!("type.googleapis.com/envoy.extensions.{name}")
}

/// An address that nobody listens on now.
fn free_addr() -> Result<SocketAddr, Error> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn listening(addr: SocketAddr) -> Result<(), Error> {
    for _ in 0..TRIES {
        if TcpStream::connect(addr).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    Err(format!("envoy did not begin to listen on {addr}").into())
}

/// X-Ray's defaults: the first request of each second, and 5 % of the others.
const SAMPLING: &str = r#"{"version":2,"default":{"fixed_target":1,"rate":0.05}}"#;
const TRIES: u32 = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
