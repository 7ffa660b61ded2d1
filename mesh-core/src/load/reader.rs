//! The reader: which documents, with which values, and as how many meshes.

mod documents;

use std::{collections::BTreeMap, sync::Arc};

use super::{api::Unsaid, cloudformation};
use crate::{
    config::{Config, Counts, ResourceKind, check, draft::Draft},
    error::{ConfigErrors, Problems},
};

/// Documents to be read together, and the values they need.
///
/// # Examples
/// ```
/// use mesh_core::config::Config;
///
/// let template = "
/// Parameters: {Stage: {Type: String}}
/// Resources:
///   Shop: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub 'shop-${Stage}-${AWS::Region}'}}
/// ";
/// let config = Config::reader()
///     .parameter("Stage", "test")
///     .pseudo("AWS::Region", "eu-central-1")
///     .document("mesh.yaml", template)
///     .read()?;
/// assert_eq!(config.mesh().name().as_str(), "shop-test-eu-central-1");
/// # Ok::<(), mesh_core::error::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a reader does nothing before `read`"]
pub struct Reader {
    values: BTreeMap<String, String>,
    substitutions: BTreeMap<String, String>,
    documents: Vec<(Arc<str>, String)>,
    mesh: Option<String>,
    unsaid: Unsaid,
    allow_missing: bool,
    lenient: bool,
    last_wins: bool,
}

impl Reader {
    /// Gives a parameter its value; the last one given counts.
    ///
    /// What AWS alone knows is given in the same way, under the name that the template asks for it by:
    ///
    /// | name | value |
    /// |---|---|
    /// | `Stage` | the parameter `Stage`; of a list, its items with commas between them |
    /// | `AWS::Region` | a pseudo parameter, as with [`pseudo`](Self::pseudo) |
    /// | `Certificate` | `!Ref Certificate`, a resource |
    /// | `LoadBalancer.DNSName` | `!GetAtt LoadBalancer.DNSName`, as with [`attribute`](Self::attribute) |
    /// | `import:Network-Zone` | `!ImportValue Network-Zone`, as with [`import`](Self::import) |
    /// | `azs:eu-central-1` | `!GetAZs eu-central-1`: the zones, with commas between them |
    ///
    /// No two of them are ever the same: names of parameters and resources are letters and digits alone.
    /// [`Problem::wants`](crate::error::Problem::wants) says which one is missing.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// Gives a pseudo parameter its value: `AWS::Region`, `AWS::AccountId`, `AWS::StackName` and so on.
    pub fn pseudo(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameter(name, value)
    }

    /// Gives the value that another stack exports, under the export's name once every function in it is computed.
    ///
    /// It is kept under that name after `import:`.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::Config;
    ///
    /// let template = "
    /// Parameters: {Stage: {Type: String, Default: test}}
    /// Resources:
    ///   Shop: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !ImportValue {'Fn::Sub': '${Stage}:MeshName'}}}
    /// ";
    /// let config = Config::reader().import("test:MeshName", "shop").document("mesh.yaml", template).read()?;
    /// assert_eq!(config.mesh().name().as_str(), "shop");
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn import(self, export: impl AsRef<str>, value: impl Into<String>) -> Self {
        let name = format!("{}{}", cloudformation::IMPORT, export.as_ref());
        self.parameter(name, value)
    }

    /// Gives an attribute of a resource its value, as `Fn::GetAtt` asks for it.
    pub fn attribute(
        self,
        resource: impl AsRef<str>,
        attribute: impl AsRef<str>,
        value: impl Into<String>,
    ) -> Self {
        let name = format!("{}.{}", resource.as_ref(), attribute.as_ref());
        self.parameter(name, value)
    }

    /// Gives a placeholder its value, in Kubernetes objects and the API's JSON: `${NAME}`, `$NAME`, `{{NAME}}`, and jq's
    /// `$NAME` and `\($NAME)`. One that is not given is its default, as in `${NAME:-default}`, if it has one. One of jq's that
    /// stands for a whole value is a number where a number is due, else a text. Where the environment is to fill them, give all of
    /// [`std::env::vars`].
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::Config;
    ///
    /// let service = r#"{"meshName": $MESH, "virtualServiceName": "orders.\($DOMAIN)", "spec": {}}"#;
    /// let reader = Config::reader().substitute("MESH", "shop").substitute("DOMAIN", "local");
    /// let config = reader.document("orders.json", service).read()?;
    /// assert!(config.mesh().virtual_service("orders.local").is_some());
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn substitute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.substitutions.insert(name.into(), value.into());
        self
    }

    /// Says which mesh to take, where the documents hold several; and which it is, where they name none.
    pub fn mesh(mut self, name: impl Into<String>) -> Self {
        self.mesh = Some(name.into());
        self
    }

    /// The same, unless a mesh is named already.
    pub fn or_mesh(self, name: impl Into<String>) -> Self {
        match self.mesh {
            Some(_) => self,
            None => self.mesh(name),
        }
    }

    /// Says what the API's JSON is that does not say it: the kind and the name that stood on the command line. A route's name has
    /// its router's before it, a gateway route's its gateway's. A document may then also be the content of a `spec` alone, as
    /// the command line takes it with `--spec file://…`.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::{Config, ResourceKind};
    ///
    /// let spec = r#"{"spec": {"listeners": [{"portMapping": {"port": 80, "protocol": "http"}}]}}"#;
    /// let reader = Config::reader().mesh("shop").document("router.json", spec);
    /// let config = reader.bare(ResourceKind::VirtualRouter, "orders").read()?;
    /// assert!(config.mesh().virtual_router("orders").is_some());
    ///
    /// let route = r#"{"spec": {"httpRoute": {"match": {"prefix": "/"},
    ///     "action": {"weightedTargets": [{"virtualNode": "orders-v1", "weight": 1}]}}}}"#;
    /// let reader = Config::reader().mesh("shop").allow_missing().document("route.json", route);
    /// assert_eq!(reader.bare(ResourceKind::Route, "orders/canary").read()?.resources(), 1);
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn bare(self, kind: ResourceKind, name: impl Into<String>) -> Self {
        let (kind, name) = (Some(kind), Some(name.into()));
        Self {
            unsaid: Unsaid { kind, name },
            ..self
        }
    }

    /// Allows references to virtual nodes, routers and services that are defined elsewhere: a route that holds one is left out, a
    /// virtual service without its provider refuses every call, each with a warning, and the rest is taken.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::Config;
    ///
    /// let template = "
    /// Resources:
    ///   Orders:
    ///     Type: AWS::AppMesh::VirtualService
    ///     Properties:
    ///       MeshName: shop
    ///       VirtualServiceName: orders.local
    ///       Spec: {Provider: {VirtualRouter: {VirtualRouterName: of-another-stack}}}
    /// ";
    /// assert!(Config::parse("orders.yaml", template).is_err());
    /// let config = Config::reader().allow_missing().document("orders.yaml", template).read()?;
    /// assert!(config.mesh().virtual_services().all(|service| service.provider.is_none()));
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn allow_missing(mut self) -> Self {
        self.allow_missing = true;
        self
    }

    /// Passes over properties that App Mesh does not have, with a warning, as API servers do that prune them.
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Takes the later one of two resources that have one name, as `kubectl apply` does of files that are applied one after the
    /// other; else that is an error.
    pub fn last_wins(mut self) -> Self {
        self.last_wins = true;
        self
    }

    /// Adds a document, or several in one text.
    pub fn document(mut self, name: &str, text: impl Into<String>) -> Self {
        self.documents.push((Arc::from(name), text.into()));
        self
    }

    /// Reads all documents as one configuration.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every problem of every document.
    pub fn read(self) -> Result<Config, ConfigErrors> {
        let (draft, problems, counts) = self.draft();
        config(draft, problems, counts)
    }

    /// Reads all documents as one configuration for each mesh in them, in the order of the meshes' names.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every problem of every document and mesh; of more than 64 meshes, one has to be
    /// [chosen](Self::mesh).
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::Config;
    ///
    /// let template = "
    /// Resources:
    ///   Test: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: test}}
    ///   Live: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: live}}
    /// ";
    /// let configs = Config::reader().document("mesh.yaml", template).read_each()?;
    /// let names = configs.iter().map(|config| config.mesh().name().as_str());
    /// assert_eq!(names.collect::<Vec<_>>(), ["live", "test"]);
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    pub fn read_each(self) -> Result<Vec<Config>, ConfigErrors> {
        let (draft, problems, counts) = self.draft();
        let meshes = draft.mesh_names();
        if !(2..=MESHES).contains(&meshes.len()) || draft.wanted.is_some() {
            return Ok(vec![config(draft, problems, counts)?]);
        }
        let mut configs = Vec::new();
        let mut refused = Vec::new();
        for mesh in meshes {
            let wanted = Some(mesh);
            let draft = Draft {
                wanted,
                ..draft.clone()
            };
            match config(draft, problems.clone(), counts.clone()) {
                Ok(config) => configs.push(config),
                Err(errors) => refused.push(errors),
            }
        }
        let errors = refused
            .into_iter()
            .reduce(|all, errors| all.and(errors.problems()));
        match errors {
            None => Ok(configs),
            Some(errors) => Err(errors.and(configs.iter().flat_map(Config::warnings))),
        }
    }
}

fn config(draft: Draft, problems: Problems, counts: Counts) -> Result<Config, ConfigErrors> {
    let resources = counts.total();
    let (mesh, warnings) =
        check(draft, problems).map_err(|errors| errors.with_resources(resources))?;
    Ok(Config::read(mesh, warnings, counts))
}

/// Each is checked against all that the documents hold: many times many would have no end.
const MESHES: usize = 64;
