//! Every service and layer, held to the same contract: Tower's, and ours on what a request holds and until when.
//!
//! The table below is all there is to read first. A row is a subject ([`subjects`] builds it around an inside that does what
//! the test [says](script)), and makes one test of each of the [`properties`]; [`table`] says which.

mod case;
mod mock;
mod patience;
mod peer;
mod properties;
mod script;
mod subjects;
mod table;

use self::{
    subjects::{alone, clients, foreign, inbound, limited, outbound},
    table::{cells, contract},
};

contract! {
    outbound_observe: outbound::observe(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_counted;
    route: outbound::route(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "the lease goes into the connection together with the guard, which is that of Observe";
    retry: outbound::retry(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_not - "the lease goes into the connection together with the guard, which is that of Observe";
    client: clients::client(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_that_watches_its_endpoints: clients::watching(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_with_a_fault_that_delays: clients::delayed(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_in_bypass: clients::bypassing(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_in_shadow: clients::shadowing(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_to_a_host_outside: clients::to_a_host_outside(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted_but_connect - "no CONNECT is let out: only a proxy would answer it";
    client_as_proxy: clients::as_proxy(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_answered - "a sidecar answers for what it could not reach",
        tunnels: are_counted;

    inbound_stack: inbound::whole_stack(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_counted;
    inbound_stack_while_draining: inbound::whole_stack_while_draining(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_counted;
    inbound_stack_for_callers_in_a_hurry: inbound::whole_stack_for_callers_in_a_hurry(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_counted;
    inbound_stack_within_a_limit: limited::whole_stack(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_counted;
    inbound_stack_after_waiting: limited::whole_stack_after_waiting(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_counted;
    inbound_layer: inbound::layer(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "somebody else's server has the connection, and does not say when it closes";
    inbound_layer_twice: inbound::layer_twice(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "somebody else's server has the connection, and does not say when it closes";

    client_to_a_served_application: clients::to_a_served_application(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_to_a_served_application_over_http2: clients::to_a_served_application_over_http2(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_not - "an upgrade cannot be sent to an HTTP/2 endpoint, and is refused";

    retry_layer: alone::retry(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    request_timeout_layer: alone::request_timeout(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    request_timeout_layer_with_errors: alone::request_timeout_with_errors(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    weighted_split_layer: alone::weighted_split(),
        ready: is_always - "which target is asked is known only in the call",
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    limit_layer: alone::limit(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    limit_layer_with_errors: alone::limit_with_errors(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    limit_layer_of_a_listener: alone::limit_of_a_listener(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    fault_layer: alone::fault(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";
    fault_layer_that_delays: alone::fault_that_delays(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "a layer alone sees no connection, and nothing of it stays with a tunnel once its head is there";

    inbound_layer_among_tower_http: foreign::inbound_among_tower_http(),
        ready: is_of_what_is_inside,
        failure: is_passed_on,
        tunnels: are_not - "somebody else's server has the connection, and does not say when it closes";
    inbound_layer_in_axum: foreign::inbound_in_axum(),
        ready: is_of_others - "axum's router is the one that is asked, and asks in the call",
        failure: is_answered - "axum takes no service that can fail",
        tunnels: are_not - "somebody else's server has the connection, and does not say when it closes";
    inbound_layer_in_tonic: foreign::inbound_in_tonic(),
        ready: is_of_others - "the server is at the other end of a connection, and asks in the call",
        failure: is_answered - "tonic takes no service that can fail",
        tunnels: are_not - "tonic's server speaks HTTP/2 only, where no connection becomes a tunnel";
    client_in_tower_http: foreign::client_in_tower_http(),
        ready: is_always - "which endpoint to wait for is known only in the call",
        failure: is_passed_on,
        tunnels: are_counted;
    client_as_proxy_in_axum: foreign::proxy_in_axum(),
        ready: is_of_others - "axum's router is the one that is asked, and asks in the call",
        failure: is_answered - "axum takes no service that can fail",
        tunnels: are_counted;
}
