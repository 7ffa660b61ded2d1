//! Where something was written, for whoever asks where a number comes from.

use crate::error::{Location, Place};

/// The place at which something was written; nowhere, for what no text said.
///
/// Two meshes that say the same are equal, wherever they say it: so are all of these.
#[derive(Clone, Debug, Default)]
pub struct Written(Option<Location>);

impl Written {
    pub(crate) fn at(place: &Place) -> Self {
        Self(place.location.clone())
    }

    /// The line and column; `None` if no text said it.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.0.as_ref()
    }
}

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Written {}
