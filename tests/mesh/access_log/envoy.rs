//! The same endings through a real Envoy: its log has the same codes and flags.

use std::{net::SocketAddr, path::Path, time::Duration};

use mesh_core::unit::Protocol::Http;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use super::shop::Shop;
use crate::{
    envoy::{self, Envoy},
    support::{Peer, text},
};

/// Host, path, for how long the caller waits at most, and what both logs say.
type Row = (&'static str, &'static str, Duration, &'static str);

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(200);

const ROWS: [Row; 7] = [
    ("orders.local", "/hello", LONG, "200 -"),
    ("nowhere.local", "/", LONG, "404 NR"),
    ("none.local", "/", LONG, "503 UH"),
    ("gone.local", "/", LONG, "503 UF"),
    ("gone.local", "/again", LONG, "503 URX,UF"),
    ("orders.local", "/limited/never", LONG, "504 UT"),
    ("orders.local", "/never", SHORT, "0 DC"),
];

#[tokio::test]
async fn envoy_logs_the_same_codes_and_flags() {
    if !envoy::is_here() {
        return;
    }
    let orders = Peer::start(|request| async move {
        if request.uri().path().ends_with("never") {
            std::future::pending::<()>().await;
        }
        text("hello")
    })
    .await;
    let (envoy, shop) = (start(orders.addr).await, Shop::open(Http).await);
    for (number, (host, path, patience, expected)) in ROWS.into_iter().enumerate() {
        // An error says that the patience was over, and with it the request.
        let _ = time::timeout(patience, ask(envoy.addr, host, path)).await;
        let theirs = envoy.lines(number + 1).await.pop().expect("a line");
        let _ = time::timeout(patience, shop.ask(&format!("http://{host}{path}"))).await;
        let ours = shop.lines().await.0;
        assert_eq!(ours.len(), 1, "{host}{path}");
        assert_eq!(code_and_flags(&theirs), expected, "{theirs}");
        assert_eq!(code_and_flags(&ours[0]), expected, "{}", ours[0]);
    }
}

/// As in `503 URX,UF`.
fn code_and_flags(line: &str) -> String {
    let told = line.split('"').nth(2).unwrap_or_default();
    told.split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}

/// An Envoy with the listener that App Mesh gave a node for what it calls.
async fn start(orders: SocketAddr) -> Envoy {
    let config = |addr: SocketAddr, log: &Path| {
        CONFIG
            .replace("LISTENER", &addr.port().to_string())
            .replace("ORDERS", &orders.port().to_string())
            .replace("GONE", &envoy::unused().port().to_string())
            .replace("LOG", &log.display().to_string())
    };
    Envoy::start("codes", config).await
}

async fn ask(envoy: SocketAddr, host: &str, path: &str) {
    let mut caller = TcpStream::connect(envoy).await.expect("connected");
    let ask = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    caller.write_all(ask.as_bytes()).await.expect("sent");
    caller
        .read_to_end(&mut Vec::new())
        .await
        .expect("an answer");
}

const CONFIG: &str = r#"
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: LISTENER } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: egress
          access_log:
          - name: file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: LOG
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: orders
              domains: [orders.local]
              routes:
              - { match: { prefix: /limited }, route: { cluster: orders, timeout: 1s } }
              - { match: { prefix: / }, route: { cluster: orders } }
            - { name: none, domains: [none.local], routes: [{ match: { prefix: / }, route: { cluster: none } }] }
            - name: gone
              domains: [gone.local]
              routes:
              - match: { prefix: /again }
                route: { cluster: gone, retry_policy: { retry_on: connect-failure, num_retries: 2 } }
              - { match: { prefix: / }, route: { cluster: gone } }
  clusters:
  - name: orders
    load_assignment:
      cluster_name: orders
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ORDERS } } } }] }]
  - name: gone
    load_assignment:
      cluster_name: gone
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: GONE } } } }] }]
  - { name: none, load_assignment: { cluster_name: none } }
"#;
