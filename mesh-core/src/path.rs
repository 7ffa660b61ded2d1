//! The normal form of paths, in which they are compared and sent.

use std::borrow::Cow;

/// The path in its normal form; borrowed if it already is.
pub(crate) fn normalise(path: &str) -> Cow<'_, str> {
    // `*`, and the empty path of CONNECT, are no paths that have segments.
    if !path.starts_with(['/', '\\']) || is_normal(path.as_bytes()) || path == ONLY_SLASHES {
        return Cow::Borrowed(path);
    }
    let decoded = decode(path.as_bytes());
    Cow::Owned(resolve(&decoded))
}

fn is_normal(path: &[u8]) -> bool {
    (0..path.len()).all(|at| match path[at] {
        b'/' => !matches!(path.get(at + 1), Some(b'/')) && !starts_dot_segment(&path[at + 1..]),
        b'%' => escaped(&path[at..]).is_none_or(|byte| !is_unreserved(byte)),
        byte => byte != b'\\' && !needs_escape(byte),
    })
}

fn starts_dot_segment(rest: &[u8]) -> bool {
    let ends = |byte: &u8| matches!(byte, b'/' | b';');
    let name = rest.split(ends).next().unwrap_or_default();
    name == b"." || name == b".."
}

/// Turns `\`, decodes what need not be escaped, escapes what must be. The result is ASCII.
///
/// A `%` that began no escape must not begin one afterwards, or who reads the result would decode it once more and see a
/// path that no route was asked about: such a `%` is escaped itself.
fn decode(path: &[u8]) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((byte, tail)) = first(rest) {
        let stray = byte == b'%' && escaped(rest).is_none();
        match byte {
            b'\\' => decoded.push('/'),
            byte if needs_escape(byte) || stray && digits_follow(tail) => {
                escape(byte, &mut decoded)
            }
            byte => decoded.push(char::from(byte)),
        }
        rest = tail;
    }
    decoded
}

/// The first byte, decoded if that is safe, and what follows it.
fn first(text: &[u8]) -> Option<(u8, &[u8])> {
    let unescaped = escaped(text).filter(|byte| is_unreserved(*byte));
    match (unescaped, text) {
        (Some(byte), [_, _, _, rest @ ..]) => Some((byte, rest)),
        (_, [byte, rest @ ..]) => Some((*byte, rest)),
        (_, []) => None,
    }
}

/// Whether two hexadecimal digits come next, once decoded.
fn digits_follow(text: &[u8]) -> bool {
    let high = first(text).filter(|(byte, _)| byte.is_ascii_hexdigit());
    let low = high.and_then(|(_, rest)| first(rest));
    low.is_some_and(|(byte, _)| byte.is_ascii_hexdigit())
}

fn escape(byte: u8, text: &mut String) {
    let digits = [byte >> 4, byte & 0xF].map(|digit| match digit {
        0..=9 => char::from(b'0' + digit),
        _ => char::from(b'A' + digit - 10),
    });
    text.push('%');
    text.extend(digits);
}

/// Resolves dot segments and drops empty ones; above the root there is nothing.
///
/// # Source
/// Envoy 1.40, `PathUtil::mergeSlashes`: where all segments are empty, the first slash stays and so does the last.
fn resolve(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        // What follows a `;` are parameters.
        let segment = match segment.split_once(';') {
            Some((dots @ ("." | ".."), _)) => dots,
            _ => segment,
        };
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
        if last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    if kept.len() > 1 && kept.iter().all(|segment| segment.is_empty()) {
        return ONLY_SLASHES.to_owned();
    }
    let ends_open = kept.last().is_none_or(|segment| segment.is_empty());
    let mut resolved = String::with_capacity(path.len());
    for segment in kept.into_iter().filter(|segment| !segment.is_empty()) {
        resolved.push('/');
        resolved.push_str(segment);
    }
    if ends_open {
        resolved.push('/');
    }
    resolved
}

/// The byte that a `%XX` at the start stands for.
fn escaped(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What Envoy's normaliser escapes; spaces and controls cannot stand in a URI.
fn needs_escape(byte: u8) -> bool {
    !byte.is_ascii() || b"{}|\"<>^`".contains(&byte)
}

const ONLY_SLASHES: &str = "//";

#[cfg(test)]
mod tests {
    use proptest::test_runner::{Config as ProptestConfig, RngSeed};

    use super::*;

    #[test]
    fn paths_are_normalised_as_envoy_does() {
        let rows = [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a/", "/a/"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("/a//b", "/a/b"),
            // Envoy merges slashes around segments, and here are none.
            ("//", "//"),
            ("///", "//"),
            ("/a/..//", "//"),
            ("//..", "/"),
            ("/a//", "/a/"),
            ("/a//../b", "/a/b"),
            (r"/chapter/\special", "/chapter/special"),
            (r"/a/b\..\c", "/a/c"),
            ("/%65nd", "/end"),
            ("/a/%2e%2E/b", "/b"),
            ("/%2e%2e%2f", "/..%2f"),
            ("/sl%2Fash%2fes", "/sl%2Fash%2fes"),
            ("/%c3%A9", "/%c3%A9"),
            ("/é", "/%C3%A9"),
            ("/{a}|\"^`", "/%7Ba%7D%7C%22%5E%60"),
            ("/%/%2/%zz", "/%/%2/%zz"),
            // What decoding puts together is no escape of the caller's, and must not become one.
            ("/%%36%35nd", "/%2565nd"),
            ("/%%365nd", "/%2565nd"),
            ("/%6%35nd", "/%2565nd"),
            ("/%2%46", "/%252F"),
            ("/%%36%2F", "/%6%2F"),
            ("/%%%36%35", "/%%2565"),
            // Parameters do not make a dot segment another one.
            ("/a/..;x/b", "/b"),
            ("/a/.;/b", "/a/b"),
            ("/a/..;", "/"),
            ("/a/..;x%2Fy/b", "/b"),
            ("/a;/../b", "/b"),
            ("/a/..%3B/b", "/a/..%3B/b"),
            ("/a/...;x/;y", "/a/...;x/;y"),
            // In Envoy they do if the segment is not written plainly; then its normal form has a normal form of its own.
            ("/a/%2E.;x/b", "/b"),
            (r"/a\..;x\b", "/b"),
            ("/...", "/..."),
            ("/.a/..b/c.", "/.a/..b/c."),
            ("*", "*"),
            ("", ""),
        ];
        for (written, normal) in rows {
            assert_eq!(normalise(written), normal, "{written}");
            assert_eq!(normalise(normal), normal, "{written}: twice is once");
        }
    }

    proptest::proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(7),
            failure_persistence: None,
            ..ProptestConfig::with_cases(if cfg!(miri) { 20 } else { 2_000 })
        })]

        #[test]
        fn normalising_is_done_once_and_leaves_no_way_around_a_prefix(written in r"/(%|%3|[./\\;0-9a-fn{é]){0,24}") {
            let normal = normalise(&written);
            proptest::prop_assert_eq!(normalise(&normal), &*normal);
            proptest::prop_assert!(normal.starts_with('/') && normal.is_ascii());
            proptest::prop_assert!(normal == ONLY_SLASHES || !normal.contains("//"));
            proptest::prop_assert!(!normal.contains('\\'));
            proptest::prop_assert!(normal.split('/').all(|segment| segment != "." && segment != ".."));
            let is_normal = is_normal(written.as_bytes()) || written == ONLY_SLASHES;
            proptest::prop_assert_eq!(is_normal, normal == written.as_str());
        }
    }

    #[test]
    fn a_normal_path_is_not_copied() {
        for path in ["/", "/a/b.c/..d/%2F", "/a%20b/", "*"] {
            assert!(matches!(normalise(path), Cow::Borrowed(_)), "{path}");
        }
    }
}
