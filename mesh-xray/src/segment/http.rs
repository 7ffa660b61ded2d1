//! [`Http`]: the request and the response of a segment or a call.

use std::borrow::Cow;

use super::json::Object;

/// What was asked and what was answered.
///
/// Texts of any length and content may be set; the document holds what X-Ray takes of them.
///
/// # Units
/// At most 250 characters of each text. Of `url`, what comes before `?` and `#`, without `user:password@`: either may hold
/// secrets.
///
/// # Source
/// X-Ray developer guide, "HTTP request data". Differs from Envoy, which keeps the query, cuts the path alone and so passes
/// the limit, and writes the whole `x-forwarded-for` as the client's address.
///
/// # Examples
/// ```
/// use mesh_xray::segment::Http;
///
/// let mut http = Http::request("GET", "http://colors.local/blue?token=secret");
/// http.forwarded_for("203.0.113.7, 10.0.0.1");
/// assert_eq!(http.client_ip.as_deref(), Some("203.0.113.7"));
/// http.status = Some(200);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Http {
    /// `GET`, say.
    pub method: Cow<'static, str>,
    /// `http://colors.local/blue`, say.
    pub url: Cow<'static, str>,
    /// The client's program; absent if it gave none.
    pub user_agent: Option<Cow<'static, str>>,
    /// The client's address.
    pub client_ip: Option<Cow<'static, str>>,
    /// The client's address is what a proxy says. Written in a segment only.
    pub x_forwarded_for: bool,
    /// The callee records a segment of its own, and the trace is broken until that arrives. Written in a call only.
    pub traced: bool,
    /// The response's status; absent if there was no response.
    pub status: Option<u16>,
    /// The response's length in bytes; absent if unknown.
    pub content_length: Option<u64>,
}

impl Http {
    /// A request without a response yet.
    #[must_use]
    pub fn request(
        method: impl Into<Cow<'static, str>>,
        url: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            ..Self::default()
        }
    }

    /// Takes the client's address from an `x-forwarded-for` header: its first element, which is the client of the first
    /// proxy. An empty one changes nothing.
    pub fn forwarded_for(&mut self, value: &str) {
        let client = value.split(',').next().unwrap_or_default().trim();
        if !client.is_empty() {
            self.client_ip = Some(client.to_owned().into());
            self.x_forwarded_for = true;
        }
    }

    pub(super) fn write_segment(&self, object: &mut Object<'_>) {
        self.write(object, |request| {
            request.flag_if("x_forwarded_for", self.x_forwarded_for);
        });
    }

    pub(super) fn write_subsegment(&self, object: &mut Object<'_>) {
        self.write(object, |request| request.flag_if("traced", self.traced));
    }

    fn write(&self, http: &mut Object<'_>, more: impl FnOnce(&mut Object<'_>)) {
        http.object("request", |request| {
            request.text("method", &self.method, MAX_CHARS);
            request.text("url", &without_secrets(&self.url), MAX_CHARS);
            if let Some(user_agent) = &self.user_agent {
                request.text("user_agent", user_agent, MAX_CHARS);
            }
            if let Some(client_ip) = &self.client_ip {
                request.text("client_ip", client_ip, MAX_CHARS);
            }
            more(request);
        });
        if let Some(status) = self.status {
            http.object("response", |response| {
                response.natural("status", status.into());
                if let Some(length) = self.content_length {
                    response.natural("content_length", length);
                }
            });
        }
    }
}

/// The URL up to its query, and without a user and a password before its host.
fn without_secrets(url: &str) -> Cow<'_, str> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match url.find(SCHEME_ENDS) {
        Some(at) => url.split_at(at + SCHEME_ENDS.len()),
        None => ("", url),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            let path = rest.strip_prefix(authority).unwrap_or_default();
            format!("{scheme}{host}{path}").into()
        }
        None => url.into(),
    }
}

const SCHEME_ENDS: &str = "://";

const MAX_CHARS: usize = 250;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_written_without_what_may_be_secret() {
        let cases = [
            ("http://a/b", "http://a/b"),
            ("http://a/b?c=d#e", "http://a/b"),
            ("http://a/b#e?c", "http://a/b"),
            ("http://ann:secret@a:80/b", "http://a:80/b"),
            ("http://a@b@c/d@e?f@g", "http://c/d@e"),
            ("ann@a", "a"),
            ("/b@c", "/b@c"),
            ("?", ""),
            ("", ""),
        ];
        for (url, want) in cases {
            assert_eq!(without_secrets(url), want, "{url:?}");
        }
    }

    #[test]
    fn first_forwarded_address_is_the_client() {
        let cases = [
            ("203.0.113.7", Some("203.0.113.7")),
            (" 203.0.113.7 ,10.0.0.1,192.0.2.2", Some("203.0.113.7")),
            ("", None),
            (" , 10.0.0.1", None),
        ];
        for (value, want) in cases {
            let mut http = Http::default();
            http.forwarded_for(value);
            assert_eq!(http.client_ip.as_deref(), want, "{value:?}");
            assert_eq!(http.x_forwarded_for, want.is_some(), "{value:?}");
        }
    }
}
