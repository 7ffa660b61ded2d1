//! The X-Ray daemon in Kubernetes: where it listens, and what leads there.

use std::fmt;

use super::workloads::{items, labels};
use crate::{
    error::{Location, Problem, Problems, quoted},
    load::{node::Node, place::place},
    unit::Port,
};

/// A `DaemonSet` or a `Deployment` that runs the X-Ray daemon.
///
/// Prints as one line `FILE:LINE:COLUMN: note[xray-daemon]: sentence`.
#[derive(Clone, Debug)]
pub struct XRayDaemon {
    kind: String,
    namespace: String,
    name: String,
    port: Port,
    service: Option<String>,
    location: Location,
    problems: Vec<Problem>,
}

impl XRayDaemon {
    /// Reads an object of Kubernetes, beside the services of the same text; `None` if it runs something else.
    pub(super) fn of(root: &Node, services: &[&Node]) -> Option<Self> {
        let text = |node: Option<&Node>| node.and_then(Node::text).map(str::to_owned);
        let kind = text(root.member("kind")).filter(|kind| KINDS.contains(&kind.as_str()))?;
        let template = root.member("spec")?.member("template")?;
        let spec = template.member("spec")?;
        let mut containers = spec.member("containers").map(items)?.iter();
        let container = containers.find(|container| {
            let image = container.member("image").and_then(Node::text);
            image.is_some_and(|image| image.contains(IMAGE))
        })?;
        let metadata = |key| {
            text(
                root.member("metadata")
                    .and_then(|metadata| metadata.member(key)),
            )
        };
        let service = services.iter().find(|service| selects(service, template));
        let mut daemon = Self {
            kind,
            namespace: metadata("namespace").unwrap_or_else(|| "default".to_owned()),
            name: metadata("name").unwrap_or_default(),
            port: Port::new(PORT).ok()?,
            service: service.and_then(|service| text(service.member("metadata")?.member("name"))),
            location: root.at.clone(),
            problems: Vec::new(),
        };
        let mut problems = Problems::default();
        let host_network = text(spec.member("hostNetwork")).as_deref() == Some("true");
        daemon.find_port(container, host_network, &mut problems);
        daemon.listen_address(container, &mut problems);
        daemon.problems = problems.finish().unwrap_or_default();
        Some(daemon)
    }

    /// The port that takes segments, by UDP.
    #[must_use]
    pub fn port(&self) -> Port {
        self.port
    }

    /// What its author may not expect, and what to set instead.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Reports a port by which nobody reaches it.
    fn find_port(&mut self, container: &Node, host_network: bool, problems: &mut Problems) {
        let ports = container.member("ports").map(items).unwrap_or_default();
        let number = |port: &Node| {
            port.member("containerPort")
                .and_then(Node::text)
                .and_then(|text| text.parse().ok())
        };
        let is_udp = |port: &&Node| port.member("protocol").and_then(Node::text) == Some("UDP");
        let Some(port) = ports.iter().find(is_udp) else {
            let at = ports.first().unwrap_or(container).at.clone();
            let message = format!(
                "segments come by UDP, and no port of this container has `protocol: UDP` (without it, it is TCP): \
                           add `containerPort: {PORT}` with it"
            );
            problems.warn("no-udp-port", &place(at), message);
            return;
        };
        if let Some(Ok(number)) = number(port).map(Port::new) {
            self.port = number;
        }
        let has_host_port = port.member("hostPort").is_some_and(|port| !port.is_null());
        if host_network || has_host_port || self.service.is_some() {
            return;
        }
        let at = port.member("containerPort").unwrap_or(port).at.clone();
        let message = match self.kind.as_str() {
            "DaemonSet" => format!(
                "this port has no `hostPort`, so no address of the machine leads to it: set `hostPort: {0}` here, and {1}; or put a \
                 Service before it and {2}",
                self.port,
                self.by_host(),
                self.by_service()
            ),
            _ => format!(
                "no Service here leads to this port: put one before it and {}",
                self.by_service()
            ),
        };
        problems.warn("no-host-port", &place(at), message);
    }

    /// Reports the variable that services read too, and that means something else here.
    fn listen_address(&self, container: &Node, problems: &mut Problems) {
        let mut variables = container
            .member("env")
            .map(items)
            .unwrap_or_default()
            .iter();
        let is_it =
            |variable: &&Node| variable.member("name").and_then(Node::text) == Some(VARIABLE);
        let Some(variable) = variables.find(is_it) else {
            return;
        };
        let value = variable.member("value");
        let at = value.unwrap_or(variable).at.clone();
        let way = match (&self.service, self.kind.as_str()) {
            (None, "DaemonSet") => format!(
                "{}; or put a Service before it and {}",
                self.by_host(),
                self.by_service()
            ),
            _ => self.by_service(),
        };
        let message = format!(
            "`{VARIABLE}` is {} here, which is where the daemon itself listens, and nothing for a service to send to: {way}",
            quoted(value.and_then(Node::text).unwrap_or_default())
        );
        problems.warn("listen-address", &place(at), message);
    }

    fn by_host(&self) -> String {
        format!(
            "in the services take `HOST_IP` from `fieldRef: {{fieldPath: status.hostIP}}` and set `{VARIABLE}` to `$(HOST_IP):{}`",
            self.port
        )
    }

    fn by_service(&self) -> String {
        let name = self.service.as_ref().unwrap_or(&self.name);
        format!(
            "set `{VARIABLE}` to `{name}.{}:{}` in the services",
            self.namespace, self.port
        )
    }
}

impl fmt::Display for XRayDaemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{}/{}", self.namespace, self.name);
        write!(
            f,
            "{}: note[xray-daemon]: the {} {} runs the X-Ray daemon, which takes segments at UDP port {}",
            self.location,
            self.kind,
            quoted(&name),
            self.port
        )
    }
}

/// Whether a Service leads to the pods of a template.
fn selects(service: &Node, template: &Node) -> bool {
    let Some(selector) = service
        .member("spec")
        .and_then(|spec| spec.member("selector"))
    else {
        return false;
    };
    let there = labels(template);
    let wanted = selector.entries();
    (1..=SELECTED).contains(&wanted.len())
        && wanted.iter().all(|wanted| {
            let found = there.iter().find(|label| label.key == wanted.key);
            found.is_some_and(|label| label.node.text() == wanted.node.text())
        })
}

const KINDS: [&str; 2] = ["DaemonSet", "Deployment"];
/// Part of its image's name in every registry.
const IMAGE: &str = "aws-xray-daemon";
const VARIABLE: &str = "AWS_XRAY_DAEMON_ADDRESS";
const PORT: i64 = 2000;
/// More labels than anybody selects by.
const SELECTED: usize = 64;
