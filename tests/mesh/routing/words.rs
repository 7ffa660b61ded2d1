//! What meshes and requests are made of: so few words that conditions overlap and requests meet them.

/// Ports of routers and nodes.
pub(super) const PORTS: [u16; 3] = [80, 8080, 9090];

/// Virtual services; the letters of hosts have no case.
pub(super) const SERVICES: [&str; 6] = [
    "a.local",
    "b.default.svc.cluster.local",
    "C.Local",
    "d",
    "a.local.d",
    "1.2.3.4",
];

/// Hosts that a gateway is called by, and ends of hosts.
pub(super) const HOSTS: [&str; 4] = [
    "shop.example",
    "a.shop.example",
    "Other.example",
    "x.a.shop.example",
];
pub(super) const SUFFIXES: [&str; 4] = [".shop.example", ".Example", ".local", ".a.shop.example"];

/// What a gateway makes of a prefix or of a path; what is not in normal form is brought into it afterwards.
pub(super) const NEW_PREFIXES: [&str; 6] = ["/", "/a/", "/v2/", "/a//b/", "/x/../b/", "/%41/"];
pub(super) const NEW_PATHS: [&str; 8] = [
    "/",
    "/a",
    "/a/b",
    "/a/b?k=1",
    "/x/../b",
    "/%41",
    r"/\1",
    "/caf%C3%A9",
];

/// Paths in conditions. Those that are not in normal form themselves can never hold, and must not in either.
pub(super) const PATHS: [&str; 22] = [
    "/",
    "/",
    "/",
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/",
    "/ab",
    "/A",
    "/a/b/c",
    "/b",
    "/a%2Fb",
    "/a%2fb",
    "/%41",
    "/a//b",
    "/a/../b",
    "/.a",
    "/a.",
    "/a?k=1",
    "/caf%C3%A9",
    "/shop.Orders/Place",
];

/// Expressions for paths, each with what it may meet.
pub(super) const PATH_PATTERNS: [(&str, [&str; 3]); 12] = [
    ("/a.*", ["/a", "/a/b/c", "/b/a"]),
    ("/a/[0-9]+", ["/a/1", "/a/12", "/a/1/"]),
    ("/(a|ab)", ["/a", "/ab", "/abc"]),
    (".*b", ["/b", "/a/b", "/b/"]),
    ("/a/?", ["/a", "/a/", "/a/b"]),
    ("/[^/]+/b", ["/a/b", "/a/a/b", "//b"]),
    ("(?i)/a", ["/a", "/A", "/B"]),
    ("/a/b$", ["/a/b", "/a/b/", "/a/b?k"]),
    ("^/ab?c*", ["/a", "/abcc", "/xabcc"]),
    (r"/\w+", ["/ab", "/a-b", "/%41"]),
    ("/caf.{6}", ["/caf%C3%A9", "/café", "/caf"]),
    (r"/a\.b|/b", ["/a.b", "/a%2Eb", "/a/b"]),
];

/// Headers that are lines of their own, and some that are one value however many lines they have.
pub(super) const HEADERS: [&str; 42] = [
    "x-a",
    "x-a",
    "x-a",
    "x-b",
    "x-b",
    "X-Canary",
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "cookie",
    "dnt",
    "forwarded",
    "from",
    "grpc-accept-encoding",
    "grpc-timeout",
    "if-none-match",
    "origin",
    "pragma",
    "range",
    "referer",
    "traceparent",
    "user-agent",
    "via",
    "x-amzn-trace-id",
    "x-client-trace-id",
    "x-envoy-downstream-service-cluster",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
    "connection",
    "expect",
    "te",
    "x-envoy-internal",
    "x-envoy-original-path",
    "x-envoy-retry-on",
    "x-forwarded-proto",
    "x-request-id",
];

/// Names in conditions that are parts of the request line.
pub(super) const PSEUDO: [&str; 5] = [":authority", "host", ":method", ":path", ":scheme"];

/// Values of headers, in conditions and in requests.
pub(super) const VALUES: [&str; 14] = [
    "1", "2", "beta", "Beta", "b", "beta-2", "1,2", "2,1", "100", "149", "150", "-5", "0125", "é",
];

/// Values that only requests have.
pub(super) const ODD_VALUES: [&str; 14] = [
    "",
    " ",
    " 125",
    "125 ",
    "+125",
    "--5",
    "125.0",
    "1e2",
    "0x7d",
    "9223372036854775807",
    "9223372036854775808",
    "1, 2",
    "-9223372036854775808",
    "beta\t",
];

/// Expressions for headers.
pub(super) const VALUE_PATTERNS: [&str; 9] = [
    "beta|b.*",
    "[0-9]+",
    ".*",
    ".+",
    r"\d{3}",
    "(?i)beta",
    "..",
    "1,.*|.*,1",
    "[^b].*",
];

/// Ranges of integers.
pub(super) const RANGES: [(i64, i64); 5] = [
    (100, 150),
    (-10, 2),
    (1, 2),
    (i64::MIN, i64::MAX),
    (125, 126),
];

/// Query parameters and their values.
pub(super) const KEYS: [&str; 5] = ["a", "k", "K", "a b", "%6B"];
pub(super) const QUERY_VALUES: [&str; 6] = ["1", "2", "", "a%20b", "v=v", "a b"];

/// gRPC services, whose paths others may ask for too.
pub(super) const CALLS: [(&str, &str); 4] = [
    ("shop.Orders", "Place"),
    ("shop.Orders", "List"),
    ("a", "b"),
    ("ab", "c"),
];

pub(super) const CONTENT_TYPES: [&str; 8] = [
    "application/grpc",
    "application/grpc",
    "application/grpc+proto",
    "application/grpc;charset=utf-8",
    "application/grpc-web",
    "application/grpcx",
    "application/GRPC",
    "application/json",
];
