//! What the CDK writes: functions in their long form, and resources of its own around ours.

use crate::config::Config;

#[test]
fn a_template_of_the_cdk_asks_for_nothing_of_its_own() {
    let config = Config::parse("shop.template.json", TEMPLATE).unwrap();
    assert_eq!(config.resources(), 3);
    assert_eq!(config.mesh().name().as_str(), "shop");
    let node = config
        .mesh()
        .virtual_node("ShopStackOrdersNode1A2B")
        .expect("the node is there");
    assert_eq!(node.listeners.len(), 1);
    assert!(
        config
            .mesh()
            .virtual_service("registry.shop.local")
            .is_some()
    );
}

const TEMPLATE: &str = r#"{
 "Resources": {
  "Mesh5C16": {"Type": "AWS::AppMesh::Mesh", "Properties": {"MeshName": "shop", "Spec": {}}, "Metadata": {"aws:cdk:path": "a"}},
  "Registry77AA": {
   "Type": "AWS::ServiceDiscovery::Service",
   "Properties": {"Name": "registry", "NamespaceId": {"Fn::GetAtt": ["Namespace", "Id"]}}
  },
  "Orders99": {
   "Type": "AWS::AppMesh::VirtualNode",
   "Properties": {
    "MeshName": {"Fn::GetAtt": ["Mesh5C16", "MeshName"]},
    "VirtualNodeName": "ShopStackOrdersNode1A2B",
    "Spec": {
     "Backends": [],
     "Listeners": [{"PortMapping": {"Port": 80, "Protocol": "http"}}],
     "ServiceDiscovery": {"AWSCloudMap": {"NamespaceName": "shop.local", "ServiceName": {"Fn::GetAtt": ["Registry77AA", "Name"]}}}
    }
   },
   "DependsOn": ["Mesh5C16"]
  },
  "Service31": {
   "Type": "AWS::AppMesh::VirtualService",
   "Properties": {
    "MeshName": {"Fn::GetAtt": ["Mesh5C16", "MeshName"]},
    "VirtualServiceName": {"Fn::Join": ["", [{"Fn::GetAtt": ["Registry77AA", "Name"]}, ".shop.local"]]},
    "Spec": {"Provider": {"VirtualNode": {"VirtualNodeName": {"Fn::GetAtt": ["Orders99", "VirtualNodeName"]}}}}
   }
  },
  "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:x"}, "Condition": "CDKMetadataAvailable"}
 },
 "Conditions": {
  "CDKMetadataAvailable": {"Fn::Or": [
   {"Fn::Or": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}]},
   {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
  ]}
 },
 "Parameters": {
  "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version", "Description": "d"}
 },
 "Rules": {
  "CheckBootstrapVersion": {"Assertions": [
   {"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "BootstrapVersion"}]}]}, "AssertDescription": "d"}
  ]}
 }
}"#;
