//! What a property may hold: the words in which the schema tables are written.

/// The properties of an object.
#[derive(Debug)]
pub(super) struct Shape {
    /// What a sentence calls it: "a listener".
    pub(super) what: &'static str,
    pub(super) properties: &'static [Property],
    pub(super) choices: &'static [Choice],
}

impl Shape {
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }
}

/// Properties of which one excludes the others.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) among: &'static [&'static str],
    /// Whether one of them has to be there.
    pub(super) required: bool,
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) support: Support,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// The name of an App Mesh resource: here a `Ref` is a mistake that can be read.
    Name,
    Text,
    Number,
    Flag,
    Word(&'static [&'static str]),
    Object(&'static Shape),
    List {
        of: &'static Self,
        least: usize,
    },
    /// Nothing that this version looks into.
    Any,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Support {
    Full,
    /// Known and of no use here: its names are checked, its values are not asked for.
    Unused,
    /// Known and not acted on: a warning that says what is lost.
    Later(&'static str),
    /// Known and not to be ignored: an error that says why.
    Refused(&'static str),
}

impl Support {
    /// Whether a value that cannot be computed is missed by nobody.
    pub(super) fn is_unread(self) -> bool {
        matches!(self, Self::Unused | Self::Later(_))
    }
}
