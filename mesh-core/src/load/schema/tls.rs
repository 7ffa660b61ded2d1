//! TLS: what a listener offers, and what a caller asks for.

use crate::load::shape::{
    Choice, Forms,
    Kind::{Flag, List, Number, Object, Text, Word},
    Property, Shape,
};

pub(super) static LISTENER_TLS: Shape = shape! { "a listener's TLS", &[
    p! { need "mode", Word(&["STRICT", "PERMISSIVE", "DISABLED"]) },
    p! { need "certificate", Object(&shape! { "a certificate", &[
        p! { "acm", Object(&shape! { "an ACM certificate", &[p! { need "certificateArn", Text }] }) },
        p! { "file", Object(&CERTIFICATE_FILE) },
        p! { "sds", Object(&SECRET) },
    ], &[Choice::one(&["acm", "file", "sds"])] }) },
    p! { "validation", Object(&shape! { "a validation", &[
        p! { need "trust", Object(&shape! { "a listener's trust", &[
            p! { "file", Object(&TRUST_FILE) },
            p! { "sds", Object(&SECRET) },
        ], &[Choice::one(&["file", "sds"])] }) },
        ALTERNATIVE_NAMES,
    ] }) },
] };

pub(super) const CLIENT_POLICY: Property = p! { "clientPolicy", Object(&shape! { "a client policy", &[
    p! { "tls", Object(&shape! { "a client policy's TLS", &[
        p! { "enforce", Flag },
        p! { "ports", List { of: &Number, least: 0 } },
        p! { "certificate", Object(&shape! { "a client certificate", &[
            p! { "file", Object(&CERTIFICATE_FILE) },
            p! { "sds", Object(&SECRET) },
        ], &[Choice::one(&["file", "sds"])] }) },
        p! { need "validation", Object(&shape! { "a validation", &[
            p! { need "trust", Object(&shape! { "a client's trust", &[
                p! { "acm", Object(&shape! { "ACM trust", &[
                    p! { need "certificateAuthorityArns", List { of: &Text, least: 1 } },
                ] }) },
                p! { "file", Object(&TRUST_FILE) },
                p! { "sds", Object(&SECRET) },
            ], &[Choice::one(&["acm", "file", "sds"])] }) },
            ALTERNATIVE_NAMES,
        ] }) },
    ] }) },
] }) };

const ALTERNATIVE_NAMES: Property = p! { "subjectAlternativeNames", Object(&shape! { "alternative names", &[
    p! { need "match", Object(&shape! { "a match of alternative names", &[
        Property {
            name: "exact",
            kind: List { of: &Text, least: 1 },
            forms: Forms::ALL,
            // CloudFormation alone can do without it, which names nobody.
            required: Forms::NOT_CLOUD_FORMATION,
        },
    ] }) },
] }) };

static CERTIFICATE_FILE: Shape = shape! { "a certificate file", &[
    p! { need "certificateChain", Text },
    p! { need "privateKey", Text },
] };
static TRUST_FILE: Shape = shape! { "a trust file", &[p! { need "certificateChain", Text }] };
static SECRET: Shape = shape! { "a secret", &[p! { need "secretName", Text }] };
