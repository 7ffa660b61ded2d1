//! Kubernetes objects: who they are, and all of them by name.

use std::{collections::BTreeMap, fmt};

use super::selector::{self, Labels};
use crate::{
    config::{ResourceKind, spelling::nearest},
    error::{Place, Problems, quoted},
    load::{
        node::{Entry, Node},
        place::place,
    },
};

/// An App Mesh object.
pub(super) struct Object<'a> {
    pub(super) kind: ResourceKind,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) name_place: Place,
    pub(super) labels: Labels,
    pub(super) root: &'a Node,
}

impl Object<'_> {
    /// Something in its spec.
    pub(super) fn spec(&self, key: &str) -> Option<&Node> {
        self.spec_entry(key).map(|entry| &entry.node)
    }

    /// The same with its key.
    pub(super) fn spec_entry(&self, key: &str) -> Option<&Entry> {
        let mut entries = self.root.member("spec")?.entries().iter();
        entries.find(|entry| entry.key == key && !entry.node.is_null())
    }

    /// What it is called in App Mesh.
    pub(super) fn app_mesh_name(&self) -> String {
        let written = self.spec("awsName").and_then(Node::text);
        match written {
            Some(written) => written.to_owned(),
            None => app_mesh_name(self.kind, &self.namespace, &self.name),
        }
    }

    /// Whether it was taken out of a cluster, where the controller and the server write into it.
    pub(super) fn is_exported(&self) -> bool {
        let metadata = |key| self.root.member("metadata").and_then(|m| m.member(key));
        let written = |node: Option<&Node>| node.is_some_and(|node| !node.is_null());
        written(self.root.member("status"))
            || ["uid", "managedFields", "resourceVersion"]
                .into_iter()
                .any(|key| written(metadata(key)))
    }

    /// `VirtualNode/orders`.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

/// What an object is called in App Mesh that does not say it.
///
/// # Source
/// The controller's mutating webhooks.
pub(super) fn app_mesh_name(kind: ResourceKind, namespace: &str, name: &str) -> String {
    match kind {
        ResourceKind::Mesh => name.to_owned(),
        ResourceKind::VirtualService => format!("{name}.{namespace}"),
        _ => format!("{name}_{namespace}"),
    }
}

/// All that was loaded of Kubernetes.
#[derive(Default)]
pub(super) struct Objects<'a> {
    pub(super) all: Vec<Object<'a>>,
    /// The labels of namespaces.
    pub(super) namespaces: BTreeMap<String, Labels>,
    /// Whether an object is there of which nobody knows who it is.
    pub(super) unknown: bool,
    names: BTreeMap<(ResourceKind, String, String), usize>,
}

impl<'a> Objects<'a> {
    /// Something that may be an object; in a list of one kind it need not say so.
    pub(super) fn item(
        &mut self,
        root: &'a Node,
        of: Option<ResourceKind>,
        problems: &mut Problems,
    ) {
        if is_core(root, "Namespace") {
            return self.namespace(root);
        }
        let version = root.member("apiVersion").and_then(Node::text);
        match version.and_then(|version| version.strip_prefix(GROUP)) {
            Some("v1beta2") => self.object(root, of, problems),
            None if version.is_none() && of.is_some() => self.object(root, of, problems),
            Some(_) => {
                let node = root.member("apiVersion").unwrap_or(root);
                unsupported(
                    version.unwrap_or_default(),
                    &place(node.at.clone()),
                    problems,
                );
                self.unknown = true;
            }
            None => {}
        }
    }

    /// # Source
    /// Kubernetes, "Well-Known Labels": the API server labels each namespace with its own name.
    pub(super) fn namespace(&mut self, root: &Node) {
        let name = name(root).unwrap_or_default().to_owned();
        let mut labels = selector::labels(root);
        let own = labels.entry("kubernetes.io/metadata.name".to_owned());
        own.or_insert_with(|| name.clone());
        self.namespaces.insert(name, labels);
    }

    fn object(&mut self, root: &'a Node, of: Option<ResourceKind>, problems: &mut Problems) {
        let said = root.member("kind").is_some();
        let listed = of.filter(|_| !said);
        let Some(kind) = listed.or_else(|| kind(root, problems)) else {
            self.unknown = true;
            return;
        };
        let Some(name_node) = name_node(root).filter(|node| node.text().is_some()) else {
            let message = "an object needs a name under `metadata`: add it";
            problems.error("missing-property", &place(root.at.clone()), message);
            self.unknown = true;
            return;
        };
        let name = name_node.text().unwrap_or_default().to_owned();
        let namespace = root.member("metadata").and_then(|m| m.member("namespace"));
        let namespace = namespace.and_then(Node::text).unwrap_or("default");
        let namespace = match kind {
            ResourceKind::Mesh => String::new(),
            _ => namespace.to_owned(),
        };
        let key = (kind, namespace.clone(), name.clone());
        self.names.insert(key, self.all.len());
        self.all.push(Object {
            kind,
            namespace,
            name,
            name_place: place(name_node.at.clone()),
            labels: selector::labels(root),
            root,
        });
    }

    /// All objects of a kind, each once, by namespace and name.
    pub(super) fn of(&self, kind: ResourceKind) -> impl Iterator<Item = &Object<'a>> {
        let from = (kind, String::new(), String::new());
        let found = self.names.range(from..);
        let found = found.take_while(move |((other, ..), _)| *other == kind);
        found.filter_map(|(_, index)| self.all.get(*index))
    }

    /// The object of a kind, where there is one and no other.
    pub(super) fn only(&self, kind: ResourceKind) -> Option<&Object<'a>> {
        let mut all = self.of(kind);
        all.next().filter(|_| all.next().is_none())
    }

    /// Those of a namespace, by name.
    pub(super) fn within(
        &self,
        kind: ResourceKind,
        namespace: &str,
    ) -> impl Iterator<Item = &Object<'a>> {
        let from = (kind, namespace.to_owned(), String::new());
        let found = self.names.range(from..);
        let found = found.map_while(|(_, index)| self.all.get(*index));
        found
            .take_while(move |object| (object.kind, object.namespace.as_str()) == (kind, namespace))
    }

    pub(super) fn get(
        &self,
        kind: ResourceKind,
        namespace: &str,
        name: &str,
    ) -> Option<&Object<'a>> {
        let key = (kind, namespace.to_owned(), name.to_owned());
        self.all.get(*self.names.get(&key)?)
    }
}

/// Whether it is one of Kubernetes' own objects.
pub(super) fn is_core(root: &Node, kind: &str) -> bool {
    let text = |key| root.member(key).and_then(Node::text);
    text("apiVersion") == Some("v1") && text("kind") == Some(kind)
}

/// The kinds of objects that there are.
pub(super) fn kinds() -> impl Iterator<Item = ResourceKind> {
    let kinds = ResourceKind::ALL.into_iter();
    kinds.filter(|kind| *kind != ResourceKind::Route)
}

fn name_node(root: &Node) -> Option<&Node> {
    root.member("metadata")?.member("name")
}

fn name(root: &Node) -> Option<&str> {
    name_node(root)?.text()
}

fn kind(root: &Node, problems: &mut Problems) -> Option<ResourceKind> {
    let written = root.member("kind");
    let text = written.and_then(Node::text).unwrap_or_default();
    let found = kinds().find(|kind| kind.as_str() == text);
    if found.is_none() {
        let place = place(written.unwrap_or(root).at.clone());
        let hint = fmt::from_fn(|f| f.write_str(&nearest(text, kinds().map(ResourceKind::as_str))));
        let message =
            fmt::from_fn(|f| write!(f, "App Mesh has no kind of object {}{hint}", quoted(text)));
        problems.error("unknown-kind", &place, message);
    }
    found
}

/// Refuses another version than the one that is read.
pub(in crate::load) fn unsupported(version: &str, place: &Place, problems: &mut Problems) {
    let message = format!(
        "unsupported apiVersion {} (v1beta2 is read): routes stand in a VirtualRouter there and no longer in a VirtualService; \
         the controller's guide \"Migrating from v1beta1\" tells how each object is rewritten",
        quoted(version)
    );
    problems.error("unsupported-version", place, message);
}

/// The API group of App Mesh's objects.
pub(in crate::load) const GROUP: &str = "appmesh.k8s.aws/";
