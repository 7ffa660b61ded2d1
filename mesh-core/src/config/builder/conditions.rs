//! Conditions as the builders of routes and of gateway routes say them, each with its place.

use crate::{
    config::{
        HeaderMatcher, PathMatch, QueryParameter,
        draft::{HeaderDraft, MatchDraft, Said},
    },
    error::Place,
};

impl MatchDraft {
    pub(super) fn on_path(&mut self, path: PathMatch) {
        self.path = Some(Said::new(path, Place::of("path")));
    }

    pub(super) fn on_method(&mut self, method: &http::Method) {
        let method = method.as_str().to_owned();
        self.method = Some(Said::new(method, Place::of("method")));
    }

    pub(super) fn on_port(&mut self, port: i64) {
        self.port = Some(Said::new(port, Place::of("port")));
    }

    pub(super) fn on_service(&mut self, name: String) {
        self.service_name = Some(Said::new(name, Place::of("service")));
    }

    pub(super) fn on_header(&mut self, name: String, invert: bool, matcher: Option<HeaderMatcher>) {
        let place = Place::of(format!("header({name})"));
        self.headers.push(HeaderDraft {
            matcher: matcher.map(|matcher| Said::new(matcher, place.clone())),
            name: Said::new(name, place),
            invert,
        });
    }

    pub(super) fn on_query(&mut self, name: String, exact: Option<String>) {
        let place = Place::of(format!("query({name})"));
        let parameter = QueryParameter { name, exact };
        self.query_parameters.push(Said::new(parameter, place));
    }

    /// Puts the path of what holds them before all that was said.
    pub(super) fn put_under(&mut self, path: &str) {
        for place in self.places() {
            place.path = format!("{path}.{}", place.path);
        }
    }

    fn places(&mut self) -> Vec<&mut Place> {
        let mut places = Vec::new();
        places.extend(self.hostname.as_mut().map(|said| &mut said.place));
        places.extend(self.path.as_mut().map(|said| &mut said.place));
        places.extend(self.method.as_mut().map(|said| &mut said.place));
        places.extend(self.scheme.as_mut().map(|said| &mut said.place));
        places.extend(self.port.as_mut().map(|said| &mut said.place));
        places.extend(self.service_name.as_mut().map(|said| &mut said.place));
        places.extend(self.method_name.as_mut().map(|said| &mut said.place));
        for header in &mut self.headers {
            places.push(&mut header.name.place);
            places.extend(header.matcher.as_mut().map(|said| &mut said.place));
        }
        let parameters = self.query_parameters.iter_mut();
        places.extend(parameters.map(|said| &mut said.place));
        places
    }
}
