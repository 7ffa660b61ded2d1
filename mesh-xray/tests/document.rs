//! Segment documents through the public API: what X-Ray's schema asks for, whatever was put in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mesh_xray::segment::{
    Annotations, AppMesh, Aws, Cause, Flags, Http, MAX_DOCUMENT, MAX_EMBEDDED, Name, Namespace,
    Value as Annotation,
};
use mesh_xray::{Segment, SegmentId, Subsegment, TraceId};
use proptest::prelude::*;
use serde_json::Value;

const TRACE: &str = "1-6b02ee96-70221ff12b4e49848a692eb2";

#[test]
fn a_document_says_all_that_is_known_and_nothing_else() {
    let mut segment = front();
    assert_eq!(
        encoded(&segment),
        concat!(
            r#"{"id":"00000000000000f0","name":"colors/front","trace_id":"1-6b02ee96-70221ff12b4e49848a692eb2","#,
            r#""start_time":1795354262.998519,"end_time":1795354262.999690,"#,
            r#""aws":{"xray":{"sdk":"mesh-xray","sdk_version":"VERSION"}}}"#
        )
        .replace("VERSION", env!("CARGO_PKG_VERSION"))
    );

    let mut http = Http::request("GET", "http://front.local/s?token=secret");
    http.user_agent = Some("curl/8".into());
    http.forwarded_for("203.0.113.7, 10.0.0.1");
    (http.status, http.content_length, http.traced) = (Some(503), Some(7), true);
    segment.http = Some(http);
    segment.parent = Some(id(0xaa));
    segment.origin = Some("AWS::ECS::Container".into());
    segment.flags = Flags::of_status(503);
    segment.cause = Some(Cause::new(id(0xe1), "UpstreamReset", "reset after 3 bytes").remote());
    segment.annotations.set("virtual_node", "front");
    let mut aws = Aws::default();
    aws.app_mesh = Some(AppMesh::new("colors", "front"));
    aws.ecs_container = Some("ip-10-0-1-9".into());
    segment.aws = Some(aws.into());
    segment.version = Some("2.1".into());
    segment.subsegments = vec![attempt(1), attempt(2)];
    segment.subsegments[1].precursor_ids = vec![id(1)];
    assert_eq!(
        encoded(&segment),
        concat!(
            r#"{"id":"00000000000000f0","name":"colors/front","trace_id":"1-6b02ee96-70221ff12b4e49848a692eb2","#,
            r#""parent_id":"00000000000000aa","start_time":1795354262.998519,"end_time":1795354262.999690,"#,
            r#""http":{"request":{"method":"GET","url":"http://front.local/s","user_agent":"curl/8","#,
            r#""client_ip":"203.0.113.7","x_forwarded_for":true},"response":{"status":503,"content_length":7}},"#,
            r#""fault":true,"cause":{"exceptions":[{"id":"00000000000000e1","type":"UpstreamReset","#,
            r#""message":"reset after 3 bytes","remote":true}]},"annotations":{"virtual_node":"front"},"#,
            r#""origin":"AWS::ECS::Container","aws":{"xray":{"sdk":"mesh-xray","sdk_version":"VERSION"},"#,
            r#""app_mesh":{"mesh_name":"colors","virtual_node_name":"front"},"ecs":{"container":"ip-10-0-1-9"}},"#,
            r#""service":{"version":"2.1"},"subsegments":["#,
            r#"{"id":"0000000000000001","name":"colors/blue","start_time":1795354262.998800,"#,
            r#""end_time":1795354262.999500,"namespace":"remote","http":{"request":{"method":"GET","#,
            r#""url":"http://blue.local/","traced":true},"response":{"status":503}},"fault":true},"#,
            r#"{"id":"0000000000000002","name":"colors/blue","start_time":1795354262.998800,"#,
            r#""end_time":1795354262.999500,"namespace":"remote","http":{"request":{"method":"GET","#,
            r#""url":"http://blue.local/","traced":true},"response":{"status":503}},"fault":true,"#,
            r#""precursor_ids":["0000000000000001"]}]}"#
        )
        .replace("VERSION", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_call_alone_names_its_trace_and_its_segment() {
    let mut document = Vec::new();
    let segment = front();
    attempt(1).encode_alone(segment.trace_id, segment.id, segment.start, &mut document);
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["type"], "subsegment");
    assert_eq!(document["trace_id"], TRACE);
    assert_eq!(document["parent_id"], "00000000000000f0");
    check_subsegment(&document).unwrap();

    let embedded = parsed(&{
        let mut segment = front();
        segment.subsegments = vec![attempt(1)];
        segment
    });
    let embedded = embedded["subsegments"][0].as_object().unwrap();
    for (key, value) in embedded {
        assert_eq!(&document[key], value, "{key}");
    }
    assert_eq!(document.as_object().unwrap().len(), embedded.len() + 3);
}

#[test]
fn no_response_means_no_status() {
    let mut segment = front();
    segment.http = Some(Http::request("POST", "http://front.local/"));
    segment.flags = Flags::client_gone();
    let document = parsed(&segment);
    assert_eq!(document["http"].get("response"), None);
    assert_eq!(document["error"], true);
    assert_eq!(document.get("fault"), None);
}

#[test]
fn the_daemon_finds_the_documents_own_id_first() {
    let mut segment = front();
    segment.http = Some(Http::request("GET", r#"http://a/"id":"beef""#));
    segment.annotations.set("id", "annotation");
    segment.subsegments = vec![attempt(1)];
    let document = encoded(&segment);
    let (_, after) = document.split_once(r#""id":""#).unwrap();
    assert!(after.starts_with("00000000000000f0\""), "{document}");
    assert_eq!(document.matches(r#""trace_id":""#).count(), 1);
}

#[test]
fn texts_are_cut_to_what_x_ray_takes() {
    for letter in ["x", "\u{f6}", "\u{1f600}", "\"", "\0"] {
        let long = letter.repeat(2000);
        let mut segment = front();
        let mut http = Http::request(long.clone(), long.clone());
        http.user_agent = Some(long.clone().into());
        http.client_ip = Some(long.clone().into());
        segment.http = Some(http);
        segment.cause = Some(Cause::new(id(1), long.clone(), long.clone()));
        segment.annotations.set("long", long.clone());
        segment.origin = Some(long.clone().into());
        segment.version = Some(long.clone().into());
        let document = parsed(&segment);
        let request = &document["http"]["request"];
        for text in ["method", "url", "user_agent", "client_ip"].map(|key| &request[key]) {
            assert_eq!(*text, letter.repeat(250), "{letter:?}");
        }
        let exception = &document["cause"]["exceptions"][0];
        assert_eq!(exception["message"], letter.repeat(250), "{letter:?}");
        assert_eq!(exception["type"], letter.repeat(250), "{letter:?}");
        assert_eq!(
            document["annotations"]["long"],
            letter.repeat(1000),
            "{letter:?}"
        );
        assert_eq!(document["origin"], letter.repeat(250), "{letter:?}");
        assert_eq!(
            document["service"]["version"],
            letter.repeat(250),
            "{letter:?}"
        );
    }
}

#[test]
fn a_time_keeps_its_microseconds_and_ends_at_or_after_its_start() {
    let nanos = Duration::from_nanos;
    let cases = [
        (UNIX_EPOCH, Duration::ZERO, "0.000000", "0.000000"),
        (UNIX_EPOCH - nanos(1), nanos(999), "0.000000", "0.000000"),
        (
            UNIX_EPOCH + nanos(1_999_999_999),
            nanos(1),
            "1.999999",
            "2.000000",
        ),
        (
            UNIX_EPOCH + nanos(4_102_444_800_000_001_000),
            Duration::from_secs(86_400),
            "4102444800.000001",
            "4102531200.000001",
        ),
        (
            UNIX_EPOCH,
            Duration::MAX,
            "0.000000",
            "18446744073709551615.999999",
        ),
    ];
    for (start, elapsed, start_time, end_time) in cases {
        let mut segment = front();
        (segment.start, segment.elapsed) = (start, elapsed);
        let want = format!(r#","start_time":{start_time},"end_time":{end_time},"#);
        assert!(encoded(&segment).contains(&want), "{}", encoded(&segment));
    }
}

#[test]
fn the_ninth_call_gets_a_document_of_its_own() {
    let mut segment = front();
    for calls in 0..=11 {
        segment.subsegments = (1..=calls).map(attempt).collect();
        let (documents, too_large) = documents(&segment);
        let embedded = usize::try_from(calls).unwrap().min(MAX_EMBEDDED);
        let in_segment = documents[0]["subsegments"].as_array().map_or(0, Vec::len);
        assert_eq!((in_segment, too_large), (embedded, 0), "{calls} calls");
        let mut ids: Vec<_> = documents[1..]
            .iter()
            .map(|call| call["id"].clone())
            .collect();
        ids.splice(
            0..0,
            (0..embedded).map(|call| documents[0]["subsegments"][call]["id"].clone()),
        );
        let want: Vec<_> = (1..=calls)
            .map(|call| Value::from(id(call).to_string()))
            .collect();
        assert_eq!(ids, want, "{calls} calls");
    }
}

#[test]
fn calls_leave_a_segment_that_would_be_too_large() {
    let mut segment = front();
    segment.subsegments = (1..=3).map(attempt).collect();
    for call in &mut segment.subsegments {
        fill(&mut call.annotations, 25, "x");
    }
    let (documents, too_large) = documents(&segment);
    assert_eq!(too_large, 0);
    assert_eq!(documents.len(), 4);
    assert_eq!(documents[0].get("subsegments"), None);
    for call in &documents[1..] {
        assert_eq!(call["parent_id"], documents[0]["id"]);
        assert_eq!(call["trace_id"], TRACE);
    }
}

#[test]
fn what_is_too_large_even_alone_is_counted() {
    let mut segment = front();
    segment.subsegments = (1..=2).map(attempt).collect();
    fill(&mut segment.annotations, 50, "\0");
    fill(&mut segment.subsegments[1].annotations, 50, "\0");
    let (documents, too_large) = documents(&segment);
    assert_eq!(too_large, 2);
    let ids: Vec<_> = documents.iter().map(|document| &document["id"]).collect();
    assert_eq!(ids, ["0000000000000001"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_segment_becomes_documents_that_x_ray_takes(segment in any_segment()) {
        let mut buffer = b"left over from before".to_vec();
        let mut found = Vec::new();
        let mut failure = Ok(());
        let too_large = segment.documents(&mut buffer, |document| {
            failure = std::mem::replace(&mut failure, Ok(())).and_then(|()| check_document(document));
            found.extend(ids_in(document));
        });
        failure.map_err(TestCaseError::fail)?;
        if too_large == 0 {
            let want = segment.subsegments.iter().map(|call| call.id);
            let want: Vec<_> = [segment.id].into_iter().chain(want).map(|id| id.to_string()).collect();
            prop_assert_eq!(found, want);
        }
    }

    #[test]
    fn any_name_is_one_that_x_ray_takes(text in any_text()) {
        let name = Name::new(&text);
        prop_assert!(is_name(name.as_str()), "{name}");
        prop_assert_eq!(Name::new(name.as_str()), name);
    }
}

fn any_segment() -> impl Strategy<Value = Segment> {
    let process = (prop::option::of(any_text()), prop::option::of(any_text()));
    let calls = prop::collection::vec(any_call(), 0..12);
    (any_call(), process, any::<u32>(), calls).prop_map(
        |(like, (origin, version), start, calls)| {
            let start = UNIX_EPOCH + Duration::from_nanos(u64::from(start) * 999_999_937);
            let mut segment = Segment::new(like.name, like.id, trace(), start);
            segment.elapsed = like.elapsed;
            segment.http = like.http;
            segment.flags = like.flags;
            segment.cause = like.cause;
            segment.annotations = like.annotations;
            segment.origin = origin.map(Into::into);
            segment.version = version.map(Into::into);
            segment.subsegments = calls;
            segment
        },
    )
}

fn any_call() -> impl Strategy<Value = Subsegment> {
    let head = (
        any_text(),
        any::<u64>(),
        any::<Duration>(),
        any::<Duration>(),
    );
    let end = (
        any_text(),
        any_text(),
        prop::option::of(any::<u16>()),
        any::<i32>(),
    );
    let annotations = prop::collection::vec((any_text(), any::<i64>()), 0..16);
    (head, end, annotations).prop_map(|((name, number, start, elapsed), end, annotations)| {
        let (first, second, status, code) = end;
        let mut call = Subsegment::new(Name::new(&name), id(number), start);
        call.elapsed = elapsed;
        call.namespace = status.map(|_| Namespace::Remote);
        call.flags = Flags::of_grpc(code);
        call.cause = status.map(|_| Cause::new(id(number), first.clone(), second.clone()));
        let mut http = Http::request(first, second.clone());
        http.forwarded_for(&second);
        (http.status, http.user_agent, http.traced) = (status, Some(second.into()), true);
        call.http = Some(http);
        for (text, number) in annotations {
            let value = if number < 0 {
                number.into()
            } else {
                Annotation::from(text.clone())
            };
            call.annotations.set(text, value);
        }
        call
    })
}

/// Characters of every kind, those that JSON escapes among them; at times far too many.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec!['"', '\\', '\0', '\n', '\u{1f}', ' ', 'x']);
    let letters = prop::collection::vec(prop_oneof![any::<char>(), special], 0..24);
    let times = prop_oneof![3 => Just(1), 1 => Just(100)];
    (letters, times).prop_map(|(letters, times)| letters.iter().collect::<String>().repeat(times))
}

/// The rules of the published schema, as far as they can be broken: types, lengths, characters, what must be there.
fn check_document(document: &[u8]) -> Result<(), String> {
    ensure(document.len() <= MAX_DOCUMENT, "length")?;
    ensure(!document.contains(&b'\n'), "a line end")?;
    let document = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    check_subsegment(&document)?;
    ensure(is_trace(&document["trace_id"]), "trace_id")?;
    if document.get("type").is_none() {
        ensure(document["name"].as_str().is_some_and(is_name), "name")?;
        ensure(document["aws"]["xray"]["sdk"] == "mesh-xray", "sdk")?;
    }
    Ok(())
}

fn check_subsegment(call: &Value) -> Result<(), String> {
    let at_most = |value: &Value, limit| {
        value
            .as_str()
            .is_some_and(|text| text.chars().count() <= limit)
    };
    ensure(call["name"].as_str().is_some_and(is_name), "name")?;
    ensure(is_id(&call["id"]), "id")?;
    let times = [&call["start_time"], &call["end_time"]].map(Value::as_f64);
    ensure(times[0].is_some() && times[0] <= times[1], "times")?;
    for flag in ["error", "throttle", "fault"] {
        ensure(call.get(flag).is_none_or(|flag| *flag == true), flag)?;
    }
    for (key, text) in members(&call["http"]["request"]) {
        ensure(text.is_boolean() || at_most(text, 250), key)?;
    }
    for (key, number) in members(&call["http"]["response"]) {
        ensure(number.is_u64(), key)?;
    }
    for (key, value) in members(&call["annotations"]) {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        ensure(
            (1..=500).contains(&key.len()) && key.bytes().all(fits),
            "annotation key",
        )?;
        ensure(
            value.is_i64() || value.is_boolean() || at_most(value, 1000),
            "annotation value",
        )?;
    }
    for exception in call["cause"]["exceptions"].as_array().into_iter().flatten() {
        ensure(is_id(&exception["id"]), "exception id")?;
        ensure(at_most(&exception["message"], 250), "message")?;
    }
    let calls = call["subsegments"].as_array();
    calls.into_iter().flatten().try_for_each(check_subsegment)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("{what} is not as the schema says"))
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/%&#=+-@".contains(c)
    };
    (1..=200).contains(&text.chars().count()) && text.chars().all(allowed)
}

fn is_id(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_trace(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.parse::<TraceId>().is_ok() && text.len() == 35)
}

fn ids_in(document: &[u8]) -> Vec<String> {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let calls = document["subsegments"].as_array().into_iter().flatten();
    let all = [&document].into_iter().chain(calls);
    all.filter_map(|part| part["id"].as_str().map(str::to_owned))
        .collect()
}

fn documents(segment: &Segment) -> (Vec<Value>, usize) {
    let mut documents = Vec::new();
    let too_large = segment.documents(&mut Vec::new(), |document| {
        check_document(document).unwrap();
        documents.push(serde_json::from_slice(document).unwrap());
    });
    (documents, too_large)
}

fn encoded(segment: &Segment) -> String {
    let mut document = Vec::new();
    segment.encode(&mut document);
    String::from_utf8(document).unwrap()
}

fn parsed(segment: &Segment) -> Value {
    let document = encoded(segment);
    check_document(document.as_bytes()).unwrap();
    serde_json::from_str(&document).unwrap()
}

fn front() -> Segment {
    let start: SystemTime = UNIX_EPOCH + Duration::from_micros(1_795_354_262_998_519);
    let mut segment = Segment::new(Name::new("colors/front"), id(0xf0), trace(), start);
    segment.elapsed = Duration::from_micros(1_171);
    segment
}

fn attempt(number: u64) -> Subsegment {
    let mut call = Subsegment::new(
        Name::new("colors/blue"),
        id(number),
        Duration::from_micros(281),
    );
    call.elapsed = Duration::from_micros(700);
    call.namespace = Some(Namespace::Remote);
    let mut http = Http::request("GET", "http://blue.local/");
    (http.status, http.traced, http.x_forwarded_for) = (Some(503), true, true);
    call.http = Some(http);
    call.flags = Flags::fault();
    call
}

fn fill(annotations: &mut Annotations, count: usize, letter: &str) {
    for number in 0..count {
        annotations.set(format!("key{number}"), letter.repeat(1000));
    }
}

fn trace() -> TraceId {
    TRACE.parse().unwrap()
}

fn id(number: u64) -> SegmentId {
    SegmentId::generate(|| number)
}
