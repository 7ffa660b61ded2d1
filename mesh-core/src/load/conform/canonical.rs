//! Properties under the API's names, whatever form they were written in.

use crate::{
    config::ResourceKind,
    error::Problems,
    load::{
        resolved::{Content, Member, Resolved},
        shape::{Form, Kind, Shape},
    },
};

/// Tells the names in App Mesh of what Kubernetes refers to.
pub(in crate::load) trait Names {
    /// The name of the object that a reference is to.
    fn of_object(&self, to: ResourceKind, reference: &Resolved, problems: &mut Problems)
    -> Content;

    /// The name in an ARN.
    fn of_arn(&self, to: ResourceKind, arn: &Resolved, problems: &mut Problems) -> Content;
}

/// For the forms in which everything is named by its name in App Mesh.
pub(in crate::load) struct NoReferences;

impl Names for NoReferences {
    fn of_object(&self, _: ResourceKind, _: &Resolved, _: &mut Problems) -> Content {
        Content::Unknown
    }

    fn of_arn(&self, _: ResourceKind, _: &Resolved, _: &mut Problems) -> Content {
        Content::Unknown
    }
}

/// The same properties as the API would name them, without those that the shape does not know, and without nulls.
pub(in crate::load) fn canonical(
    node: &Resolved,
    shape: &Shape,
    form: Form,
    names: &dyn Names,
    problems: &mut Problems,
) -> Resolved {
    Canonical {
        form,
        names,
        problems,
    }
    .object(node, shape)
}

struct Canonical<'a> {
    form: Form,
    names: &'a dyn Names,
    problems: &'a mut Problems,
}

impl Canonical<'_> {
    fn object(&mut self, node: &Resolved, shape: &Shape) -> Resolved {
        let Content::Map(members) = &node.content else {
            return node.clone();
        };
        let known = members.iter().filter_map(|member| {
            if matches!(member.value.content, Content::Null) {
                return None;
            }
            let property = shape.property(&member.key, self.form)?;
            let (name, mut value) = self.value(&member.value, property.name, &property.kind);
            if self.is_refused(node, shape, property.name) {
                value.content = Content::Unknown;
            }
            Some(Member {
                key: name.to_owned(),
                key_place: member.key_place.clone(),
                value,
            })
        });
        Resolved {
            content: Content::Map(known.collect()),
            place: node.place.clone(),
        }
    }

    /// Whether a property stands beside another one that excludes it: neither is taken, so that nothing else is said of it.
    fn is_refused(&self, node: &Resolved, shape: &Shape, name: &str) -> bool {
        let mut choices = shape.choices.iter();
        choices.any(|choice| {
            let there = |name: &&&str| node.at(&[&self.form.spelling(name)]).is_some();
            let among = choice.among.iter();
            choice.exclusive && choice.among.contains(&name) && among.filter(there).count() > 1
        })
    }

    /// A property's value, and the name under which it is read.
    fn value(
        &mut self,
        node: &Resolved,
        name: &'static str,
        kind: &Kind,
    ) -> (&'static str, Resolved) {
        match kind {
            Kind::Reference { to, name } => {
                let content = self.names.of_object(*to, node, self.problems);
                (name, with(content, node))
            }
            Kind::Arn { to, name } => {
                let content = self.names.of_arn(*to, node, self.problems);
                (name, with(content, node))
            }
            other => (name, self.nested(node, other)),
        }
    }

    fn nested(&mut self, node: &Resolved, kind: &Kind) -> Resolved {
        match (kind, &node.content) {
            (Kind::Object(shape), _) => self.object(node, shape),
            (Kind::List { of, .. }, Content::List(items)) => {
                let items = items.iter().map(|item| self.nested(item, of));
                with(Content::List(items.collect()), node)
            }
            // Reported already, where a text is due.
            (Kind::Name | Kind::Text | Kind::Word(_), Content::Bare(_)) => {
                with(Content::Unknown, node)
            }
            (_, Content::Bare(text) | Content::Either(text)) => {
                with(Content::Text(text.clone()), node)
            }
            _ => node.clone(),
        }
    }
}

fn with(content: Content, node: &Resolved) -> Resolved {
    Resolved {
        content,
        place: node.place.clone(),
    }
}
