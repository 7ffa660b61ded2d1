//! A text, and what in it runs sidecars or the X-Ray daemon.

use std::{collections::BTreeMap, sync::Arc};

use super::{TaskDefinition, XRayDaemon};
use crate::{
    error::Problems,
    load::{
        kubernetes::GROUP,
        node::{Entry, Node, Value},
        text,
    },
};

/// What the documents of a text say of how sidecars were run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Workloads {
    /// The ECS task definitions, those of a CloudFormation template among them that set a sidecar's variables.
    pub tasks: Vec<TaskDefinition>,
    /// The `DaemonSet`s and `Deployment`s of the X-Ray daemon.
    pub daemons: Vec<XRayDaemon>,
    others: bool,
}

impl Workloads {
    /// Looks through a text; values fill its placeholders as [`Reader::substitute`](crate::load::Reader::substitute) does.
    ///
    /// Of a text that cannot be read nothing is told: that is for the [`Reader`](crate::load::Reader).
    #[must_use]
    pub fn read(name: &str, text: &str, values: &BTreeMap<String, String>) -> Self {
        let mut problems = Problems::default();
        let (roots, _) = text::documents(&Arc::from(name), text, values, &mut problems);
        if problems.errors() > 0 {
            return Self {
                others: true,
                ..Self::default()
            };
        }
        let mut workloads = Self::default();
        let documents: Vec<&Node> = roots.iter().flat_map(unlisted).collect();
        let is_service = |node: &&&Node| kind(node) == ("v1", "Service");
        let services: Vec<&Node> = documents
            .iter()
            .filter(is_service)
            .copied()
            .take(SERVICES)
            .collect();
        for document in documents {
            workloads.add(document, &services);
        }
        workloads
    }

    /// Whether there is nothing but these here, and what stands beside them in Kubernetes: nothing that
    /// [`Reader`](crate::load::Reader) could make a mesh of.
    #[must_use]
    pub fn are_all(&self) -> bool {
        let none = self.tasks.is_empty() && self.daemons.is_empty();
        !(self.others || none)
    }

    fn add(&mut self, document: &Node, services: &[&Node]) {
        if let Some(resources) = document.member("Resources") {
            let resources = resources.entries().iter().map(|entry| &entry.node);
            resources.for_each(|resource| self.resource(resource));
        } else if let Some(task) = TaskDefinition::of(document) {
            self.tasks.push(task);
        } else if let Some(daemon) = XRayDaemon::of(document, services) {
            self.daemons.push(daemon);
        } else {
            let (version, _) = kind(document);
            self.others |= version.is_empty() || version.starts_with(GROUP);
        }
    }

    /// A resource of a template.
    fn resource(&mut self, resource: &Node) {
        match resource.member("Type").and_then(Node::text) {
            Some("AWS::ECS::TaskDefinition") => {
                let task = resource.member("Properties").and_then(TaskDefinition::of);
                self.tasks
                    .extend(task.filter(|task| !task.settings().is_empty()));
            }
            Some(name) => self.others |= name.starts_with("AWS::AppMesh::"),
            None => {}
        }
    }
}

/// The objects of a Kubernetes list, or the document itself.
fn unlisted(root: &Node) -> Vec<&Node> {
    match kind(root) {
        ("v1", "List") => root
            .member("items")
            .map(items)
            .unwrap_or_default()
            .iter()
            .collect(),
        _ => vec![root],
    }
}

/// Version and kind of an object of Kubernetes.
fn kind(root: &Node) -> (&str, &str) {
    let text = |key| root.member(key).and_then(Node::text).unwrap_or_default();
    (text("apiVersion"), text("kind"))
}

/// The labels of a pod's template.
pub(super) fn labels(template: &Node) -> &[Entry] {
    let metadata = template.member("metadata");
    metadata
        .and_then(|metadata| metadata.member("labels"))
        .map_or(&[], Node::entries)
}

/// The items of a list; none of anything else.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}

/// Each daemon is held against each of them.
const SERVICES: usize = 1000;
