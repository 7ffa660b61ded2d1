//! `Fn::FindInMap`: values of the section `Mappings`.

use std::collections::BTreeMap;

use super::{
    function::Written,
    list::{plain_texts, texts},
    resolve::{Known, Resolve, UNKNOWN, text},
};
use crate::{
    config::spelling::nearest,
    error::{Place, quoted},
    load::{
        node::{Entry, Node},
        shape::Kind,
    },
};

/// The values of all mappings, by mapping, key and second key.
pub(super) type Mappings<'a> = BTreeMap<[&'a str; 3], &'a Node>;

pub(super) fn mappings(section: &[Entry]) -> Mappings<'_> {
    let mut values = BTreeMap::new();
    for mapping in section {
        for top in mapping.node.entries() {
            for second in top.node.entries() {
                let keys = [&mapping.key, &top.key, &second.key];
                values.insert(keys.map(String::as_str), &second.node);
            }
        }
    }
    values
}

impl Resolve<'_, '_> {
    /// What `Fn::FindInMap` gives.
    pub(super) fn find_in_map(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let (keys, default) = match argument.items() {
            Some([map, top, second]) => ([map, top, second], None),
            Some([map, top, second, rest]) => match rest.entries() {
                [only] if only.key == "DefaultValue" => ([map, top, second], Some(&only.node)),
                _ => return self.bad_argument(DUE, place),
            },
            _ => return self.bad_argument(DUE, place),
        };
        if default.is_some() && !self.extended("the `DefaultValue` of `Fn::FindInMap`", place) {
            return UNKNOWN;
        }
        let keys = keys.map(|key| self.text_argument(Written::of(key), DUE, place));
        let [Some(map), Some(top), Some(second)] = &keys else {
            return UNKNOWN;
        };
        let keys = [map, top, second].map(String::as_str);
        let found = self.template.mappings.get(&keys).copied();
        match (found, default) {
            (Some(value), _) => self.mapped(value, place),
            (None, Some(default)) => {
                let resolved = self.node(default, place.path.clone(), &Kind::Text);
                resolved.map_or(Known::NoValue, |resolved| Known::Content(resolved.content))
            }
            (None, None) => self.not_mapped(keys, place),
        }
    }

    fn mapped(&mut self, value: &Node, place: &Place) -> Known {
        let value = Written::of(value);
        let items = value.items().and_then(plain_texts);
        match (value.text(), items) {
            (Some(value), _) => text(value),
            (None, Some(items)) => texts(items.into_iter(), place),
            (None, None) => {
                let message = "what stands in `Mappings` for this is neither a text nor a list of texts: functions are not \
                               computed there";
                self.bad_argument(message, place)
            }
        }
    }

    fn not_mapped(&mut self, keys: [&str; 3], place: &Place) -> Known {
        if self.problems.is_full() {
            return UNKNOWN;
        }
        let known = |depth: usize| {
            let mut from = keys;
            from.iter_mut().skip(depth).for_each(|key| *key = "");
            let beginning =
                |known: &&[&str; 3]| known.iter().take(depth).eq(keys.iter().take(depth));
            let from = self.template.mappings.range(from..).map(|(known, _)| known);
            let here = from.take_while(beginning).take(LOOKED_AT);
            let mut here: Vec<&str> = here.filter_map(|known| known.get(depth).copied()).collect();
            here.dedup();
            here
        };
        let deepest = [2, 1, 0]
            .into_iter()
            .find(|depth| !known(*depth).is_empty());
        let deepest = deepest.unwrap_or_default();
        let missing = keys.get(deepest).copied().unwrap_or_default();
        let [map, top, second] = keys.map(quoted);
        let message = format!(
            "the mapping {map} has nothing under {top} and {second}: {} is not there{}",
            quoted(missing),
            nearest(missing, known(deepest).into_iter())
        );
        self.problems.error("missing-reference", place, message);
        UNKNOWN
    }
}

/// How many values are looked at for what was probably meant.
const LOOKED_AT: usize = 256;
const DUE: &str =
    "`Fn::FindInMap` needs a mapping and two keys: `!FindInMap [Mapping, key, second key]`";
