//! `Conditions`: which of a template's resources and values are there.

use super::{
    function::Written,
    resolve::{DEPTH, Resolve},
    template::{Resource, at, below},
};
use crate::{
    config::spelling::nearest,
    error::{Place, quoted},
    load::{
        node::Node,
        resolved::{Content, Resolved},
        shape::Kind,
    },
};

impl<'a> Resolve<'a, '_> {
    /// Whether a resource is there; `None` if nobody can tell, which is reported.
    pub(super) fn is_there(&mut self, resource: Resource<'a>) -> Option<bool> {
        let Some(condition) = resource.condition() else {
            return Some(true);
        };
        let place = at(below(&resource.path(), ".Condition"), &condition.at);
        self.named_condition(Written::of(condition), &place)
    }

    /// `Fn::If`: the value that its condition chooses, and no word about the other.
    pub(super) fn choose(
        &mut self,
        argument: Written<'_>,
        place: &Place,
        kind: &Kind,
    ) -> Option<Resolved> {
        let holds = match argument.items() {
            Some([condition, _, _]) => {
                let place = at(place.path.clone(), &condition.at);
                self.named_condition(Written::of(condition), &place)
            }
            _ => {
                self.bad_argument(IF, place);
                None
            }
        };
        match (holds, argument.items()) {
            (Some(true), Some([_, chosen, _])) | (Some(false), Some([_, _, chosen])) => {
                self.node(chosen, place.path.clone(), kind)
            }
            _ => {
                self.lost += 1;
                Some(Resolved {
                    content: Content::Unknown,
                    place: place.clone(),
                })
            }
        }
    }

    fn named_condition(&mut self, name: Written<'_>, place: &Place) -> Option<bool> {
        match name.text() {
            Some(name) => self.condition(name, place),
            None => {
                self.bad_argument(IF, place);
                None
            }
        }
    }

    /// A declared condition: computed once, and never while it is being computed.
    fn condition(&mut self, name: &str, place: &Place) -> Option<bool> {
        let Some(declared) = self.template.conditions.get(name).copied() else {
            let known = self.template.conditions.keys().copied();
            let message = format!(
                "there is no condition {} in this template{}",
                quoted(name),
                nearest(name, known)
            );
            self.problems.error("missing-reference", place, message);
            return None;
        };
        match self.conditions.get(name) {
            Some(Some(known)) => return *known,
            None if self.depth < DEPTH => {}
            _ => {
                self.circular(&format!("the condition {}", quoted(name)), place);
                return None;
            }
        }
        self.conditions.insert(&declared.key, None);
        let path = below("Conditions", &format!(".{name}"));
        let known = self.test(&declared.node, &path);
        self.conditions.insert(&declared.key, Some(known));
        known
    }

    fn test(&mut self, node: &Node, path: &str) -> Option<bool> {
        let (written, place) = (Written::of(node), at(path.to_owned(), &node.at));
        let (called, argument) = match written.entries() {
            [only] if only.key == "Condition" => (Some("Condition"), Written::of(&only.node)),
            _ => (written.called(), written.argument()),
        };
        self.depth += 1;
        let known = match called {
            Some("Condition") => self.named_condition(argument, &at(path.to_owned(), argument.at)),
            Some("Equals") => self.equal(argument, &place),
            Some("And") => self.any(argument, false, &place),
            Some("Or") => self.any(argument, true, &place),
            Some("Not") => match argument.items() {
                Some([only]) => self.test(only, path).map(|holds| !holds),
                _ => self.no_test("`Fn::Not` needs a list of one condition", &place),
            },
            _ => self.no_test(TEST, &place),
        };
        self.depth -= 1;
        known
    }

    /// Whether one of the conditions is as wanted; with all of them looked at, so that all is asked for in one go.
    fn any(&mut self, argument: Written<'_>, wanted: bool, place: &Place) -> Option<bool> {
        let Some(items) = argument.items().filter(|items| MANY.contains(&items.len())) else {
            let message = "`Fn::And` and `Fn::Or` need a list of two to ten conditions";
            return self.no_test(message, place);
        };
        let known: Vec<_> = items
            .iter()
            .map(|item| self.test(item, &place.path))
            .collect();
        if known.contains(&Some(wanted)) {
            return Some(wanted);
        }
        (!known.contains(&None)).then_some(!wanted)
    }

    fn equal(&mut self, argument: Written<'_>, place: &Place) -> Option<bool> {
        let due = "`Fn::Equals` needs a list of two texts";
        let Some([one, other]) = argument.items() else {
            return self.no_test(due, place);
        };
        let one = self.text_argument(Written::of(one), due, place);
        let other = self.text_argument(Written::of(other), due, place);
        Some(one? == other?)
    }

    fn no_test(&mut self, message: &str, place: &Place) -> Option<bool> {
        self.bad_argument(message, place);
        None
    }
}

const IF: &str = "a condition's name is due here: `!If [Condition, one value, the other]`";
const TEST: &str =
    "a condition is one of `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` and `Condition`";
/// How many conditions `Fn::And` and `Fn::Or` take.
const MANY: std::ops::RangeInclusive<usize> = 2..=10;
