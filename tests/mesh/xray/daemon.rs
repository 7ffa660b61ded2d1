//! In place of the X-Ray daemon: a socket, and the rules that documents have to keep.

use std::{collections::BTreeSet, io, net::UdpSocket};

use serde_json::Value;

/// Hears what meshes send on this machine. A datagram that was sent over loopback is there: nothing is waited for.
pub(super) struct Daemon(UdpSocket);

impl Daemon {
    pub(super) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback can be bound");
        socket
            .set_nonblocking(true)
            .expect("a socket takes options");
        Self(socket)
    }

    pub(super) fn addr(&self) -> String {
        self.0.local_addr().expect("it is bound").to_string()
    }

    /// The documents that have come since they were asked for the last time.
    pub(super) fn documents(&self) -> Vec<Value> {
        let (mut documents, mut datagram) = (Vec::new(), vec![0; 65_536]);
        loop {
            match self.0.recv(&mut datagram) {
                Ok(length) => documents.push(document(&datagram[..length])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        let mut ids = BTreeSet::new();
        for document in &documents {
            keeps_the_rules(document, document, &mut ids);
        }
        documents
    }
}

/// # Source
/// The daemon's own reader: a header line, then one document.
fn document(datagram: &[u8]) -> Value {
    let text = std::str::from_utf8(datagram).expect("text");
    let (header, document) = text.split_once('\n').expect("a header line");
    assert_eq!(header, r#"{"format":"json","version":1}"#);
    serde_json::from_str(document).expect("JSON")
}

/// What X-Ray asks of a segment, and of each subsegment in it.
fn keeps_the_rules(part: &Value, document: &Value, ids: &mut BTreeSet<String>) {
    let text = |key: &str| part[key].as_str();
    let id = text("id").expect("an id");
    assert!(is_id(id) && ids.insert(id.to_owned()), "{document:#}");
    let name = text("name").expect("a name");
    let allowed = |letter: char| letter.is_alphanumeric() || " _.:/%&#=+\\-@".contains(letter);
    assert!(
        (1..=200).contains(&name.len()) && name.chars().all(allowed),
        "{name}"
    );
    let time = |key: &str| part[key].as_f64();
    let (start, end) = (
        time("start_time").expect("a start"),
        time("end_time").expect("an end"),
    );
    assert!(start > 1e9 && end >= start, "{document:#}");
    for flag in ["fault", "error", "throttle"] {
        assert!(
            [Value::Null, Value::Bool(true)].contains(&part[flag]),
            "{document:#}"
        );
    }
    if part["throttle"] == true {
        assert_eq!(part["error"], true, "{document:#}");
    }
    for key in ["parent_id", "trace_id"] {
        let fits = if key == "trace_id" {
            is_trace_id
        } else {
            is_id
        };
        assert!(text(key).is_none_or(fits), "{document:#}");
    }
    let alone = part == document;
    assert_eq!(text("trace_id").is_some(), alone, "{document:#}");
    for exception in part["cause"]["exceptions"].as_array().into_iter().flatten() {
        let id = exception["id"].as_str().expect("an id");
        assert!(is_id(id) && ids.insert(id.to_owned()), "{document:#}");
    }
    for inner in subsegments(part) {
        keeps_the_rules(inner, document, ids);
    }
}

/// What a segment holds; nothing where it has none.
pub(super) fn subsegments(segment: &Value) -> &[Value] {
    segment["subsegments"].as_array().map_or(&[], Vec::as_slice)
}

/// `fault`, `error` and `throttle`, as far as they are set.
pub(super) fn flags(part: &Value) -> String {
    let set = ["fault", "error", "throttle"]
        .into_iter()
        .filter(|flag| part[*flag] == true);
    set.collect::<Vec<_>>().join(" ")
}

fn is_id(id: &str) -> bool {
    id.len() == 16 && id.chars().all(is_hex)
}

fn is_trace_id(id: &str) -> bool {
    let parts: Vec<_> = id.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    lengths == [1, 8, 24] && parts[0] == "1" && parts[1..].concat().chars().all(is_hex)
}

fn is_hex(digit: char) -> bool {
    matches!(digit, '0'..='9' | 'a'..='f')
}
