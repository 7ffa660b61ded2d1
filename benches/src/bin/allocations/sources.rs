//! Whose code a frame of a backtrace is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mesh_benches::Error;

/// The files of this workspace, by the last three parts of their paths: that is all a frame says.
#[derive(Debug)]
pub(crate) struct Sources(BTreeMap<String, String>);

impl Sources {
    pub(crate) fn of_workspace() -> Result<Self, Error> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = BTreeMap::new();
        for library in ["mesh-core", "mesh-tower", "mesh-xray", "benches"] {
            let mut folders = vec![root.join(library).join("src")];
            while let Some(folder) = folders.pop() {
                add(&root, &folder, &mut folders, &mut files)?;
            }
        }
        Ok(Self(files))
    }

    /// The file that asked, if the frame is ours or hyper's: everything between them and the allocator only does what it is told.
    pub(crate) fn who(&self, frame_path: &str) -> Option<String> {
        match self.0.get(frame_path) {
            Some(path) => Some(path.clone()),
            None => HYPER
                .iter()
                .any(|start| frame_path.starts_with(start))
                .then(|| format!("hyper {}", frame_path.trim_start_matches("src/"))),
        }
    }
}

fn add(
    root: &Path,
    folder: &Path,
    folders: &mut Vec<PathBuf>,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
            continue;
        }
        let whole = path.strip_prefix(root)?.to_string_lossy().into_owned();
        let parts: Vec<&str> = whole.split('/').collect();
        let last_three = parts[parts.len().saturating_sub(3)..].join("/");
        files.insert(last_three, whole);
    }
    Ok(())
}

/// How the paths of hyper's files begin, seen from three parts away.
const HYPER: [&str; 6] = [
    "proto/h1/",
    "src/proto/",
    "src/client/",
    "client/conn/",
    "src/body/",
    "server/conn/",
];
