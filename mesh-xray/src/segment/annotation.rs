//! [`Annotations`]: what traces can be searched by.

use std::borrow::Cow;

use super::json::Object;

/// Keys and values by which X-Ray indexes a trace: a route, a tenant, how a call ended.
///
/// Setting a key again replaces its value. Beyond 50 keys no more are taken: X-Ray indexes no more of a whole trace, so few
/// and telling ones are best.
///
/// # Shape
/// Keys of letters, digits and `_`, at most 500; any other character becomes `_`. Of a text, 1,000 characters are written.
///
/// # Source
/// X-Ray developer guide, "Annotations" and quotas; the key's and the text's limit from the published schema. Differs from
/// Envoy, whose keys (`guid:x-request-id`) the schema refuses.
///
/// # Examples
/// ```
/// use mesh_xray::segment::Annotations;
///
/// let mut annotations = Annotations::default();
/// annotations.set("virtual-service", "colors.local");
/// annotations.set("attempt", 2);
/// let kept: Vec<_> = annotations.iter().map(|(key, _)| key).collect();
/// assert_eq!(kept, ["virtual_service", "attempt"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations(Vec<(Cow<'static, str>, Value)>);

impl Annotations {
    /// Sets `key` to `value`.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let (key, value) = (fitting(key.into()), value.into());
        if let Some((_, old)) = self.0.iter_mut().find(|(old, _)| *old == key) {
            *old = value;
        } else if self.0.len() < MAX_ANNOTATIONS {
            self.0.push((key, value));
        }
    }

    /// Keys, as they are written, and values, in the order in which the keys were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    pub(super) fn write(&self, object: &mut Object<'_>) {
        if self.0.is_empty() {
            return;
        }
        object.object("annotations", |object| {
            for (key, value) in self.iter() {
                match value {
                    Value::Text(text) => object.text(key, text, MAX_TEXT),
                    Value::Number(number) => object.integer(key, *number),
                    Value::Flag(flag) => object.flag(key, *flag),
                }
            }
        });
    }
}

/// The value of an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Found by the whole text or its beginning.
    Text(Cow<'static, str>),
    /// Found by comparing.
    Number(i64),
    /// Found as true or false.
    Flag(bool),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// The key as X-Ray takes it; the same text if it fits already, as one written in the source does.
fn fitting(key: Cow<'static, str>) -> Cow<'static, str> {
    if (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| is_allowed(byte.into())) {
        return key;
    }
    let allowed = |c| if is_allowed(c) { c } else { '_' };
    let key: String = key.chars().take(MAX_KEY).map(allowed).collect();
    if key.is_empty() {
        "_".into()
    } else {
        key.into()
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

const MAX_ANNOTATIONS: usize = 50;
const MAX_KEY: usize = 500;
const MAX_TEXT: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_to_fit() {
        let long = "k".repeat(501);
        let cases = [
            ("response_flags", "response_flags"),
            ("guid:x-request-id", "guid_x_request_id"),
            ("gr\u{f6}\u{df}e", "gr__e"),
            ("\"", "_"),
            ("", "_"),
            (long.as_str(), &long[..500]),
        ];
        for (key, want) in cases {
            assert_eq!(fitting(key.to_owned().into()), want, "{key:?}");
        }
    }

    #[test]
    fn a_key_is_written_once_with_its_last_value() {
        let mut annotations = Annotations::default();
        annotations.set("a.b", 1);
        annotations.set("c", true);
        annotations.set("a-b", "last");
        let kept: Vec<_> = annotations.iter().collect();
        assert_eq!(
            kept,
            [("a_b", &Value::from("last")), ("c", &Value::Flag(true))]
        );
    }

    #[test]
    fn the_fifty_first_key_is_not_taken() {
        let mut annotations = Annotations::default();
        for number in 0..51 {
            annotations.set(format!("key{number}"), number);
        }
        annotations.set("key0", "still replaced");
        assert_eq!(annotations.iter().count(), 50);
        assert_eq!(
            annotations.iter().next(),
            Some(("key0", &"still replaced".into()))
        );
    }
}
