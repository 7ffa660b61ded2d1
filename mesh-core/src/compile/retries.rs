//! Retry policies as they were written.

use crate::{
    config::{GrpcRetryEvent, HttpRetryEvent, RetryPolicy, TcpRetryEvent},
    retry,
};

pub(super) fn policy(written: &RetryPolicy) -> retry::Policy {
    let http = written.http_events.iter().map(|event| match event {
        HttpRetryEvent::ServerError => retry::Event::ServerError,
        HttpRetryEvent::GatewayError => retry::Event::GatewayError,
        HttpRetryEvent::ClientError => retry::Event::ClientError,
        HttpRetryEvent::StreamError => retry::Event::StreamError,
    });
    let tcp = written.tcp_events.iter().map(|event| match event {
        TcpRetryEvent::ConnectionError => retry::Event::ConnectionError,
    });
    let grpc = written.grpc_events.iter().map(|event| match event {
        GrpcRetryEvent::Cancelled => retry::Event::Cancelled,
        GrpcRetryEvent::DeadlineExceeded => retry::Event::DeadlineExceeded,
        GrpcRetryEvent::Internal => retry::Event::Internal,
        GrpcRetryEvent::ResourceExhausted => retry::Event::ResourceExhausted,
        GrpcRetryEvent::Unavailable => retry::Event::Unavailable,
    });
    retry::Policy::on_events(written.max_retries, http.chain(tcp).chain(grpc))
}
