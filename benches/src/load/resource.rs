//! The mesh's resources, as each form writes them.

use serde_json::{Map, Value, json};

use super::{EACH, MESH, PORT, ROUTES, called, node, router, service, yaml};

/// A form that is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// A template in YAML.
    CloudFormation,
    /// Objects in YAML; a router's routes stand in it.
    Kubernetes,
    /// The input of create calls, one after the other.
    Api,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CloudFormation, Self::Kubernetes, Self::Api];

    /// As figures call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Kubernetes => "kubernetes",
            Self::Api => "api",
        }
    }

    pub(super) fn write(self, resource: &Resource, document: &mut String) {
        match self {
            Self::CloudFormation => {
                if document.is_empty() {
                    document.push_str("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n");
                }
                yaml::write(&resource.template(), 1, document);
            }
            Self::Kubernetes => {
                document.push_str("---\n");
                yaml::write(&resource.object(), 0, document);
            }
            Self::Api => {
                document.push_str(&format!("{:#}\n", resource.input()));
            }
        }
    }

    fn to_node(self, number: usize) -> (&'static str, Value) {
        match self {
            Self::Kubernetes => ("virtualNodeRef", json!({ "name": node(number) })),
            _ => ("virtualNode", json!(node(number))),
        }
    }

    fn to_service(self, number: usize) -> (&'static str, Value) {
        match self {
            Self::Kubernetes => (
                "virtualServiceRef",
                json!({ "name": short(&service(number)) }),
            ),
            _ => ("virtualServiceName", json!(service(number))),
        }
    }

    fn provider(self, number: usize) -> (&'static str, Value) {
        match self {
            Self::Kubernetes => ("virtualRouterRef", json!({ "name": router(number) })),
            _ => ("virtualRouterName", json!(router(number))),
        }
    }
}

/// One resource, with the API's names.
pub(super) struct Resource {
    /// As `virtualNode`.
    kind: &'static str,
    parent: Option<String>,
    name: String,
    spec: Value,
}

/// Everything in the mesh.
pub(super) fn all(form: Form) -> impl Iterator<Item = Resource> {
    let mut mesh = json!({ "egressFilter": { "type": "DROP_ALL" } });
    if form == Form::Kubernetes {
        mesh["namespaceSelector"] = json!({ "matchLabels": { "mesh": MESH } });
    }
    let namespace = (form == Form::Kubernetes).then(|| Resource::new(NAMESPACE, MESH, json!({})));
    let mesh = Resource::new("mesh", MESH, mesh);
    let parts = (0..EACH).flat_map(move |number| {
        let routes = match form {
            Form::Kubernetes => 0..0,
            _ => 0..ROUTES,
        };
        let parts = [
            Resource::new("virtualNode", node(number), node_spec(form, number)),
            Resource::new("virtualRouter", router(number), router_spec(form, number)),
            Resource::new(
                "virtualService",
                service(number),
                service_spec(form, number),
            ),
        ];
        let routes = routes.map(move |index| Resource {
            parent: Some(router(number)),
            ..Resource::new(
                "route",
                format!("route-{index}"),
                route_spec(form, number, index),
            )
        });
        parts.into_iter().chain(routes)
    });
    namespace.into_iter().chain([mesh]).chain(parts)
}

impl Resource {
    fn new(kind: &'static str, name: impl Into<String>, spec: Value) -> Self {
        Self {
            kind,
            parent: None,
            name: name.into(),
            spec,
        }
    }

    fn input(&self) -> Value {
        let mut input = Map::from_iter([("meshName".to_owned(), json!(MESH))]);
        input.extend(
            self.parent
                .iter()
                .map(|name| ("virtualRouterName".to_owned(), json!(name))),
        );
        input.insert(format!("{}Name", self.kind), json!(self.name));
        input.insert("spec".to_owned(), self.spec.clone());
        Value::Object(input)
    }

    fn template(&self) -> Value {
        let parent = self.parent.iter().flat_map(|name| name.chars());
        let id = parent
            .chain(self.name.chars())
            .filter(char::is_ascii_alphanumeric);
        let resource = json!({
            "Type": format!("AWS::AppMesh::{}", capitalised(self.kind)),
            "Properties": in_capitals(&self.input()),
        });
        Value::Object(Map::from_iter([(id.collect(), resource)]))
    }

    fn object(&self) -> Value {
        if self.kind == NAMESPACE {
            let metadata = json!({ "name": self.name, "labels": { "mesh": MESH } });
            return json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata });
        }
        let mut spec = self.spec.clone();
        if let (Value::Object(spec), false) = (&mut spec, self.kind == "mesh") {
            spec.insert("awsName".to_owned(), json!(self.name));
        }
        json!({
            "apiVersion": "appmesh.k8s.aws/v1beta2",
            "kind": capitalised(self.kind),
            "metadata": { "name": short(&self.name), "namespace": MESH },
            "spec": spec,
        })
    }
}

fn node_spec(form: Form, number: usize) -> Value {
    let backends = called(number).map(|called| {
        let (key, name) = form.to_service(called);
        json!({ "virtualService": { key: name } })
    });
    json!({
        "listeners": listeners(),
        "serviceDiscovery": { "dns": { "hostname": format!("{}.bench.local", node(number)) } },
        "backends": backends.collect::<Vec<_>>(),
    })
}

fn router_spec(form: Form, number: usize) -> Value {
    let mut spec = json!({ "listeners": listeners() });
    if form == Form::Kubernetes {
        let routes = (0..ROUTES).map(|index| {
            let mut route = route_spec(form, number, index);
            route["name"] = json!(format!("route-{index}"));
            route
        });
        spec["routes"] = routes.collect();
    }
    spec
}

fn service_spec(form: Form, number: usize) -> Value {
    let (key, name) = form.provider(number);
    json!({ "provider": { "virtualRouter": { key: name } } })
}

fn route_spec(form: Form, number: usize, index: usize) -> Value {
    let target = |number, weight: u32| {
        let (key, name) = form.to_node(number);
        json!({ key: name, "weight": weight })
    };
    json!({ "httpRoute": {
        "match": {
            "prefix": format!("/area-{index}/"),
            "method": "GET",
            "headers": [{ "name": "x-tenant", "match": { "exact": format!("tenant-{index}") } }],
        },
        "action": { "weightedTargets": [target(number, 90), target((number + 1) % EACH, 10)] },
        "retryPolicy": {
            "maxRetries": 2,
            "perRetryTimeout": { "unit": "ms", "value": 500 },
            "httpRetryEvents": ["gateway-error"],
        },
        "timeout": { "perRequest": { "unit": "s", "value": 5 } },
    } })
}

fn listeners() -> Value {
    json!([{ "portMapping": { "port": PORT, "protocol": "http" } }])
}

/// Kubernetes' names have no dots.
fn short(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// The same under CloudFormation's names.
fn in_capitals(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(key, value)| (capitalised(key), in_capitals(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(in_capitals).collect(),
        other => other.clone(),
    }
}

fn capitalised(key: &str) -> String {
    match key.split_at(1) {
        _ if key == "dns" => "DNS".to_owned(),
        (first, rest) => first.to_ascii_uppercase() + rest,
    }
}

const NAMESPACE: &str = "namespace";
