//! Virtual gateways and their routes.

use super::{OTHER_PORT, PORT, SERVICES, draw::Draw, node, route, tls};
use crate::config::{
    ForGrpc, GatewayListener, GatewayListenerBuilder, GatewayRoute, GatewayRouteBuilder,
    VirtualGateway, VirtualGatewayBuilder,
};

pub(super) fn virtual_gateway(name: &str, draw: &mut Draw) -> VirtualGatewayBuilder {
    let mut gateway = VirtualGateway::builder(name).listener_with(listener(PORT, draw));
    let second = draw.flip();
    if second {
        gateway = gateway.listener_with(listener(OTHER_PORT, draw));
    }
    if draw.flip() {
        gateway = gateway.client_policy(tls::policy(draw));
    }
    if draw.flip() {
        gateway = gateway.access_log(node::access_log(draw));
    }
    for n in 0..draw.below(4) {
        let name = format!("route{n}");
        gateway = match draw.below(3) {
            0 => gateway.route(http(GatewayRoute::http(name), second, draw)),
            1 => gateway.route(http(GatewayRoute::http2(name), second, draw)),
            _ => gateway.route(grpc(GatewayRoute::grpc(name), second, draw)),
        };
    }
    gateway
}

fn listener(port: i64, draw: &mut Draw) -> GatewayListenerBuilder {
    let spoken = draw.protocol();
    let mut listener = GatewayListener::builder(port, spoken);
    if draw.flip() {
        listener = listener.tls(tls::of_listener(draw));
    }
    if draw.flip() {
        listener = listener.health_check(node::health_check(port, spoken, draw));
    }
    match draw.flip() {
        true => listener.connection_pool(node::connection_pool(spoken, draw)),
        false => listener,
    }
}

fn common<K>(
    mut route: GatewayRouteBuilder<K>,
    second: bool,
    draw: &mut Draw,
) -> GatewayRouteBuilder<K> {
    if draw.flip() {
        route = route.priority(draw.number(0, 1000));
    }
    if draw.flip() {
        route = route.port(route::entered(draw, second));
    }
    route = match draw.below(3) {
        0 => route,
        1 => route.hostname(draw.name("shop")),
        _ => route.hostname_suffix(draw.name(".shop")),
    };
    if draw.flip() {
        route = route.default_target_hostname(draw.flip());
    }
    let service = draw.pick(&SERVICES);
    match draw.flip() {
        true => route.to(service),
        false => route.to_port(service, PORT),
    }
}

fn http(route: GatewayRouteBuilder, second: bool, draw: &mut Draw) -> GatewayRouteBuilder {
    let mut route = common(route, second, draw);
    route = match draw.below(4) {
        0 => route,
        1 => route.prefix(draw.text("/")),
        2 => route.exact(draw.text("/")),
        _ => route.regex("/a.*"),
    };
    if draw.flip() {
        route = route.method(&http::Method::OPTIONS);
    }
    if draw.flip() {
        route = route
            .header("x-a", route::matcher(draw))
            .header_absent("x-b");
    }
    if draw.flip() {
        route = route.query("k", draw.text("")).query_present("l");
    }
    match draw.below(4) {
        0 => route,
        1 => route.default_prefix(draw.flip()),
        2 => route.rewrite_prefix(format!("{}/", draw.text("/"))),
        _ => route.rewrite_path(draw.text("/")),
    }
}

fn grpc(
    route: GatewayRouteBuilder<ForGrpc>,
    second: bool,
    draw: &mut Draw,
) -> GatewayRouteBuilder<ForGrpc> {
    let mut route = common(route, second, draw);
    if draw.flip() {
        route = route.service("shop.Orders");
    }
    match draw.flip() {
        true => route
            .metadata("x-a", route::matcher(draw))
            .metadata_present("x-b"),
        false => route,
    }
}
