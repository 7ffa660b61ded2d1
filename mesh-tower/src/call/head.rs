//! What a request's head says, kept for the record of the request.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::Told;

/// The parts of a head that a log line or a trace segment shows, as the request came: attempts write heads of their own.
///
/// Kept only where somebody will read it. Nothing is copied: all parts share the bytes they were read from.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    uri: Uri,
    pub(crate) version: Version,
    host: Option<HeaderValue>,
    forwarded_for: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
}

impl RequestHead {
    pub(crate) fn of<B>(request: &Request<B>, told: &Told<'_>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            host: told.host.cloned(),
            forwarded_for: told.forwarded_for.cloned(),
            user_agent: told.user_agent.cloned(),
        }
    }

    /// Path and query.
    pub(crate) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// The path alone: a query may hold secrets.
    #[cfg(feature = "xray")]
    pub(crate) fn path_only(&self) -> &str {
        self.uri.path()
    }

    /// Whom the request was for: its `Host`, or what HTTP/2 has in its place; never the user and password before an `@`.
    pub(crate) fn authority(&self) -> Option<&[u8]> {
        let authority = match &self.host {
            Some(host) => host.as_bytes(),
            None => self.uri.authority()?.as_str().as_bytes(),
        };
        // Few have one, and looking for a byte is faster than splitting by it.
        match authority.contains(&b'@') {
            true => authority.rsplit(|byte| *byte == b'@').next(),
            false => Some(authority),
        }
    }

    pub(crate) fn forwarded_for(&self) -> Option<&[u8]> {
        self.forwarded_for.as_ref().map(HeaderValue::as_bytes)
    }

    pub(crate) fn user_agent(&self) -> Option<&[u8]> {
        self.user_agent.as_ref().map(HeaderValue::as_bytes)
    }
}

/// Headers that a call brought in and those it causes take along.
#[derive(Debug, Default)]
pub(crate) struct Carried(Vec<(HeaderName, HeaderValue)>);

impl Carried {
    /// What the request has of these.
    pub(crate) fn of(headers: &HeaderMap, names: &[HeaderName]) -> Self {
        let found = names.iter().flat_map(|name| {
            let values = headers.get_all(name).iter();
            values.map(|value| (name.clone(), value.clone()))
        });
        Self(found.collect())
    }

    /// Adds them to a request that does not have them already: what its sender says counts more.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        let mut rest = self.0.as_slice();
        while let Some((name, _)) = rest.first() {
            // The values of one header stand together.
            let lines = rest.iter().take_while(|(next, _)| next == name).count();
            let (values, others) = rest.split_at(lines);
            if !headers.contains_key(name) {
                for (name, value) in values {
                    headers.append(name.clone(), value.clone());
                }
            }
            rest = others;
        }
    }
}

/// Names a request in the logs of every service that it causes work in.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    const TENANT: HeaderName = HeaderName::from_static("x-tenant");
    const CANARY: HeaderName = HeaderName::from_static("x-canary");

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        let lines = lines.iter();
        lines
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_users_password_is_no_part_of_what_is_recorded() {
        let request = Request::get("http://user:secret@orders.local:8080/").body(());
        let request = request.expect("a request");
        let head = RequestHead::of(&request, &Told::of(request.headers()));
        assert_eq!(head.authority(), Some(b"orders.local:8080".as_slice()));
    }

    #[test]
    fn listed_headers_are_carried_with_all_their_values_and_no_others() {
        let mut inbound = headers(&[(CANARY, "1"), (header::COOKIE, "secret")]);
        inbound.append(CANARY, HeaderValue::from_static("2"));
        let carried = Carried::of(&inbound, &[TENANT, CANARY]);
        let mut outbound = HeaderMap::new();
        carried.add_to(&mut outbound);
        let values: Vec<_> = outbound.get_all(CANARY).iter().collect();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(outbound.len(), 2);
    }

    #[test]
    fn what_the_sender_of_a_request_says_beats_what_is_carried() {
        let inbound = headers(&[(TENANT, "a"), (CANARY, "1")]);
        let carried = Carried::of(&inbound, &[TENANT, CANARY]);
        let mut outbound = headers(&[(TENANT, "b")]);
        carried.add_to(&mut outbound);
        assert_eq!(outbound, headers(&[(TENANT, "b"), (CANARY, "1")]));
    }
}
