//! Paths and their normal form, by way of a request's target.
#![no_main]

use http::{HeaderMap, Method, Uri, uri::PathAndQuery};
use libfuzzer_sys::fuzz_target;
use mesh_core::{Head, route::Conditions};

fuzz_target!(|target: &[u8]| {
    let Ok(uri) = Uri::try_from(target) else {
        return;
    };
    let headers = HeaderMap::new();
    let head = Head::new(&Method::GET, &uri, &headers);
    assert!(head.authority().contains(head.host()));
    let written = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let (path, query) = match written.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (written, None),
    };
    assert_eq!(head.query(), query, "a query is left as it is");
    assert_eq!(head.path_changed(), head.path() != path);
    if path.starts_with(['/', '\\']) {
        is_normal(path, &head);
        is_normal_again(&head);
    } else if !(path.is_empty() && query.is_some()) {
        assert!(
            !head.path_changed(),
            "what has no segments is left as it is"
        );
    }
});

fn is_normal(written: &str, head: &Head<'_>) {
    let path = head.path();
    assert!(path.starts_with('/') && path.is_ascii());
    assert!(path.len() <= 3 * written.len() + 1);
    assert!(path == "//" || !path.contains("//"));
    assert!(!path.contains('\\'));
    assert!(
        path.split('/')
            .all(|segment| !matches!(segment, "." | ".."))
    );
    let taken = Conditions::any().check(head).is_ok();
    assert_eq!(taken, !path.contains("%00"));
}

/// Who receives what is forwarded, and normalises it once more, sees the same.
fn is_normal_again(head: &Head<'_>) {
    let forwarded = head.path_and_query();
    let uri = Uri::try_from(forwarded).expect("what is forwarded is a target");
    let headers = HeaderMap::new();
    let again = Head::new(&Method::GET, &uri, &headers);
    assert!(!again.path_changed(), "{forwarded}: {}", again.path());
    assert_eq!((again.path(), again.query()), (head.path(), head.query()));
}
