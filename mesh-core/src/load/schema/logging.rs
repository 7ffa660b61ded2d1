//! Access logs.

use super::KEY_VALUE;
use crate::load::shape::{
    Choice, Forms,
    Kind::{List, Object, Text},
    Property, Shape,
};

pub(super) const LOGGING: Property = p! { "logging", Object(&shape! { "logging", &[
    p! { "accessLog", Object(&shape! { "an access log", &[
        p! { "file", Object(&shape! { "an access log file", &[
            p! { need "path", Text },
            p! { "format", Object(&shape! { "a log format", &[
                p! { "json", List { of: &Object(&KEY_VALUE), least: 0 } },
                p! { "text", Text },
            ], &[Choice::one(&["json", "text"])] }) },
        ] }) },
    ], &[Choice::one(&["file"])] }) },
] }) };
