//! Who is at one end of a connection.

use std::{fmt, sync::Arc};

/// A virtual node of a simulation, or one endpoint of it.
///
/// `"orders"` is the node: all its endpoints, and whoever calls in its name. `("orders", 1)` is its second endpoint alone.
///
/// # Examples
/// ```
/// use mesh_tower::test_util::Place;
///
/// assert_eq!(Place::from("orders").to_string(), "orders");
/// assert_eq!(Place::from(("orders", 1)).to_string(), "orders/1");
/// ```
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    node: Arc<str>,
    endpoint: Option<usize>,
}

impl Place {
    /// The virtual node's name.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The endpoint, counted from 0 in the order in which they were given; `None` for the whole node, and for its caller.
    #[must_use]
    pub fn endpoint(&self) -> Option<usize> {
        self.endpoint
    }

    /// The node that it is of.
    pub(super) fn whole(&self) -> Self {
        Self {
            node: self.node.clone(),
            endpoint: None,
        }
    }

    /// Whether the other one is this, or an endpoint of this.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.node == other.node && (self.endpoint.is_none() || self.endpoint == other.endpoint)
    }
}

impl From<&str> for Place {
    fn from(node: &str) -> Self {
        Self {
            node: node.into(),
            endpoint: None,
        }
    }
}

impl From<(&str, usize)> for Place {
    fn from((node, endpoint): (&str, usize)) -> Self {
        Self {
            node: node.into(),
            endpoint: Some(endpoint),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node)?;
        match self.endpoint {
            Some(endpoint) => write!(f, "/{endpoint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_covers_its_endpoints_and_its_caller_and_nobody_elses() {
        let (node, first) = (Place::from("orders"), Place::from(("orders", 0)));
        assert!(node.covers(&node) && node.covers(&first) && first.covers(&first));
        assert!(!first.covers(&node) && !first.covers(&("orders", 1).into()));
        assert!(!node.covers(&"stock".into()));
        assert_eq!(first.whole(), node);
    }
}
