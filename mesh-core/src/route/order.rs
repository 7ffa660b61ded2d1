//! In which order rules are asked.

use std::cmp::Reverse;

use super::Rule;
use crate::name::RouteName;

/// What comes first is asked first: the lower priority, then the longer path condition, then the larger number of other
/// conditions, then the name.
///
/// # Source
/// App Mesh left the order of rules of equal priority and length open; the last two steps make it the same every time.
pub(super) type Rank<'a> = (u16, Reverse<usize>, Reverse<usize>, Option<&'a RouteName>);

pub(super) fn rank<P>(rule: &Rule<P>) -> Rank<'_> {
    let priority = rule.priority.map_or(UNWRITTEN, |priority| priority.get());
    let conditions = &rule.conditions;
    (
        priority,
        Reverse(conditions.path_length()),
        Reverse(conditions.count()),
        rule.name.as_ref(),
    )
}

/// App Mesh examples: "think of it as 1000 + 1".
const UNWRITTEN: u16 = 1001;
