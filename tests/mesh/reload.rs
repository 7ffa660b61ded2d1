//! A configuration that changes while the mesh runs: what is right is put in force, and what is not changes nothing.

mod files;
mod ports;
mod url;

use std::{
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use mesh_tower::{ConfigStatus, Mesh, MeshBuilder, test_util::MemoryNetwork};
use tokio::time;

/// A template in which `web`, which listens on this port, calls these virtual services.
fn template(port: u16, backends: &[&str]) -> String {
    let mut text = format!(
        "Resources:
  Mesh: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: shop}}}}
  Web:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: shop
      VirtualNodeName: web
      Spec:
        Listeners: [{{PortMapping: {{Port: {port}, Protocol: http}}}}]
        ServiceDiscovery: {{DNS: {{Hostname: web.local}}}}
        Backends: ["
    );
    for name in backends {
        text.push_str(&format!(
            "{{VirtualService: {{VirtualServiceName: {name}.local}}}}, "
        ));
    }
    text.push_str("]\n");
    for (number, name) in backends.iter().enumerate() {
        text.push_str(&services(number, name));
    }
    text
}

fn services(number: usize, name: &str) -> String {
    format!(
        "  Node{number}:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: shop
      VirtualNodeName: {name}
      Spec:
        Listeners: [{{PortMapping: {{Port: 8080, Protocol: http}}}}]
        ServiceDiscovery: {{DNS: {{Hostname: 127.0.0.1}}}}
  Service{number}:
    Type: AWS::AppMesh::VirtualService
    Properties:
      MeshName: shop
      VirtualServiceName: {name}.local
      Spec: {{Provider: {{VirtualNode: {{VirtualNodeName: {name}}}}}}}
"
    )
}

/// The node `web`, on a network of its own.
fn web() -> MeshBuilder {
    Mesh::builder()
        .virtual_node("web")
        .network(&MemoryNetwork::new())
}

/// Which of these the mesh may call.
fn called(mesh: &Mesh) -> Vec<&'static str> {
    let mut names = vec!["orders", "stock"];
    names.retain(|name| mesh.client_for(&format!("{name}.local")).is_ok());
    names
}

/// Long enough for every look that is due.
async fn a_while() {
    time::sleep(Duration::from_secs(3)).await;
}

/// The value of a metric that has no labels.
fn metric(mesh: &Mesh, name: &str) -> u64 {
    let page = mesh.metrics();
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("{name} is in {page}"))
}

fn last_error(mesh: &Mesh) -> String {
    let ConfigStatus { last_error, .. } = mesh.configuration();
    last_error.expect("something is wrong")
}

/// A directory that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mesh-reload-{}-{number}", process::id()));
        fs::create_dir_all(&path).expect("a directory for temporary files");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the directory can be written to");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
