//! What nobody looks at cannot keep a template from being read.

use super::{node, template, warned};

/// What cannot be computed without values from outside.
const UNCOMPUTED: [&str; 4] = [
    "!Ref Asked",
    "!GetAtt Topic.Arn",
    "'{{resolve:ssm:/mesh}}'",
    "!ImportValue x",
];

#[test]
fn functions_under_what_is_passed_over_are_not_asked_for() {
    for function in UNCOMPUTED {
        for tags in [
            format!("Tags: [{{Key: k, Value: {function}}}]"),
            format!("Tags: {function}"),
        ] {
            let node = node("a").replace("VirtualNodeName", &format!("{tags}, VirtualNodeName"));
            let text = format!(
                "Parameters: {{Asked: {{Type: String}}}}\n{}  Topic: {{Type: AWS::SNS::Topic}}\n",
                template(&node)
            );
            warned(&text, &[]);
        }
    }
}
