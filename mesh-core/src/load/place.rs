//! Places in documents, and the paths that name them.

use crate::error::{Location, Place, shortened};

/// The place of a location that has no path.
pub(super) fn place(location: Location) -> Place {
    Place {
        path: String::new(),
        location: Some(location),
    }
}

pub(super) fn at(path: String, location: &Location) -> Place {
    Place {
        path,
        location: Some(location.clone()),
    }
}

/// A path one step further, as far as paths go: everything keeps its own.
pub(super) fn below(path: &str, step: &str) -> String {
    match path.len() < LONGEST_PATH {
        true => format!("{path}{}", shortened(step)),
        false => path.to_owned(),
    }
}

const LONGEST_PATH: usize = 512;
