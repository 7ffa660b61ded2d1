//! Host and port of an authority, as virtual hosts are matched.

/// The parts of `host:port`; a port that is not written as one (`:`, `:080`, `:x`) stays in the host, which then is unknown.
pub(super) fn split(authority: &str) -> (&str, Option<u16>) {
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let Some((host, digits)) = authority.rsplit_once(':') else {
        return (authority, None);
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    match digits.parse() {
        Ok(port) if plain => (host, Some(port)),
        _ => (authority, None),
    }
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
            assert_eq!(split(authority), parts, "{authority:?}");
        }
    }
}
