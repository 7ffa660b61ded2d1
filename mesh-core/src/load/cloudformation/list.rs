//! Functions from and to lists: `Fn::Join`, `Fn::Split`, `Fn::Select`, `Fn::Length`, `Fn::GetAZs`.

use super::{
    call::TOO_LONG,
    function::Written,
    resolve::{Known, LONGEST, Resolve, UNKNOWN, text},
};
use crate::{
    error::{Place, quoted},
    load::{
        node::Node,
        resolved::{Content, Resolved},
    },
};

impl Resolve<'_, '_> {
    /// What `Fn::Join` gives.
    pub(super) fn join(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let due = "`Fn::Join` needs a delimiter and a list of texts: `!Join ['-', [a, b]]`";
        let Some([delimiter, list]) = argument.items() else {
            return self.bad_argument(due, place);
        };
        let delimiter = self.text_argument(Written::of(delimiter), due, place);
        let items = self.list_argument(Written::of(list), due, place);
        let (Some(delimiter), Some(items)) = (delimiter, items) else {
            return UNKNOWN;
        };
        let mut joined = String::new();
        for (index, item) in items.into_iter().enumerate() {
            let Some(item) = self.as_text(Some(item.content), due, place) else {
                return UNKNOWN;
            };
            if index > 0 {
                joined.push_str(&delimiter);
            }
            joined.push_str(&item);
            if joined.len() > LONGEST {
                return self.bad_argument(TOO_LONG, place);
            }
        }
        text(joined)
    }

    /// What `Fn::Split` gives.
    pub(super) fn split(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let due = "`Fn::Split` needs a delimiter and a text: `!Split [',', 'a,b']`";
        let Some([delimiter, source]) = argument.items() else {
            return self.bad_argument(due, place);
        };
        let delimiter = self.text_argument(Written::of(delimiter), due, place);
        let source = self.text_argument(Written::of(source), due, place);
        match (delimiter, source) {
            (Some(delimiter), Some(_)) if delimiter.is_empty() => self.bad_argument(due, place),
            (Some(delimiter), Some(source)) => texts(source.split(&delimiter), place),
            _ => UNKNOWN,
        }
    }

    /// What `Fn::Select` gives.
    pub(super) fn select(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let due = "`Fn::Select` needs an index from 0 and a list: `!Select [0, [a, b]]`";
        let Some([index, list]) = argument.items() else {
            return self.bad_argument(due, place);
        };
        let index = self.text_argument(Written::of(index), due, place);
        let items = self.list_argument(Written::of(list), due, place);
        let (Some(index), Some(mut items)) = (index, items) else {
            return UNKNOWN;
        };
        match index.parse::<usize>() {
            Ok(index) if index < items.len() => Known::Content(items.swap_remove(index).content),
            _ => {
                let message = format!(
                    "`Fn::Select` has no item {}: the list has {}, and the first one is 0",
                    quoted(&index),
                    items.len()
                );
                self.bad_argument(&message, place)
            }
        }
    }

    /// What `Fn::Length` gives.
    pub(super) fn length(&mut self, argument: Written<'_>, place: &Place) -> Known {
        if !self.extended("`Fn::Length`", place) {
            return UNKNOWN;
        }
        let due = "`Fn::Length` needs a list";
        match self.list_argument(argument, due, place) {
            Some(items) => text(items.len().to_string()),
            None => UNKNOWN,
        }
    }

    /// What `Fn::GetAZs` gives: AWS knows a region's zones, so the caller has to name them.
    pub(super) fn get_azs(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let due = "`Fn::GetAZs` needs a region: `!GetAZs ''` for the stack's own";
        let region = match self.text_argument(argument, due, place) {
            Some(region) if region.is_empty() => {
                let own = match self.reference("AWS::Region", place) {
                    Known::Content(content) => Some(content),
                    Known::NoValue => None,
                };
                self.as_text(own, due, place)
            }
            region => region,
        };
        let Some(region) = region else {
            return UNKNOWN;
        };
        let what = "the list of a region's zones, with commas between them";
        match self.given(&format!("azs:{region}"), "missing-value", what, place) {
            Known::Content(Content::Text(zones)) => texts(zones.split(',').map(str::trim), place),
            other => other,
        }
    }
}

/// A list of texts that all stand at one place.
pub(super) fn texts<'t>(items: impl Iterator<Item = &'t str>, place: &Place) -> Known {
    let items = items.map(|item| Resolved {
        content: Content::Text(item.to_owned()),
        place: place.clone(),
    });
    Known::Content(Content::List(items.collect()))
}

/// The texts of a list, if it is one that holds nothing else.
pub(super) fn plain_texts(items: &[Node]) -> Option<Vec<&str>> {
    items.iter().map(|item| Written::of(item).text()).collect()
}
