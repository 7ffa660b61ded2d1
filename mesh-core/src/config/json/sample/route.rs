//! Routes of every kind.

use super::{NODES, OTHER_PORT, PORT, draw::Draw};
use crate::config::{
    ForRequests, GrpcRetryEvent, HeaderMatcher, HttpRetryEvent, RetryPolicy, Route, RouteBuilder,
    TcpRetryEvent, VirtualRouterBuilder,
};

pub(super) fn in_router(
    router: VirtualRouterBuilder,
    n: u64,
    draw: &mut Draw,
) -> VirtualRouterBuilder {
    let name = format!("route{n}");
    match draw.below(4) {
        0 => router.route(http(Route::http(name), draw)),
        1 => router.route(http(Route::http2(name), draw)),
        2 => router.route(grpc(Route::grpc(name), draw)),
        _ => {
            let mut route = common(Route::tcp(name), draw);
            if draw.flip() {
                route = route.idle_timeout(draw.limit());
            }
            router.route(route)
        }
    }
}

fn common<K>(mut route: RouteBuilder<K>, draw: &mut Draw) -> RouteBuilder<K> {
    if draw.flip() {
        route = route.priority(draw.number(0, 1000));
    }
    if draw.flip() {
        route = route.port(PORT);
    }
    route = route.target(draw.pick(&NODES), draw.number(1, 100));
    for _ in 0..draw.below(3) {
        let (node, weight) = (draw.pick(&NODES), draw.number(0, 100));
        route = match draw.flip() {
            true => route.target(node, weight),
            false => route.target_on(node, weight, PORT),
        };
    }
    route
}

fn limited<K: ForRequests>(mut route: RouteBuilder<K>, draw: &mut Draw) -> RouteBuilder<K> {
    if draw.flip() {
        route = route.timeout(draw.limit());
    }
    match draw.flip() {
        true => route.idle_timeout(draw.limit()),
        false => route,
    }
}

fn policy(draw: &mut Draw) -> RetryPolicy {
    let retries = u32::try_from(draw.number(0, 9)).unwrap();
    let events = [
        HttpRetryEvent::ServerError,
        HttpRetryEvent::GatewayError,
        HttpRetryEvent::ClientError,
    ];
    let policy = RetryPolicy::new(retries, draw.limit()).on(HttpRetryEvent::StreamError);
    let policy = draw.some(&events).into_iter().fold(policy, RetryPolicy::on);
    match draw.flip() {
        true => policy.on_tcp(TcpRetryEvent::ConnectionError),
        false => policy,
    }
}

fn http(route: RouteBuilder, draw: &mut Draw) -> RouteBuilder {
    let mut route = limited(common(route, draw), draw);
    route = match draw.below(4) {
        0 => route,
        1 => route.prefix(draw.text("/")),
        2 => route.exact(draw.text("/")),
        _ => route.regex(draw.pick(&["/a.*", "/[0-9]{2}\\.\"x"])),
    };
    if draw.flip() {
        route = route.method(&http::Method::PATCH);
    }
    if draw.flip() {
        route = route.scheme(&http::uri::Scheme::HTTPS);
    }
    for name in draw.some(&["x-a", ":authority", ":path"]) {
        route = match draw.below(4) {
            0 => route.header_present(name),
            1 => route.header_absent(name),
            2 => route.header(name, matcher(draw)),
            _ => route.header_not(name, matcher(draw)),
        };
    }
    for name in draw.some(&["k", "a b", "é"]) {
        route = match draw.flip() {
            true => route.query_present(name),
            false => route.query(name, draw.text("")),
        };
    }
    match draw.flip() {
        true => route.retry(policy(draw)),
        false => route,
    }
}

fn grpc(
    route: RouteBuilder<crate::config::ForGrpc>,
    draw: &mut Draw,
) -> RouteBuilder<crate::config::ForGrpc> {
    let mut route = limited(common(route, draw), draw);
    route = match draw.below(3) {
        0 => route,
        1 => route.service("shop.Orders"),
        _ => route.method("shop.Orders", "Place"),
    };
    if draw.flip() {
        route = route.metadata("x-a", matcher(draw)).metadata_absent("x-b");
    }
    let events = [
        GrpcRetryEvent::Cancelled,
        GrpcRetryEvent::DeadlineExceeded,
        GrpcRetryEvent::Internal,
        GrpcRetryEvent::ResourceExhausted,
        GrpcRetryEvent::Unavailable,
    ];
    let events = draw.some(&events).into_iter();
    match draw.flip() {
        true => route.retry(events.fold(policy(draw), RetryPolicy::on_grpc)),
        false => route,
    }
}

pub(super) fn matcher(draw: &mut Draw) -> HeaderMatcher {
    match draw.below(5) {
        0 => HeaderMatcher::exact(draw.text("v")),
        1 => HeaderMatcher::prefix(draw.text("v")),
        2 => HeaderMatcher::suffix(draw.text("v")),
        3 => HeaderMatcher::regex("v[0-9]+\\.\"?"),
        _ => HeaderMatcher::range(draw.pick(&[i64::MIN, -1, 0])..draw.pick(&[1, i64::MAX])),
    }
}

/// One of the ports of whoever listens, as far as everybody has it.
pub(super) fn entered(draw: &mut Draw, second: bool) -> i64 {
    if second && draw.flip() {
        OTHER_PORT
    } else {
        PORT
    }
}
