//! Calls of functions: which one is computed where, and arguments as the functions ask for them.

use super::{
    function::Written,
    resolve::{Known, LONGEST, Resolve, UNKNOWN},
};
use crate::{
    config::spelling::nearest,
    error::{Place, quoted},
    load::{
        resolved::{Content, Resolved},
        shape::Kind,
    },
};

impl Resolve<'_, '_> {
    /// What a function gives; `Fn::If` gives one of its arguments, and is chosen from before.
    pub(super) fn call(&mut self, name: &str, argument: Written<'_>, place: &Place) -> Known {
        match name {
            "Ref" => {
                let due = "`Ref` needs a name: `!Ref Name`";
                match self.text_argument(argument, due, place) {
                    Some(name) => self.reference(&name, place),
                    None => UNKNOWN,
                }
            }
            "Base64" => self.base64(argument, place),
            "FindInMap" => self.find_in_map(argument, place),
            "GetAZs" => self.get_azs(argument, place),
            "GetAtt" => self.get_att(argument, place),
            "ImportValue" => self.import_value(argument, place),
            "Join" => self.join(argument, place),
            "Length" => self.length(argument, place),
            "Select" => self.select(argument, place),
            "Split" => self.split(argument, place),
            "Sub" => self.sub(argument, place),
            "ToJsonString" => self.json_string(argument, place),
            _ => self.not_computed(name, place),
        }
    }

    pub(super) fn bad_argument(&mut self, message: &str, place: &Place) -> Known {
        self.problems.error("bad-function", place, message);
        UNKNOWN
    }

    /// An argument that has to be a text; `None` if it is not known, or something else, which is reported.
    pub(super) fn text_argument(
        &mut self,
        argument: Written<'_>,
        due: &str,
        place: &Place,
    ) -> Option<String> {
        let resolved = self.written(argument, place.path.clone(), &Kind::Text);
        self.as_text(resolved.map(|resolved| resolved.content), due, place)
    }

    /// As [`text_argument`](Self::text_argument), of what a function gave.
    pub(super) fn as_text(
        &mut self,
        content: Option<Content>,
        due: &str,
        place: &Place,
    ) -> Option<String> {
        let known = match content {
            Some(Content::Arn(arn)) => self.arn(&arn.logical_id, &arn.logical_id, place),
            Some(content) => Known::Content(content),
            None => Known::NoValue,
        };
        match known {
            Known::Content(Content::Text(text)) if text.len() <= LONGEST => Some(text),
            Known::Content(Content::Unknown) => None,
            Known::Content(Content::Text(_)) => {
                self.bad_argument(TOO_LONG, place);
                None
            }
            _ => {
                self.bad_argument(due, place);
                None
            }
        }
    }

    /// An argument that has to be a list: written, or given by another function.
    pub(super) fn list_argument(
        &mut self,
        argument: Written<'_>,
        due: &str,
        place: &Place,
    ) -> Option<Vec<Resolved>> {
        let resolved = self.written(argument, place.path.clone(), &Kind::Text);
        match resolved.map(|resolved| resolved.content) {
            Some(Content::List(items)) => Some(items),
            Some(Content::Unknown) => None,
            _ => {
                self.bad_argument(due, place);
                None
            }
        }
    }

    /// Whether the template asks for the functions that are an extension of CloudFormation's own; else that is reported.
    pub(super) fn extended(&mut self, what: &str, place: &Place) -> bool {
        if !self.template.extended {
            let message = format!(
                "{what} is there with `Transform: AWS::LanguageExtensions` alone: add that to the template"
            );
            self.bad_argument(&message, place);
        }
        self.template.extended
    }

    fn not_computed(&mut self, name: &str, place: &Place) -> Known {
        if TESTS.contains(&name) {
            let message = format!(
                "`Fn::{name}` gives true or false: declare it under `Conditions` and name it in an `Fn::If` here"
            );
            return self.bad_argument(&message, place);
        }
        let known = NOT_COMPUTED
            .iter()
            .find(|(function, _)| *function == name.split("::").next().unwrap_or_default());
        let Some((function, code)) = known else {
            let functions = NOT_COMPUTED.iter().map(|(name, _)| *name);
            let hint = nearest(name, functions.chain(TESTS).chain(COMPUTED));
            let message = format!("CloudFormation has no function {}{hint}", quoted(name));
            self.problems.error("unknown-function", place, message);
            return UNKNOWN;
        };
        let message = format!(
            "this version does not compute `Fn::{function}`: write its value here, or a parameter whose value you give"
        );
        self.problems.error(code, place, message);
        UNKNOWN
    }
}

pub(super) const TOO_LONG: &str =
    "this text is longer than anything of App Mesh may be: shorten it";
/// Functions that CloudFormation has and this version does not compute, with the code of the error that says so.
const NOT_COMPUTED: [(&str, &str); 3] = [
    ("Cidr", "unsupported-cidr"),
    ("ForEach", "unsupported-for-each"),
    ("Transform", "unsupported-transform"),
];
/// Functions that give no value.
const TESTS: [&str; 5] = ["And", "Condition", "Equals", "Not", "Or"];
const COMPUTED: [&str; 13] = [
    "Ref",
    "Base64",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
];
