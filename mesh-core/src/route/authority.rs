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
    (0..end, port)
}

/// What is called of a URI's authority: user and password are for the client. In a `Host` header there are none; what has an
/// `@` there is another host, as Envoy takes it.
pub(super) fn without_user(authority: &str) -> &str {
    let at = authority.bytes().rposition(|byte| byte == b'@');
    at.map_or(authority, |at| &authority[at + 1..])
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
            ("user@svc.local:80", ("user@svc.local", Some(80))),
            ("[::1]:80", ("[::1]", Some(80))),
            ("[::1]", ("[::1]", None)),
            ("", ("", None)),
        ];
        for (authority, parts) in rows {
            let (host, port) = split(authority);
            assert_eq!((&authority[host], port), parts, "{authority:?}");
        }
    }

    #[test]
    fn user_and_password_are_not_called() {
        for authority in ["svc:80", "user@svc:80", "user:secret@svc:80", "a@b@svc:80"] {
            assert_eq!(without_user(authority), "svc:80");
        }
    }
}
