//! One large mesh: written in each form that is read, and built without any text.
//!
//! A thousand nodes, services and routers, ten routes behind each; the first node may call every service, each other one the next. What is
//! too much for one file is several: a reader takes 8 MiB and 400,000 values of each.

mod built;
mod resource;
mod yaml;

use mesh_core::{config::Config, error::ConfigErrors};

pub use self::{built::unchecked, resource::Form};

impl Form {
    /// The mesh's files.
    #[must_use]
    pub fn documents(self) -> Vec<String> {
        let mut documents = vec![String::new()];
        for resource in resource::all(self) {
            if documents.last().is_some_and(|last| last.len() > BYTES) {
                documents.push(String::new());
            }
            if let Some(document) = documents.last_mut() {
                self.write(&resource, document);
            }
        }
        documents
    }
}

/// Reads files as one configuration, checks included.
///
/// # Errors
/// There is something wrong with them.
pub fn read(documents: &[String]) -> Result<Config, ConfigErrors> {
    let named = documents.iter().enumerate();
    let reader = named.fold(Config::reader(), |reader, (number, document)| {
        reader.document(&format!("file-{number}"), document.as_str())
    });
    reader.read()
}

fn node(number: usize) -> String {
    format!("node-{number:04}")
}

fn router(number: usize) -> String {
    format!("router-{number:04}")
}

fn service(number: usize) -> String {
    format!("service-{number:04}.bench.local")
}

/// The services that a node may call.
fn called(by: usize) -> std::ops::Range<usize> {
    match by {
        0 => 0..EACH,
        EACH.. => 0..0,
        _ => by..by + 1,
    }
}

/// How many nodes, services and routers there are.
pub const EACH: usize = 1_000;
/// How many routes a router has.
pub const ROUTES: usize = 10;
/// The node that may call every service.
pub const CALLER: &str = "node-0000";
const MESH: &str = "bench";
const PORT: u16 = 8080;
/// A new file is begun above this.
const BYTES: usize = 2 << 20;
