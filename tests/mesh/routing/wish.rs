//! What a route asks for, more or less: requests that were drawn blindly would meet no route.

use mesh_core::config::{
    GrpcRouteMatch, HeaderKey, HeaderMatch, HeaderMatcher, HttpRouteMatch, PathMatch, RouteMatch,
};

use super::{
    draw::Draw,
    words::{
        CALLS, CONTENT_TYPES, HEADERS, KEYS, ODD_VALUES, PATH_PATTERNS, PATHS, QUERY_VALUES, VALUES,
    },
};

/// What a request is going to be, its host apart.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) method: String,
    pub(super) scheme: &'static str,
    pub(super) path: String,
    pub(super) query: Vec<String>,
    pub(super) headers: Vec<(String, String)>,
}

impl Wish {
    /// One that no route was asked about.
    pub(super) fn any(draw: &mut Draw) -> Self {
        Self {
            method: draw
                .one(&[
                    "GET", "GET", "GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH",
                ])
                .to_owned(),
            scheme: match draw.percent(90) {
                true => "http",
                false => "https",
            },
            path: draw.one(&PATHS).replace('?', ""),
            query: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// One that a route with these conditions probably takes.
    pub(super) fn of(draw: &mut Draw, matches: &RouteMatch) -> Self {
        let mut wish = Self::any(draw);
        match matches {
            RouteMatch::Http(matches) => wish.http(draw, matches),
            RouteMatch::Grpc(matches) => wish.grpc(draw, matches),
            other => panic!("{other:?} is new here"),
        }
        wish
    }

    fn http(&mut self, draw: &mut Draw, matches: &HttpRouteMatch) {
        self.path = match &matches.path {
            Some(PathMatch::Prefix(prefix)) if draw.percent(50) => {
                prefix.clone() + draw.one(&["", "/", "b", "/b", "c/d"])
            }
            Some(PathMatch::Prefix(path) | PathMatch::Exact(path)) => path.clone(),
            Some(PathMatch::Regex(regex)) => {
                let known = PATH_PATTERNS.iter().find(|(known, _)| known == regex);
                known.map_or_else(
                    || literal(regex),
                    |(_, samples)| draw.one(samples).to_owned(),
                )
            }
            _ => draw.one(&PATHS).to_owned(),
        };
        if let Some((path, query)) = self.path.clone().split_once('?') {
            self.path = path.to_owned();
            self.query.push(query.to_owned());
        }
        // What asks for a tunnel is written in another form.
        let method = matches.method.as_ref().filter(|_| draw.percent(92));
        if let Some(method) = method.filter(|method| *method != "CONNECT") {
            self.method = method.to_string();
        }
        if let Some(scheme) = matches.scheme.as_ref().filter(|_| draw.percent(92)) {
            self.scheme = if scheme == "https" { "https" } else { "http" };
        }
        self.lines(draw, &matches.headers);
        for parameter in &matches.query_parameters {
            if draw.percent(8) {
                continue;
            }
            let value = parameter.exact.clone();
            let value = value.unwrap_or_else(|| draw.one(&QUERY_VALUES).to_owned());
            // A URI has no blanks: such a condition never holds.
            let pair = format!("{}={value}", parameter.name).replace(' ', "%20");
            self.query.push(pair);
        }
    }

    fn grpc(&mut self, draw: &mut Draw, matches: &GrpcRouteMatch) {
        let (service, method) = draw.one(&CALLS);
        let service = matches.service_name.as_deref().unwrap_or(service);
        let method = matches.method_name.as_deref().unwrap_or(method);
        self.path = format!("/{service}/{method}");
        self.method = "POST".to_owned();
        if draw.percent(90) {
            let kind = draw.one(&CONTENT_TYPES);
            self.headers
                .push(("content-type".to_owned(), kind.to_owned()));
        }
        self.lines(draw, &matches.metadata);
    }

    fn lines(&mut self, draw: &mut Draw, conditions: &[HeaderMatch]) {
        for condition in conditions {
            let HeaderKey::Header(name) = &condition.name else {
                continue;
            };
            if draw.percent(8) {
                continue;
            }
            let value = value(draw, condition.matcher.as_ref());
            self.headers.push((name.to_string(), value));
        }
    }

    /// What a route asks for behind a gateway route with this prefix, whose own wish this is.
    pub(super) fn and_then(&mut self, draw: &mut Draw, prefix: Option<&str>, inner: Self) {
        if let Some(prefix) = prefix.filter(|_| draw.percent(80)) {
            self.path = format!("{prefix}{}", inner.path);
        }
        if self.method == "GET" {
            self.method = inner.method;
        }
        self.scheme = inner.scheme;
        self.query.extend(inner.query);
        self.headers.extend(inner.headers);
    }

    /// Things that nobody asked for.
    pub(super) fn disturb(&mut self, draw: &mut Draw) {
        for _ in 0..draw.one(&[0, 0, 1, 2]) {
            let value = value(draw, None);
            self.headers.push((draw.one(&HEADERS).to_owned(), value));
        }
        if !self.headers.is_empty() && draw.percent(15) {
            // Once more, before or behind.
            let (name, _) = draw.one(&self.headers);
            let value = value(draw, None);
            self.headers
                .insert(draw.below(self.headers.len() + 1), (name, value));
        }
        if draw.percent(10) {
            let kind = draw.one(&CONTENT_TYPES);
            self.headers
                .push(("content-type".to_owned(), kind.to_owned()));
        }
        if draw.percent(20) {
            let key = draw.one(&KEYS).replace(' ', "%20");
            let value = draw.one(&QUERY_VALUES).replace(' ', "+");
            let pair = match draw.below(5) {
                0 => key,
                1 => format!("?{key}={value}"),
                2 => format!("x;{key}={value}"),
                _ => format!("{key}={value}"),
            };
            self.query.insert(draw.below(self.query.len() + 1), pair);
        }
        for _ in 0..draw.one(&[0, 0, 0, 0, 1, 1, 2]) {
            self.path = bent(draw, &self.path);
        }
    }
}

fn value(draw: &mut Draw, matcher: Option<&HeaderMatcher>) -> String {
    let other = |draw: &mut Draw| match draw.percent(60) {
        true => draw.one(&VALUES).to_owned(),
        false => draw.one(&ODD_VALUES).to_owned(),
    };
    match matcher.filter(|_| draw.percent(75)) {
        Some(HeaderMatcher::Exact(text)) => text.clone(),
        Some(HeaderMatcher::Prefix(text)) => text.clone() + draw.one(&["", "x", ",1"]),
        Some(HeaderMatcher::Suffix(text)) => draw.one(&["", "x", "1,"]).to_owned() + text,
        Some(HeaderMatcher::Range { start, end }) => {
            let around = [
                *start,
                end - 1,
                *end,
                start.saturating_sub(1),
                start.midpoint(*end),
            ];
            draw.one(&around).to_string()
        }
        _ => other(draw),
    }
}

/// What may meet an expression of which nothing is known: its letters.
fn literal(regex: &str) -> String {
    let path = |c: &char| c.is_ascii_alphanumeric() || "/-_~".contains(*c);
    let letters: String = regex.chars().filter(path).collect();
    format!("/{}", letters.trim_start_matches('/'))
}

/// A path that means the same, or nearly.
fn bent(draw: &mut Draw, path: &str) -> String {
    let places: Vec<_> = (0..=path.len())
        .filter(|at| path.is_char_boundary(*at))
        .collect();
    let at = draw.one(&places).max(1).min(path.len());
    let at = if path.is_char_boundary(at) {
        at
    } else {
        path.len()
    };
    let (before, behind) = path.split_at(at);
    if draw.percent(25)
        && behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/')
    {
        let byte = behind.as_bytes()[0];
        return format!("{before}%{byte:02X}{}", &behind[1..]);
    }
    let piece = draw.one(&BENDS);
    format!("{before}{piece}{behind}")
}

const BENDS: [&str; 42] = [
    "/", "//", "/./", "/../", "/..", "/.", ".", "..", "/x/../", "%2e", "/%2E%2e/", "%2F", "%2f",
    "\\", "/\\", "%41", "%61", "%7E", "%20", "{", "|", "\"", "^", "%", "%zz", "%2", "%25", "%3",
    ";v=1", "/..;", "/.;x/", "%2e;", "+", "é", "%00", "#", "%5C", "%%36%35", "%6%35", " ", "<",
    "`",
];
