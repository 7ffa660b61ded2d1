//! The trace header through the public API: what comes in, what goes on, what goes back.

use mesh_xray::{Decision, HeaderBuffer, InvalidId, SegmentId, Trace, TraceHeader, TraceId};
use proptest::prelude::*;

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT: &str = "53995c3f42cd8ad8";
const NEW: &str = "1-6a000000-0123456789abcdef01234567";
const ATTEMPT: &str = "00f067aa0ba902b7";

/// One inbound value and everything that follows from it. `R`, `P`, `N` and `S` stand for the four ids above.
struct Vector {
    inbound: &'static str,
    trace: &'static str,
    parent: &'static str,
    decision: Decision,
    sampled: &'static str,
    not_sampled: &'static str,
    passthrough: &'static str,
}

#[rustfmt::skip]
const VECTORS: &[Vector] = &[
    Vector { inbound: "",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Root=R",
        trace: "R", parent: "-", decision: Decision::Undecided,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Sampled=0", passthrough: "Root=R" },
    Vector { inbound: "Root=R;Sampled=1",
        trace: "R", parent: "-", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Sampled=0", passthrough: "Root=R;Sampled=1" },
    Vector { inbound: "Root=R;Parent=P;Sampled=1",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=1" },
    Vector { inbound: "Root=R;Parent=P;Sampled=0",
        trace: "R", parent: "P", decision: Decision::NotSampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=0" },
    Vector { inbound: "Root=R;Parent=P;Sampled=?",
        trace: "R", parent: "P", decision: Decision::Requested,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=?" },
    Vector { inbound: "Root=R;Parent=P",
        trace: "R", parent: "P", decision: Decision::Undecided,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P" },
    Vector { inbound: "Root=R; Parent=P ; Sampled=1",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=1" },
    Vector { inbound: "root=R;PARENT=P;sampled=1",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "root=R;PARENT=P;sampled=1" },
    Vector { inbound: "Root=1-5759E988-BD862E3FE1BE46A994272793;Parent=53995C3F42CD8AD8;Sampled=1",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=1-5759E988-BD862E3FE1BE46A994272793;Parent=53995C3F42CD8AD8;Sampled=1" },
    Vector { inbound: "Sampled=1;Parent=P;Root=R",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Sampled=1;Parent=P;Root=R" },
    Vector { inbound: ";Root=R;;Parent=P;Sampled=1;",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=1" },
    Vector { inbound: "Root=R;Parent=P;Sampled=1;Foo",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=1" },
    Vector { inbound: "Root=R;Parent=P;Sampled=1;Foo=a=b",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1;Foo=a=b", not_sampled: "Root=R;Parent=P;Sampled=0;Foo=a=b",
        passthrough: "Root=R;Parent=P;Sampled=1;Foo=a=b" },
    Vector { inbound: "Root=R;Parent=P;Sampled=1;Lineage=1:a87bd80c:2",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1;Lineage=1:a87bd80c:2",
        not_sampled: "Root=R;Parent=P;Sampled=0;Lineage=1:a87bd80c:2",
        passthrough: "Root=R;Parent=P;Sampled=1;Lineage=1:a87bd80c:2" },
    Vector { inbound: "Self=1-67891234-12456789abcdef012345678;Root=R;CalledFrom=app",
        trace: "R", parent: "-", decision: Decision::Undecided,
        sampled: "Root=R;Parent=S;Sampled=1;CalledFrom=app", not_sampled: "Root=R;Sampled=0;CalledFrom=app",
        passthrough: "Root=R;CalledFrom=app" },
    Vector { inbound: "Root=R;Parent=P;Sampled=0;Sampled=1",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=0;Sampled=1" },
    Vector { inbound: "Root=R;Parent=P;Sampled=true",
        trace: "R", parent: "P", decision: Decision::Undecided,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=R;Parent=P;Sampled=true" },
    Vector { inbound: "Root=R;Parent=xyz;Sampled=1",
        trace: "R", parent: "-", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Sampled=0",
        passthrough: "Root=R;Parent=xyz;Sampled=1" },
    Vector { inbound: "Root=R;Parent=0000000000000000;Sampled=1",
        trace: "R", parent: "-", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Sampled=0",
        passthrough: "Root=R;Parent=0000000000000000;Sampled=1" },
    Vector { inbound: "Root=1-xyz;Parent=P;Sampled=1",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Root=2-5759e988-bd862e3fe1be46a994272793",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Root=1-00000000-000000000000000000000000;Parent=P;Sampled=0",
        trace: "N", parent: "-", decision: Decision::NotSampled,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N;Sampled=0" },
    Vector { inbound: "Root=5759e988bd862e3fe1be46a994272793;Parent=P;Sampled=1",
        trace: "R", parent: "P", decision: Decision::Sampled,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Parent=P;Sampled=0",
        passthrough: "Root=5759e988bd862e3fe1be46a994272793;Parent=P;Sampled=1" },
    Vector { inbound: "garbage",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "\"Root=R\"",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Root=R,Sampled=1",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Parent=P",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Sampled=0",
        trace: "N", parent: "-", decision: Decision::NotSampled,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N;Sampled=0" },
    Vector { inbound: "Sampled=1",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1", not_sampled: "Root=N;Sampled=0", passthrough: "Root=N" },
    Vector { inbound: "Root=R;Lineage=1:a87bd80c:2;Lineage=no lineage",
        trace: "R", parent: "-", decision: Decision::Undecided,
        sampled: "Root=R;Parent=S;Sampled=1", not_sampled: "Root=R;Sampled=0",
        passthrough: "Root=R;Lineage=1:a87bd80c:2;Lineage=no lineage" },
    Vector { inbound: "Sampled=1;Lineage=1:a87bd80c:2;Foo=a",
        trace: "N", parent: "-", decision: Decision::Undecided,
        sampled: "Root=N;Parent=S;Sampled=1;Lineage=1:a87bd80c:2;Foo=a",
        not_sampled: "Root=N;Sampled=0;Lineage=1:a87bd80c:2;Foo=a",
        passthrough: "Root=N;Lineage=1:a87bd80c:2;Foo=a" },
];

#[test]
fn every_inbound_header_leads_to_one_trace_parent_and_decision() {
    for vector in VECTORS {
        let trace = trace_of(vector.inbound);
        let parent = trace
            .parent()
            .map_or_else(|| "-".to_owned(), |parent| parent.to_string());
        assert_eq!(
            trace.id().to_string(),
            ids(vector.trace),
            "trace of {:?}",
            vector.inbound
        );
        assert_eq!(parent, ids(vector.parent), "parent of {:?}", vector.inbound);
        assert_eq!(
            trace.decision(),
            vector.decision,
            "decision of {:?}",
            vector.inbound
        );
    }
}

#[test]
fn only_an_open_decision_is_asked_for() {
    for vector in VECTORS {
        let trace = trace_of(vector.inbound);
        let forced = match vector.decision {
            Decision::Sampled => Some(true),
            Decision::NotSampled => Some(false),
            _ => None,
        };
        for answer in [true, false] {
            let mut asked = false;
            let decided = trace.decide(|| {
                asked = true;
                answer
            });
            assert_eq!(decided, forced.unwrap_or(answer), "{:?}", vector.inbound);
            assert_eq!(asked, forced.is_none(), "{:?}", vector.inbound);
        }
    }
}

#[test]
fn recorded_attempt_is_the_parent_upstream() -> Result<(), InvalidId> {
    let attempt = ATTEMPT.parse()?;
    for vector in VECTORS {
        let sent = trace_of(vector.inbound).upstream_sampled(attempt);
        assert_eq!(
            sent.to_string(),
            ids(vector.sampled),
            "after {:?}",
            vector.inbound
        );
    }
    Ok(())
}

#[test]
fn unrecorded_request_keeps_its_trace_and_parent_upstream() {
    for vector in VECTORS {
        let sent = trace_of(vector.inbound).upstream_not_sampled();
        assert_eq!(
            sent.to_string(),
            ids(vector.not_sampled),
            "after {:?}",
            vector.inbound
        );
    }
}

#[test]
fn passthrough_changes_nothing_but_the_load_balancers_own_field() {
    for vector in VECTORS {
        let sent = trace_of(vector.inbound).upstream_passthrough();
        assert_eq!(
            sent.to_string(),
            ids(vector.passthrough),
            "after {:?}",
            vector.inbound
        );
    }
}

#[test]
fn only_a_caller_that_asked_is_told_the_decision() {
    for vector in VECTORS {
        let trace = trace_of(vector.inbound);
        let asked = vector.inbound.contains("Sampled=?");
        for (sampled, digit) in [(true, 1), (false, 0)] {
            let want = asked.then(|| ids(&format!("Root=R;Sampled={digit}")));
            let got = trace.response(sampled).map(|answer| answer.to_string());
            assert_eq!(got, want, "sampled {sampled}, after {:?}", vector.inbound);
        }
    }
    assert_eq!(
        trace_of("Root=R;Sampled=1").response_root().to_string(),
        ids("Root=R")
    );
}

#[test]
fn w3c_spelling_of_a_root_is_sent_on_in_the_x_ray_spelling() {
    let inbound = b"Root=4bf92f3577b34da6a3ce929d0e0e4736;Parent=53995c3f42cd8ad8;Sampled=1";
    let trace = TraceHeader::parse(inbound).into_trace(new_id);
    assert_eq!(
        trace.id().to_string(),
        "1-4bf92f35-77b34da6a3ce929d0e0e4736"
    );
    assert!(
        trace
            .upstream_not_sampled()
            .as_bytes()
            .starts_with(b"Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;")
    );
}

#[test]
fn a_trace_started_here_sends_its_root_alone() {
    assert_eq!(
        Trace::new(new_id()).upstream_passthrough().to_string(),
        ids("Root=N")
    );
    assert_eq!(
        Trace::new(new_id()),
        TraceHeader::default().into_trace(new_id)
    );
}

#[test]
fn a_request_with_a_trace_draws_no_new_id() {
    let header = TraceHeader::parse(ids("Root=R").as_bytes());
    let trace = header.into_trace(|| panic!("a new id was asked for"));
    assert_eq!(trace.id().to_string(), ROOT);
}

#[test]
fn only_what_cannot_be_read_counts_as_malformed() {
    let cases = [
        ("", false),
        (";;", false),
        ("Root=R; parent=P;Sampled=?;", false),
        ("Sampled=0", false),
        ("Self=anything;Root=R;Foo=;Bar=a=b", false),
        (
            "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
            false,
        ),
        ("Root=R;Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2", false),
        ("garbage", true),
        ("Root=R;Foo", true),
        ("Root=R;a b=c", true),
        ("Root=R;Foo=\u{e9}", true),
        ("Root=1-xyz", true),
        ("Root=R;Parent=xyz", true),
        ("Root=R;Sampled=true", true),
        ("Root=R;Sampled=", true),
        ("Root=R;Lineage=", true),
        ("Root=R;Lineage=no lineage", true),
    ];
    for (inbound, want) in cases {
        assert_eq!(
            TraceHeader::parse(ids(inbound).as_bytes()).malformed(),
            want,
            "{inbound:?}"
        );
    }
}

#[test]
fn a_bad_field_does_not_cost_the_others() {
    let header = TraceHeader::parse(ids("Root=R;Foo=\u{e9};Bar=1;\u{1};Parent=P").as_bytes());
    assert_eq!(
        header.root().map(|id| id.to_string()).as_deref(),
        Some(ROOT)
    );
    assert_eq!(
        header.parent().map(|id| id.to_string()).as_deref(),
        Some(PARENT)
    );
    assert_eq!(header.foreign().collect::<Vec<_>>(), [("Bar", "1")]);
}

#[test]
fn a_value_over_one_kibibyte_is_not_read() {
    for (length, want) in [(1024, true), (1025, false)] {
        let mut inbound = ids("Root=R;Foo=");
        inbound.extend(std::iter::repeat_n('x', length - inbound.len()));
        let header = TraceHeader::parse(inbound.as_bytes());
        assert_eq!(
            (header.root().is_some(), header.malformed()),
            (want, !want),
            "{length} bytes"
        );
    }
}

#[test]
fn lineage_is_sent_on_up_to_64_bytes() {
    for (length, want) in [(1, true), (64, true), (65, false)] {
        let inbound = ids(&format!("Root=R;Lineage={}", "a".repeat(length)));
        let header = TraceHeader::parse(inbound.as_bytes());
        assert_eq!(
            (header.lineage().is_some(), header.malformed()),
            (want, !want),
            "{length} bytes"
        );
    }
}

#[test]
fn first_line_with_a_trace_counts() {
    let cases: [(&[&str], &str, Decision, bool); 7] = [
        (&[], "N", Decision::Undecided, false),
        (&["Root=R", "Root=N"], "R", Decision::Undecided, false),
        (&["Root=R", "garbage"], "R", Decision::Undecided, false),
        (
            &["garbage", "Root=R;Sampled=1"],
            "R",
            Decision::Sampled,
            true,
        ),
        (&["Sampled=0", "Root=R"], "R", Decision::Undecided, false),
        (&["Sampled=0", "garbage"], "N", Decision::NotSampled, true),
        (
            &["garbage", "Sampled=0", "garbage"],
            "N",
            Decision::Undecided,
            true,
        ),
    ];
    for (lines, root, decision, malformed) in cases {
        let values: Vec<_> = lines.iter().map(|line| ids(line)).collect();
        let header = TraceHeader::from_lines(values.iter().map(String::as_bytes));
        assert_eq!(header.malformed(), malformed, "{lines:?}");
        let trace = header.into_trace(new_id);
        assert_eq!(
            (trace.id().to_string(), trace.decision()),
            (ids(root), decision),
            "{lines:?}"
        );
    }
}

#[test]
fn too_long_a_header_loses_foreign_fields_from_the_end() {
    let (first, second) = ("x".repeat(60), "y".repeat(60));
    let inbound = ids(&format!(
        "Foo={first};Bar={second};Baz={first};Qux=1;Root=R;Parent=P;Sampled=0;Lineage=1:a87bd80c:2"
    ));
    let want = ids(&format!(
        "Root=R;Parent=P;Sampled=0;Lineage=1:a87bd80c:2;Foo={first};Bar={second}"
    ));
    let trace = TraceHeader::parse(inbound.as_bytes()).into_trace(new_id);
    assert_eq!(trace.upstream_not_sampled().to_string(), want);
    assert_eq!(trace.upstream_passthrough().to_string(), want);
}

proptest! {
    #[test]
    fn ids_survive_the_round_trip(root: [u8; 16], parent: [u8; 8], decision in 0..4_usize) {
        let (Some(root), Some(parent)) = (TraceId::from_bytes(root), SegmentId::from_bytes(parent)) else {
            return Ok(());
        };
        let sampled = ["", ";Sampled=1", ";Sampled=0", ";Sampled=?"][decision];
        let text = format!("Root={root};Parent={parent}{sampled}");
        let header = TraceHeader::parse(text.as_bytes());
        prop_assert_eq!(header.root(), Some(root));
        prop_assert_eq!(header.parent(), Some(parent));
        prop_assert!(!header.malformed());
        prop_assert_eq!(header.into_trace(new_id).upstream_passthrough().to_string(), text);
    }

    #[test]
    fn foreign_fields_keep_their_order(fields in prop::collection::vec(("[A-Z][a-z]{0,3}x", "[ -:<-~]{0,9}[!-:<-~]"), 0..8)) {
        let mut inbound = ids("Root=R");
        for (name, value) in &fields {
            inbound.push_str(&format!("; {name}={value} "));
        }
        let header = TraceHeader::parse(inbound.as_bytes());
        let want: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        prop_assert_eq!(header.foreign().collect::<Vec<_>>(), want);
    }

    #[test]
    fn any_bytes_lead_to_a_valid_header(inbound in prop::collection::vec(any::<u8>(), 0..1100)) {
        check_everything_sent(&inbound)?;
    }

    #[test]
    fn any_mix_of_fields_leads_to_a_valid_header(fields in prop::collection::vec(field(), 0..24)) {
        check_everything_sent(&fields.concat())?;
    }
}

/// Fields good, bad and broken, so that random headers reach past the first check.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "Root=R;",
        "root=R ;",
        "Root=N;",
        "Root=1-xyz;",
        "Root=R",
        "Parent=P;",
        " PARENT=S;",
        "Parent=0000000000000000;",
        "Sampled=1;",
        "sampled=0;",
        "Sampled=?;",
        "Sampled=yes;",
        "Lineage=1:a87bd80c:2;",
        "Lineage= ;",
        "Self=1-2-3;",
        ";",
        "=;",
        "\t",
        "Foo;",
        "Foo=a=b;",
        "Parent=\u{e9};",
        "Root=\r\n;",
    ]);
    prop_oneof![
        4 => known.prop_map(|field| ids(field).into_bytes()),
        1 => "[A-Za-z]{1,40}=[ -~]{0,80};".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn check_everything_sent(inbound: &[u8]) -> Result<(), TestCaseError> {
    let trace = TraceHeader::parse(inbound).into_trace(new_id);
    let attempt = SegmentId::generate(|| 7);

    let sampled = resent(&trace.upstream_sampled(attempt))?;
    prop_assert_eq!(
        (sampled.parent(), sampled.sampled()),
        (Some(attempt), Decision::Sampled)
    );
    let not_sampled = resent(&trace.upstream_not_sampled())?;
    prop_assert_eq!(
        (not_sampled.parent(), not_sampled.sampled()),
        (trace.parent(), Decision::NotSampled)
    );
    let passthrough = resent(&trace.upstream_passthrough())?;
    prop_assert_eq!(
        (passthrough.parent(), passthrough.sampled()),
        (trace.parent(), trace.decision())
    );

    for header in [sampled, not_sampled, passthrough] {
        prop_assert_eq!(header.root(), Some(trace.id()));
        prop_assert_eq!(header.lineage(), trace.header().lineage());
        prop_assert!(
            header
                .foreign()
                .zip(trace.header().foreign())
                .all(|(sent, came)| sent == came)
        );
    }
    Ok(())
}

/// Reads a sent value back after checking its form.
fn resent(sent: &HeaderBuffer) -> Result<TraceHeader, TestCaseError> {
    let value = sent.as_bytes();
    prop_assert!(
        value.len() <= HeaderBuffer::MAX_LEN,
        "{} bytes",
        value.len()
    );
    prop_assert!(
        value.iter().all(|byte| (b' '..=b'~').contains(byte)),
        "{sent}"
    );
    for field in value.split(|&byte| byte == b';') {
        prop_assert!(
            field.contains(&b'=') && field.trim_ascii() == field,
            "{sent}"
        );
        prop_assert!(!field.to_ascii_lowercase().starts_with(b"self="), "{sent}");
    }
    Ok(TraceHeader::parse(value))
}

fn trace_of(inbound: &str) -> Trace {
    TraceHeader::parse(ids(inbound).as_bytes()).into_trace(new_id)
}

fn new_id() -> TraceId {
    NEW.parse().unwrap()
}

/// Writes the four ids out where `template` has their letters as a value of their own.
fn ids(template: &str) -> String {
    let mut text = template.to_owned();
    for (letter, id) in [("R", ROOT), ("P", PARENT), ("N", NEW), ("S", ATTEMPT)] {
        if template == letter {
            return id.to_owned();
        }
        for name in ["oot=", "arent=", "ARENT="] {
            text = text.replace(&format!("{name}{letter}"), &format!("{name}{id}"));
        }
    }
    text
}
