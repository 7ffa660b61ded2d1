//! What the mesh reads of a request's head, found in one look at its headers.

use http::{HeaderMap, HeaderValue};

/// The headers that tell the mesh something, each with its first value: a search for each of these names would hash each.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    headers: &'a HeaderMap,
    trace: Option<&'a HeaderValue>,
    /// Whether there is more than one line of it.
    more_traces: bool,
    pub(crate) request_id: Option<&'a HeaderValue>,
    /// How long an HTTP caller waits.
    pub(crate) expected: Option<&'a HeaderValue>,
    /// How long a gRPC caller waits.
    pub(crate) grpc_timeout: Option<&'a HeaderValue>,
    pub(crate) content_type: Option<&'a HeaderValue>,
    pub(crate) host: Option<&'a HeaderValue>,
    pub(crate) forwarded_for: Option<&'a HeaderValue>,
    pub(crate) user_agent: Option<&'a HeaderValue>,
}

impl<'a> Told<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut told = Self::nothing(headers);
        for (name, value) in headers {
            let place = match name.as_str() {
                TRACE => {
                    told.more_traces = told.trace.is_some();
                    &mut told.trace
                }
                "x-request-id" => &mut told.request_id,
                "x-envoy-expected-rq-timeout-ms" => &mut told.expected,
                "grpc-timeout" => &mut told.grpc_timeout,
                "content-type" => &mut told.content_type,
                "host" => &mut told.host,
                "x-forwarded-for" => &mut told.forwarded_for,
                "user-agent" => &mut told.user_agent,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        told
    }

    fn nothing(headers: &'a HeaderMap) -> Self {
        Self {
            headers,
            trace: None,
            more_traces: false,
            request_id: None,
            expected: None,
            grpc_timeout: None,
            content_type: None,
            host: None,
            forwarded_for: None,
            user_agent: None,
        }
    }

    /// The headers themselves.
    pub(crate) fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// Whether a peer that speaks gRPC will read the answer.
    pub(crate) fn is_grpc(&self) -> bool {
        self.content_type.is_some_and(super::is_grpc_type)
    }

    /// What the request says of its trace, line by line.
    #[cfg_attr(
        not(any(feature = "xray", test)),
        expect(dead_code, reason = "nobody asks without traces")
    )]
    pub(crate) fn traces(&self) -> impl Iterator<Item = &'a [u8]> {
        let more = self.more_traces.then(|| self.headers.get_all(TRACE));
        let more = more.into_iter().flatten().skip(1);
        self.trace
            .into_iter()
            .chain(more)
            .map(HeaderValue::as_bytes)
    }
}

const TRACE: &str = "x-amzn-trace-id";

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines.iter().map(|&(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        lines.collect()
    }

    #[test]
    fn each_header_is_found_by_its_name_whatever_stands_around_it() {
        type Of = for<'a> fn(&Told<'a>) -> Option<&'a HeaderValue>;
        let rows: [(&str, Of); 7] = [
            ("x-request-id", |told| told.request_id),
            ("x-envoy-expected-rq-timeout-ms", |told| told.expected),
            ("grpc-timeout", |told| told.grpc_timeout),
            ("content-type", |told| told.content_type),
            ("host", |told| told.host),
            ("x-forwarded-for", |told| told.forwarded_for),
            ("user-agent", |told| told.user_agent),
        ];
        for (name, of) in rows {
            let others = rows.iter().filter(|row| row.0 != name);
            let others = others.map(|row| (row.0, "other")).chain([("x-else", "1")]);
            let mut lines: Vec<_> = others.collect();
            assert_eq!(of(&Told::of(&headers(&lines))), None, "{name}");
            lines.insert(3, (name, "first"));
            lines.push((name, "second"));
            let all = headers(&lines);
            assert_eq!(of(&Told::of(&all)), all.get(name), "{name}");
            assert_eq!(all[name], "first");
        }
    }

    #[test]
    fn every_line_about_the_trace_is_told_in_its_order() {
        for count in 0..3 {
            let lines = [(TRACE, "a"), (TRACE, "b"), (TRACE, "c")];
            let lines = headers(&lines[..count]);
            let told: Vec<_> = Told::of(&lines).traces().collect();
            assert_eq!(told, [b"a", b"b", b"c"][..count]);
        }
    }
}
