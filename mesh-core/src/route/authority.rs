//! Host and port of an authority, as virtual hosts are matched.

use std::ops::Range;

/// Where in `host:port` the host stands, and the port. One that is not written as one (`:`, `:080`, `:x`) stays in the host,
/// which then is unknown.
pub(super) fn split(authority: &str) -> (Range<usize>, Option<u16>) {
    // By bytes, and from the end only as far as there are digits: this is asked of every request.
    let bytes = authority.as_bytes();
    let digits = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let colon = (bytes.len() - digits.count()).checked_sub(1);
    let port = colon
        .filter(|&colon| bytes[colon] == b':' && bytes.get(colon + 1) != Some(&b'0'))
        .and_then(|colon| Some((colon, authority[colon + 1..].parse().ok()?)));
    let (end, port) = match port {
        Some((colon, port)) => (colon, Some(port)),
        None => (bytes.len(), None),
    };
    let user = bytes[..end].iter().rposition(|byte| *byte == b'@');
    (user.map_or(0, |at| at + 1)..end, port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_number_is_a_port() {
        let rows = [
            ("svc.local", ("svc.local", None)),
            ("svc.local:8080", ("svc.local", Some(8080))),
            ("svc.local:", ("svc.local:", None)),
            ("svc.local:080", ("svc.local:080", None)),
            ("svc.local:+80", ("svc.local:+80", None)),
            ("svc.local:99999", ("svc.local:99999", None)),
            ("svc.local.", ("svc.local.", None)),
            ("user@svc.local:80", ("svc.local", Some(80))),
            ("[::1]:80", ("[::1]", Some(80))),
            ("[::1]", ("[::1]", None)),
            ("", ("", None)),
        ];
        for (authority, parts) in rows {
            let (host, port) = split(authority);
            assert_eq!((&authority[host], port), parts, "{authority:?}");
        }
    }
}
