//! What a property may hold: the words in which the schema tables are written, and how each form spells them.

use crate::config::ResourceKind;

/// The forms in which people keep App Mesh resources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    CloudFormation,
    Kubernetes,
    Api,
}

impl Form {
    /// How a property is spelt here that the API calls `name`.
    ///
    /// # Source
    /// The registry schemas of `AWS::AppMesh::*`, and the controller's resource definitions: both follow the API but for these.
    pub(super) fn spelling(self, name: &str) -> String {
        let respelt = match self {
            Self::Api => None,
            Self::CloudFormation => spelt(&CLOUD_FORMATION, name),
            Self::Kubernetes => spelt(&KUBERNETES, name),
        };
        match (respelt, self) {
            (Some(respelt), _) => respelt.to_owned(),
            (None, Self::CloudFormation) => {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(letters).collect()
            }
            (None, _) => name.to_owned(),
        }
    }

    /// Whether a key is how `name` is spelt here.
    pub(super) fn spells(self, key: &str, name: &str) -> bool {
        if self == Self::Api {
            return key == name;
        }
        // Most keys differ in more than their case, which costs nothing to see.
        key.eq_ignore_ascii_case(name) && key == self.spelling(name)
    }
}

fn spelt(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let found = table.iter().find(|(api, _)| *api == name);
    found.map(|(_, spelling)| *spelling)
}

/// Some of the forms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Forms {
    pub(super) cloud_formation: bool,
    pub(super) kubernetes: bool,
    pub(super) api: bool,
}

impl Forms {
    pub(super) const ALL: Self = Self {
        cloud_formation: true,
        kubernetes: true,
        api: true,
    };
    pub(super) const NONE: Self = Self {
        cloud_formation: false,
        kubernetes: false,
        api: false,
    };
    pub(super) const NOT_KUBERNETES: Self = Self {
        kubernetes: false,
        ..Self::ALL
    };
    pub(super) const NOT_CLOUD_FORMATION: Self = Self {
        cloud_formation: false,
        ..Self::ALL
    };
    pub(super) const CLOUD_FORMATION: Self = Self {
        cloud_formation: true,
        ..Self::NONE
    };
    pub(super) const KUBERNETES: Self = Self {
        kubernetes: true,
        ..Self::NONE
    };
    pub(super) const API: Self = Self {
        api: true,
        ..Self::NONE
    };

    pub(super) const fn has(self, form: Form) -> bool {
        match form {
            Form::CloudFormation => self.cloud_formation,
            Form::Kubernetes => self.kubernetes,
            Form::Api => self.api,
        }
    }
}

/// The properties of an object.
#[derive(Debug)]
pub(super) struct Shape {
    /// What a sentence calls it: "a listener".
    pub(super) what: &'static str,
    pub(super) properties: &'static [Property],
    pub(super) choices: &'static [Choice],
}

impl Shape {
    /// The property that a key stands for in this form.
    pub(super) fn property(&self, key: &str, form: Form) -> Option<&Property> {
        let mut there = self.there(form);
        there.find(|property| form.spells(key, property.name))
    }

    /// The properties that this form has.
    pub(super) fn there(&self, form: Form) -> impl Iterator<Item = &'static Property> {
        let properties = self.properties.iter();
        properties.filter(move |property| property.forms.has(form))
    }
}

/// Properties that are chosen from.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) among: &'static [&'static str],
    /// Where one of them has to be there.
    pub(super) required: Forms,
    /// Whether one of them excludes the others.
    pub(super) exclusive: bool,
}

impl Choice {
    /// One of them has to be there, and no other.
    pub(super) const fn one(among: &'static [&'static str]) -> Self {
        Self::one_in(Forms::ALL, among)
    }

    /// No more than one of them may be there; in these forms one has to be.
    pub(super) const fn one_in(required: Forms, among: &'static [&'static str]) -> Self {
        let exclusive = true;
        Self {
            among,
            required,
            exclusive,
        }
    }

    /// No more than one of them may be there.
    pub(super) const fn at_most_one(among: &'static [&'static str]) -> Self {
        Self::one_in(Forms::NONE, among)
    }

    /// In these forms, at least one of them has to be there.
    pub(super) const fn some_in(required: Forms, among: &'static [&'static str]) -> Self {
        let exclusive = false;
        Self {
            among,
            required,
            exclusive,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Property {
    /// As the API spells it.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The forms that have it.
    pub(super) forms: Forms,
    /// The forms that cannot do without it.
    pub(super) required: Forms,
}

#[derive(Clone, Copy, Debug)]
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
    /// A Kubernetes object, by namespace and name; read as `name`, which holds the name of the resource in App Mesh.
    Reference {
        to: ResourceKind,
        name: &'static str,
    },
    /// A resource, by its ARN; read as `name`.
    Arn {
        to: ResourceKind,
        name: &'static str,
    },
    /// Texts under keys of the author's own.
    Labels,
    /// Nothing that anybody looks into.
    Any,
}

const CLOUD_FORMATION: [(&str, &str); 9] = [
    ("tls", "TLS"),
    ("acm", "ACM"),
    ("sds", "SDS"),
    ("dns", "DNS"),
    ("awsCloudMap", "AWSCloudMap"),
    ("http", "HTTP"),
    ("http2", "HTTP2"),
    ("grpc", "GRPC"),
    ("tcp", "TCP"),
];
const KUBERNETES: [(&str, &str); 6] = [
    ("certificateArn", "certificateARN"),
    ("certificateAuthorityArns", "certificateAuthorityARNs"),
    ("virtualNodeArn", "virtualNodeARN"),
    ("virtualRouterArn", "virtualRouterARN"),
    ("virtualServiceArn", "virtualServiceARN"),
    ("virtualServices", "virtualservices"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_spells_a_property_its_own_way() {
        for (name, cloud_formation, kubernetes) in [
            ("tls", "TLS", "tls"),
            ("httpRoute", "HttpRoute", "httpRoute"),
            ("http2", "HTTP2", "http2"),
            ("certificateArn", "CertificateArn", "certificateARN"),
            ("awsCloudMap", "AWSCloudMap", "awsCloudMap"),
        ] {
            assert_eq!(Form::CloudFormation.spelling(name), cloud_formation);
            assert_eq!(Form::Kubernetes.spelling(name), kubernetes);
            assert_eq!(Form::Api.spelling(name), name);
            assert!(Form::CloudFormation.spells(cloud_formation, name));
            assert!(!Form::CloudFormation.spells(name, name));
        }
    }
}
