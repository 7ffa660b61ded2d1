//! YAML in block style, as people write it.

use serde_json::Value;

/// Writes a mapping's entries or a list's items, each on lines of its own. Texts stand without quotes: none here needs them.
pub(super) fn write(value: &Value, level: usize, text: &mut String) {
    let indent = "  ".repeat(level);
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                text.push_str(&format!("{indent}{key}:"));
                below(value, level, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut lines = String::new();
                write(item, level + 1, &mut lines);
                text.push_str(&format!("{indent}- {}", lines.trim_start()));
            }
        }
        Value::String(word) => text.push_str(&format!("{indent}{word}\n")),
        other => text.push_str(&format!("{indent}{other}\n")),
    }
}

fn below(value: &Value, level: usize, text: &mut String) {
    let empty = value.as_object().is_some_and(|members| members.is_empty())
        || value.as_array().is_some_and(Vec::is_empty);
    match value {
        _ if empty => text.push_str(&format!(" {value}\n")),
        Value::Object(_) | Value::Array(_) => {
            text.push('\n');
            write(value, level + 1, text);
        }
        _ => {
            text.push(' ');
            write(value, 0, text);
        }
    }
}
