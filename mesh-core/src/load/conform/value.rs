//! Values against their kinds, and the sentences about those that do not fit.

use super::Conform;
use crate::{
    config::spelling::meant,
    error::{Place, quoted, shortened},
    load::{
        resolved::{Arn, Content, Resolved, flag, number},
        shape::{Form, Forms, Kind, Property, Shape},
    },
};

impl Conform<'_> {
    /// A value as its kind asks for it; `named_at` is the place that names it.
    pub(super) fn kind(&mut self, node: &Resolved, kind: &Kind, named_at: &Place) {
        match (kind, &node.content) {
            (Kind::Any, _)
            | (_, Content::Unknown)
            | (Kind::Name | Kind::Text | Kind::Arn { .. }, Content::Text(_) | Content::Either(_)) =>
                {}
            (Kind::Labels, Content::Map(labels)) => {
                for label in labels {
                    self.kind(&label.value, &Kind::Text, &label.key_place);
                }
            }
            (Kind::Labels, _) => self.wrong_type(node, "a mapping of keys and values"),
            (Kind::Object(shape), _) => self.object(node, shape, named_at),
            (Kind::List { of, .. }, Content::List(items)) => {
                for item in items {
                    self.kind(item, of, &item.place);
                }
            }
            (Kind::List { .. }, _) => self.wrong_type(node, "a list"),
            (Kind::Name, Content::Arn(arn)) => self.ref_is_arn(node, arn),
            (_, Content::Arn(arn)) => self.arn_not_known(node, arn),
            (Kind::Name | Kind::Text | Kind::Arn { .. }, _) => self.wrong_type(node, "a text"),
            (Kind::Reference { .. }, _) => self.object(node, &REFERENCE, named_at),
            (Kind::Number, _) if self.scalar(node).and_then(number).is_some() => {}
            (Kind::Number, _) => self.wrong_type(
                node,
                "a whole number, in decimal digits without leading zeros,",
            ),
            (Kind::Flag, _) if self.scalar(node).and_then(flag).is_some() => {}
            (Kind::Flag, _) => self.wrong_type(node, "`true` or `false`"),
            (Kind::Word(words), Content::Text(text) | Content::Either(text)) => {
                self.word(node, text, words)
            }
            (Kind::Word(_), _) => self.wrong_type(node, "a word"),
        }
    }

    /// The text of what is no text where a form tells the two apart; CloudFormation does not.
    fn scalar<'a>(&self, node: &'a Resolved) -> Option<&'a str> {
        match (&node.content, self.rules.form) {
            (Content::Bare(text) | Content::Either(text), _)
            | (Content::Text(text), Form::CloudFormation) => Some(text),
            _ => None,
        }
    }

    fn word(&mut self, node: &Resolved, text: &str, words: &[&str]) {
        if words.contains(&text) {
            return;
        }
        let listed: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let listed = listed.join(", ");
        let event = matches!(
            words.first(),
            Some(&("server-error" | "connection-error" | "cancelled"))
        );
        let (code, what) = match event {
            true => ("unknown-retry-event", "is no retry event"),
            false => ("unknown-value", "is not known here"),
        };
        let meant = meant(text, words).map(|word| format!(" (did you mean {}?)", quoted(word)));
        let meant = meant.unwrap_or_default();
        let message = format!("{} {what}{meant}: write one of {listed}", quoted(text));
        self.problems.error(code, &node.place, message);
    }

    pub(super) fn wrong_type(&mut self, node: &Resolved, wanted: &str) {
        let found = match &node.content {
            Content::Unknown | Content::Null => "nothing".to_owned(),
            Content::Text(text) | Content::Either(text) => format!("the text {}", quoted(text)),
            Content::Bare(text) => format!("{} without quotes", quoted(text)),
            Content::Arn(_) => "an ARN".to_owned(),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a mapping".to_owned(),
        };
        let message = format!("{wanted} is due here, not {found}");
        self.problems.error("wrong-type", &node.place, message);
    }

    fn ref_is_arn(&mut self, node: &Resolved, arn: &Arn) {
        let Arn {
            name,
            logical_id,
            attribute,
        } = arn;
        let message = format!(
            "`Ref` of {} gives its ARN in CloudFormation, and a name is due: write `!GetAtt {}.{attribute}` \
             (the name {} is taken)",
            quoted(logical_id),
            shortened(logical_id),
            quoted(name)
        );
        self.problems.warn("ref-is-arn", &node.place, message);
    }

    fn arn_not_known(&mut self, node: &Resolved, arn: &Arn) {
        let message = format!(
            "`Ref` of {0} gives its ARN, which only AWS knows: give its value as the parameter {0}",
            quoted(&arn.logical_id)
        );
        let wants = &arn.logical_id;
        self.problems
            .missing("missing-value", &node.place, wants, message);
    }
}

/// A reference to a Kubernetes object.
static REFERENCE: Shape = Shape {
    what: "a reference",
    properties: &[
        reference("name", Forms::KUBERNETES),
        reference("namespace", Forms::NONE),
    ],
    choices: &[],
};

const fn reference(name: &'static str, required: Forms) -> Property {
    Property {
        name,
        kind: Kind::Text,
        forms: Forms::KUBERNETES,
        required,
    }
}
