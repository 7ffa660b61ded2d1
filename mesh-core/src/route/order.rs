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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        route::{
            Conditions, HeaderCondition, HeaderSource, PathCondition, Pattern, QueryCondition,
        },
        unit::Priority,
    };

    fn rule(name: &str, priority: Option<i64>, conditions: Conditions) -> Rule<()> {
        let priority = priority.map(|priority| Priority::new(priority).unwrap());
        Rule::new(RouteName::new(name).unwrap(), priority, conditions, ())
    }

    fn prefix(path: &str) -> Conditions {
        Conditions::any().with_path(PathCondition::Prefix(path.into()))
    }

    #[test]
    fn method_scheme_and_being_grpc_count_as_one_condition_each() {
        let method = || Conditions::any().with_method(Some(http::Method::GET));
        let both = method().with_scheme(Some(http::uri::Scheme::HTTPS));
        let query = |conditions: Conditions| {
            conditions.with_query([QueryCondition::present("k"), QueryCondition::present("l")])
        };
        let counts = [
            Conditions::any(),
            Conditions::any().of_grpc(),
            method(),
            both.clone(),
            query(method()),
            query(both),
        ]
        .map(|conditions| conditions.count());
        assert_eq!(counts, [0, 1, 1, 2, 3, 4]);
    }

    #[test]
    fn priority_goes_before_length_and_length_before_the_number_of_conditions() {
        let present = || HeaderCondition::present(HeaderSource::Authority);
        let regex = PathCondition::Regex(Pattern::new("/a/[0-9]+").unwrap());
        let expected = [
            rule("first", Some(0), prefix("/")),
            rule("last-number", Some(1000), prefix("/a")),
            rule("long", None, Conditions::any().with_path(regex)),
            rule("middle", None, prefix("/abc")),
            rule(
                "conditions",
                None,
                prefix("/ab").with_headers([present(), present()]),
            ),
            rule(
                "condition",
                None,
                prefix("/ab").with_query([QueryCondition::present("k")]),
            ),
            rule("none-a", None, prefix("/ab")),
            rule("none-b", None, prefix("/ab")),
            rule("any", None, Conditions::any()),
        ];
        let mut rules = expected.clone();
        rules.reverse();
        rules.sort_by(|a, b| rank(a).cmp(&rank(b)));
        assert_eq!(rules, expected);
    }
}
