//! Splits a header value into its fields, without copying.

/// One `key=value` of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) key: Key,
    /// The whole field as it was spelled, without the whitespace around it.
    pub(crate) text: &'a str,
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// The fields this crate acts on, and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Root,
    Parent,
    Sampled,
    Lineage,
    /// `Self`, which a load balancer adds for its own hop and for nobody else.
    LoadBalancer,
    Foreign,
}

/// The fields in order, empty ones left out; `None` stands for a field that cannot be read.
pub(crate) fn split(value: &[u8]) -> impl Iterator<Item = Option<Field<'_>>> {
    value
        .split(|&byte| byte == b';')
        .map(trim_whitespace)
        .filter(|field| !field.is_empty())
        .map(read)
}

/// The fields that go to the next hop when nothing else is to be changed.
pub(crate) fn carried(value: &[u8]) -> impl Iterator<Item = Field<'_>> {
    split(value)
        .flatten()
        .filter(|field| field.key != Key::LoadBalancer)
}

/// The fields of a text that was put together from carried ones.
pub(crate) fn kept(text: &str) -> impl Iterator<Item = Field<'_>> {
    text.split(';').filter_map(Field::new)
}

/// A foreign name must be a token and a value printable: what is carried on must not be able to end the header line, nor
/// pass for another field at a laxer reader.
fn read(field: &[u8]) -> Option<Field<'_>> {
    let field = Field::new(str::from_utf8(field).ok()?)?;
    let Field { name, value, .. } = field;
    let readable =
        !name.is_empty() && name.bytes().all(is_token) && value.bytes().all(is_printable);
    readable.then_some(field)
}

impl<'a> Field<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let (name, value) = text.split_once('=')?;
        Some(Self {
            key: Key::of(name),
            text,
            name,
            value,
        })
    }
}

impl Key {
    fn of(name: &str) -> Self {
        let known = [
            ("Root", Self::Root),
            ("Parent", Self::Parent),
            ("Sampled", Self::Sampled),
            ("Lineage", Self::Lineage),
            ("Self", Self::LoadBalancer),
        ];
        let found = known
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or(Self::Foreign, |(_, key)| key)
    }
}

fn trim_whitespace(mut field: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = field {
        field = rest;
    }
    field
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_everything_after_the_first_equals_sign() {
        let fields: Vec<_> = split(b"Foo=a=b")
            .flatten()
            .map(|field| (field.name, field.value))
            .collect();
        assert_eq!(fields, [("Foo", "a=b")]);
    }

    #[test]
    fn whitespace_and_empty_fields_carry_nothing() {
        let fields: Vec<_> = carried(b" ;\tRoot=R\t; ;;Foo=a b ;")
            .map(|field| field.text)
            .collect();
        assert_eq!(fields, ["Root=R", "Foo=a b"]);
    }

    #[test]
    fn names_are_known_in_any_case() {
        let keys: Vec<_> = split(b"rOOT=;PARENT=;sampled=;lineage=;self=;Roots=")
            .flatten()
            .map(|f| f.key)
            .collect();
        assert_eq!(
            keys,
            [
                Key::Root,
                Key::Parent,
                Key::Sampled,
                Key::Lineage,
                Key::LoadBalancer,
                Key::Foreign
            ]
        );
    }

    #[test]
    fn a_field_that_could_break_the_line_is_not_read() {
        let unreadable: [&[u8]; 7] = [
            b"Foo",
            b"=x",
            b"a b=c",
            b"\"Root=R\"",
            b"Foo=a\r\nb: c",
            b"Foo=\x7f",
            b"Foo=\xff",
        ];
        for field in unreadable {
            assert_eq!(
                split(field).collect::<Vec<_>>(),
                [None],
                "{}",
                field.escape_ascii()
            );
        }
    }
}
