//! ECS task definitions: which virtual node a task was, and what its sidecar was told.

use std::fmt;

use super::{MeshResource, Setting, setting::field, workloads::items};
use crate::{
    config::Config,
    error::{Location, Place, Problem, Problems, quoted},
    load::{node::Node, place::place},
    unit::Port,
};

/// An ECS task definition, as far as it is about a mesh.
///
/// Prints as lines `FILE:LINE:COLUMN: note[…]: sentence`: what it is, then each variable of its sidecar.
#[derive(Clone, Debug)]
pub struct TaskDefinition {
    family: String,
    resource: Option<MeshResource>,
    named_by: Option<Setting>,
    ports: Vec<Port>,
    settings: Vec<Setting>,
    location: Location,
    problems: Problems,
}

impl TaskDefinition {
    /// Reads what `aws ecs register-task-definition` takes and `describe-task-definition` gives, or the properties of an
    /// `AWS::ECS::TaskDefinition`; `None` for something else.
    pub(super) fn of(root: &Node) -> Option<Self> {
        let root = root.member("taskDefinition").unwrap_or(root);
        let containers = items(field(root, "containerDefinitions")?);
        let mut problems = Problems::default();
        let mut settings = Vec::new();
        for container in containers {
            settings.extend(Setting::all_of(container, &mut problems));
        }
        let proxy = field(root, "proxyConfiguration");
        let properties = proxy.and_then(|proxy| {
            field(proxy, "properties").or_else(|| field(proxy, "proxyConfigurationProperties"))
        });
        let properties = properties.map(items).unwrap_or_default();
        settings.extend(
            properties
                .iter()
                .filter_map(|property| Setting::of(property, None)),
        );
        // Of a container and of the proxy, whichever is written first.
        settings.sort_by(|a: &Setting, b| a.location().cmp(b.location()));
        let mut task = Self {
            family: field(root, "family")
                .and_then(Node::text)
                .unwrap_or_default()
                .to_owned(),
            resource: None,
            named_by: None,
            ports: Vec::new(),
            settings,
            location: root.at.clone(),
            problems,
        };
        task.identify();
        task.listen(proxy.is_some());
        Some(task)
    }

    /// The name that all revisions share; empty if there is none.
    #[must_use]
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Which virtual node or gateway its sidecar was, if that is written.
    #[must_use]
    pub fn resource(&self) -> Option<&MeshResource> {
        self.resource.as_ref()
    }

    /// The application's ports, which the sidecar stood before: `AppPorts` of its `proxyConfiguration`.
    #[must_use]
    pub fn application_ports(&self) -> &[Port] {
        &self.ports
    }

    /// Every variable of the sidecar that is set, in the order of writing.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// What is wrong with it, by itself and beside the meshes that were read; none of them need be there. What
    /// [is missing](crate::load::Reader::allow_missing) in them may be a warning only.
    #[must_use]
    pub fn problems(&self, configs: &[Config], allow_missing: bool) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        if let (Some(resource), Some(said)) = (&self.resource, &self.named_by) {
            let at = place(said.location().clone());
            match resource.home(configs) {
                Ok(Some(config)) => self.compare(resource, config, &at, &mut problems),
                Ok(None) => {}
                Err((code, message)) if allow_missing => problems.warn(code, &at, message),
                Err((code, message)) => problems.error(code, &at, message),
            }
        }
        match problems.finish() {
            Ok(warnings) => warnings,
            Err(errors) => errors.problems().to_vec(),
        }
    }

    fn identify(&mut self) {
        let set = |name: &&str| {
            let mut settings = self.settings.iter();
            settings.find(|set| set.variable().name == *name && set.value() != Some(""))
        };
        let Some(said) = MeshResource::VARIABLES.iter().find_map(set).cloned() else {
            let message = "nothing here says which virtual node this task is: name it with `.virtual_node(NAME)`, or set \
                           `APPMESH_RESOURCE_ARN` for the service's container";
            self.problems
                .warn("unnamed-task", &place(self.location.clone()), message);
            return;
        };
        let at = place(said.location().clone());
        match said.value().map(str::parse::<MeshResource>) {
            Some(Ok(resource)) => self.resource = Some(resource),
            Some(Err(error)) => self.problems.error("invalid-resource", &at, error),
            None => {
                let message = format!(
                    "a function or a secret says which virtual node this task is, and is not worked out here: look what `{}` \
                     comes to",
                    said.variable().name
                );
                self.problems.warn("unnamed-task", &at, message);
            }
        }
        self.named_by = Some(said);
    }

    fn listen(&mut self, is_redirected: bool) {
        if !is_redirected && self.named_by.is_some() {
            let message = "there is no `proxyConfiguration`: nothing led this task's traffic through its sidecar, so what the \
                           mesh says of it begins to act with the library";
            self.problems
                .warn("not-redirected", &place(self.location.clone()), message);
        }
        let mut settings = self.settings.iter();
        let Some(said) = settings.find(|set| set.variable().name == APP_PORTS) else {
            return;
        };
        for written in said.value().unwrap_or_default().split(',').map(str::trim) {
            match written.parse().ok().map(Port::new) {
                Some(Ok(port)) => self.ports.push(port),
                _ if written.is_empty() => {}
                _ => {
                    let message = format!("{} is no port: write 1 to 65535", quoted(written));
                    self.problems
                        .warn("out-of-range", &place(said.location().clone()), message);
                }
            }
        }
    }

    /// Holds the ports against those of the virtual node's listeners.
    fn compare(
        &self,
        resource: &MeshResource,
        config: &Config,
        at: &Place,
        problems: &mut Problems,
    ) {
        let Some(node) = config.mesh().virtual_node(resource.name()) else {
            return;
        };
        let listeners = node.listeners.iter().map(|listener| listener.port);
        for port in listeners.filter(|port| !self.ports.is_empty() && !self.ports.contains(port)) {
            let message = format!(
                "the virtual node {} listens on {port}, which is none of this task's `{APP_PORTS}`: callers were answered there \
                 by nobody",
                quoted(resource.name())
            );
            problems.warn("port-mismatch", at, message);
        }
    }
}

impl fmt::Display for TaskDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: note[task]: the task {} ",
            self.location,
            quoted(&self.family)
        )?;
        match (&self.resource, &self.named_by) {
            (Some(resource), Some(said)) => {
                write!(f, "is the {} {}", resource.what(), quoted(resource.name()))?;
                if let Some(mesh) = resource.mesh() {
                    write!(f, " of the mesh {}", quoted(mesh))?;
                }
                write!(f, ", as {} says", quoted(said.variable().name))?;
            }
            _ => write!(f, "does not say which virtual node it is")?,
        }
        let ports: Vec<String> = self.ports.iter().map(ToString::to_string).collect();
        match ports.is_empty() {
            true => write!(f, "; its application's ports are not said (`{APP_PORTS}`)")?,
            false => write!(f, "; its application listens on {}", ports.join(", "))?,
        }
        self.settings
            .iter()
            .try_for_each(|set| write!(f, "\n{set}"))
    }
}

const APP_PORTS: &str = "AppPorts";
