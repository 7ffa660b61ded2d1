//! ARNs of App Mesh resources, where region and account are given.

use super::{
    resolve::{Known, Resolve, text},
    template::Resource,
};
use crate::{error::Place, load::resolved::Content};

impl Resolve<'_, '_> {
    /// A resource's ARN: put together, else what the caller gives under `key`.
    pub(super) fn arn(&mut self, id: &str, key: &str, place: &Place) -> Known {
        if let Some(arn) = self.put_together(id, place) {
            return text(arn);
        }
        let what = "the ARN of an App Mesh resource, which is not known without `AWS::Region` and `AWS::AccountId`; if its name \
                    is meant, write `!GetAtt` with the attribute that ends in `Name`";
        self.given(key, "missing-value", what, place)
    }

    /// Where no name is due, an ARN that is known is a text.
    pub(super) fn with_arn(&mut self, content: Content, place: &Place) -> Content {
        let Content::Arn(arn) = content else {
            return content;
        };
        match self.put_together(&arn.logical_id, place) {
            Some(arn) => Content::Text(arn),
            None => Content::Arn(arn),
        }
    }

    /// # Source
    /// Service Authorization Reference, "Resource types defined by AWS App Mesh".
    fn put_together(&mut self, id: &str, place: &Place) -> Option<String> {
        let given = |name| self.template.values.get(name);
        let (region, account) = (given("AWS::Region")?, given("AWS::AccountId")?);
        let partition = given("AWS::Partition").map_or("aws", String::as_str);
        let resource = self.template.resources.get(id).copied()?;
        let app_mesh = resource.app_mesh?;
        // A mesh of somebody else has that account in its ARN.
        if resource.property("MeshOwner").is_some() {
            return None;
        }
        let mut arn = format!("arn:{partition}:appmesh:{region}:{account}:mesh/");
        arn += &self.name(resource, "MeshName", place)?;
        let parent = PARENTS.iter().find(|(kind, _, _)| *kind == resource.kind);
        if let Some((_, segment, property)) = parent {
            arn += &format!("/{segment}/{}", self.name(resource, property, place)?);
        }
        if let Some((_, segment)) = SEGMENTS.iter().find(|(kind, _)| *kind == resource.kind) {
            arn += &format!("/{segment}/{}", self.name(resource, app_mesh.name, place)?);
        }
        Some(arn)
    }

    fn name(&mut self, resource: Resource<'_>, property: &str, place: &Place) -> Option<String> {
        match self.attribute(resource.id, property, place) {
            Known::Content(Content::Text(name)) => Some(name),
            _ => None,
        }
    }
}

const PARENTS: [(&str, &str, &str); 2] = [
    ("AWS::AppMesh::Route", "virtualRouter", "VirtualRouterName"),
    (
        "AWS::AppMesh::GatewayRoute",
        "virtualGateway",
        "VirtualGatewayName",
    ),
];
const SEGMENTS: [(&str, &str); 6] = [
    ("AWS::AppMesh::VirtualNode", "virtualNode"),
    ("AWS::AppMesh::VirtualRouter", "virtualRouter"),
    ("AWS::AppMesh::Route", "route"),
    ("AWS::AppMesh::VirtualService", "virtualService"),
    ("AWS::AppMesh::VirtualGateway", "virtualGateway"),
    ("AWS::AppMesh::GatewayRoute", "gatewayRoute"),
];
