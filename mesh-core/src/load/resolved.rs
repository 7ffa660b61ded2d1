//! A resource's properties with every function's value put in its place.

use crate::{config::draft::Said, error::Place};

/// A value, and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) content: Content,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// What a function would have given; why not is reported already.
    Unknown,
    Null,
    Text(String),
    /// A number or a truth value, in the forms that tell these from texts.
    Bare(String),
    /// A text that may be a number or a truth value as well.
    Either(String),
    /// `Ref` of an App Mesh resource: only AWS knows the ARN, but the resource's name is known.
    Arn(Arn),
    List(Vec<Resolved>),
    Map(Vec<Member>),
}

impl Content {
    /// What is a text where one is due.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Either(text) => Some(text),
            _ => None,
        }
    }

    /// How much it holds: values, and the texts among them by their length.
    pub(super) fn size(&self) -> usize {
        const BYTES_PER_UNIT: usize = 64;
        let within: usize = match self {
            Self::Text(text) | Self::Bare(text) | Self::Either(text) => text.len() / BYTES_PER_UNIT,
            Self::List(items) => items.iter().map(|item| item.content.size()).sum(),
            Self::Map(members) => members
                .iter()
                .map(|member| member.value.content.size())
                .sum(),
            Self::Unknown | Self::Null | Self::Arn(_) => 0,
        };
        within + 1
    }
}

#[derive(Clone, Debug)]
pub(super) struct Arn {
    pub(super) name: String,
    pub(super) logical_id: String,
    /// The attribute that gives the name.
    pub(super) attribute: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_place: Place,
    pub(super) value: Resolved,
}

impl Resolved {
    /// The value under a path of keys; null counts as absent.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| {
            let member = node.members().iter().find(|member| member.key == *key)?;
            (!matches!(member.value.content, Content::Null)).then_some(&member.value)
        })
    }

    pub(super) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Map(members) => members,
            _ => &[],
        }
    }

    /// The items of a list under a path of keys.
    pub(super) fn items(&self, path: &[&str]) -> &[Self] {
        match self.at(path).map(|node| &node.content) {
            Some(Content::List(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self, path: &[&str]) -> Option<Said<String>> {
        let node = self.at(path)?;
        match &node.content {
            Content::Text(text) | Content::Bare(text) | Content::Either(text) => {
                Some(Said::new(text.clone(), node.place.clone()))
            }
            Content::Arn(arn) => Some(Said::new(arn.name.clone(), node.place.clone())),
            _ => None,
        }
    }

    pub(super) fn number(&self, path: &[&str]) -> Option<Said<i64>> {
        let Said { value, place } = self.text(path)?;
        Some(Said::new(number(&value)?, place))
    }

    pub(super) fn flag(&self, path: &[&str]) -> Option<bool> {
        flag(&self.text(path)?.value)
    }
}

/// CloudFormation takes a number as a number or as a text, and tools write whole ones as `50.0`.
///
/// With a zero before it, it is octal for YAML 1.1 and decimal for YAML 1.2, so it is not taken.
pub(super) fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    };
    let digits = text.trim_start_matches(['-', '+']);
    let padded = digits.len() > 1 && digits.starts_with('0');
    text.parse().ok().filter(|_| !padded)
}

/// CloudFormation reads YAML 1.1, which has eight words for each truth value.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
