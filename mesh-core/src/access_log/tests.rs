use super::*;
use crate::metric::Flag;

fn at(seconds: u64, millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis)
}

fn get(path: &str) -> Record<'_> {
    let mut record = Record::new(
        at(1_795_371_711, 123),
        b"GET",
        path.as_bytes(),
        Version::HTTP_11,
    );
    record.status = 200;
    record
}

fn line(record: Record<'_>) -> String {
    let mut line = Vec::new();
    record.write_line(&mut line);
    String::from_utf8(line).unwrap()
}

#[test]
fn every_part_has_its_place() {
    let record = Record {
        start: at(1_795_371_711, 123),
        method: b"POST",
        path: b"/orders?id=7",
        protocol: Version::HTTP_2,
        status: 204,
        flags: Flags::default()
            .with(Flag::UpstreamConnectionFailure)
            .with(Flag::RetryLimitExceeded),
        bytes_received: 154,
        bytes_sent: u64::MAX,
        duration: Duration::from_micros(226_999),
        upstream_service_time: Some(Duration::from_millis(100)),
        forwarded_for: Some(b"10.0.35.28"),
        user_agent: Some(b"nsq2http"),
        request_id: Some(b"cc21d9b0"),
        authority: Some(b"locations"),
        upstream_host: Some(([10, 0, 2, 1], 80).into()),
    };
    let expected = r#"[2026-11-22T18:21:51.123Z] "POST /orders?id=7 HTTP/2" 204 URX,UF 154 18446744073709551615 226 100 "10.0.35.28" "nsq2http" "cc21d9b0" "locations" "10.0.2.1:80""#;
    assert_eq!(line(record), format!("{expected}\n"));
}

#[test]
fn what_did_not_simply_succeed_is_told_by_status_and_flag() {
    let gone = Record {
        status: 0,
        flags: Flags::NONE.with(Flag::DownstreamTermination),
        ..get("/gone")
    };
    let grpc = Record {
        method: b"POST",
        protocol: Version::HTTP_2,
        flags: Flags::NONE.with(Flag::NoRoute),
        user_agent: Some(b"tonic/0.14"),
        authority: Some(b"greeter:50051"),
        ..get("/helloworld.Greeter/SayHello")
    };
    let tunnel = Record {
        method: b"CONNECT",
        path: b"",
        bytes_received: 10,
        bytes_sent: 20,
        authority: Some(b"db:5432"),
        ..get("")
    };
    let rows = [
        (
            get("/"),
            r#""GET / HTTP/1.1" 200 - 0 0 0 - "-" "-" "-" "-" "-""#,
        ),
        (
            gone,
            r#""GET /gone HTTP/1.1" 0 DC 0 0 0 - "-" "-" "-" "-" "-""#,
        ),
        (
            grpc,
            r#""POST /helloworld.Greeter/SayHello HTTP/2" 200 NR 0 0 0 - "-" "tonic/0.14" "-" "greeter:50051" "-""#,
        ),
        (
            tunnel,
            r#""CONNECT - HTTP/1.1" 200 - 10 20 0 - "-" "-" "-" "db:5432" "-""#,
        ),
    ];
    check(&rows);
}

#[test]
fn what_is_absent_is_a_dash_and_what_is_empty_is_nothing() {
    let malformed = Record {
        method: b"",
        status: 400,
        protocol: Version::HTTP_10,
        ..get("")
    };
    let empty = Record {
        user_agent: Some(b""),
        upstream_service_time: Some(Duration::ZERO),
        protocol: Version::HTTP_3,
        upstream_host: Some(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 8080).into()),
        ..get("/v6")
    };
    let unknown = Record {
        protocol: Version::HTTP_09,
        ..get("/")
    };
    let rows = [
        (
            malformed,
            r#""- - HTTP/1.0" 400 - 0 0 0 - "-" "-" "-" "-" "-""#,
        ),
        (
            empty,
            r#""GET /v6 HTTP/3" 200 - 0 0 0 0 "-" "" "-" "-" "[2001:db8::1]:8080""#,
        ),
        (unknown, r#""GET / -" 200 - 0 0 0 - "-" "-" "-" "-" "-""#),
    ];
    check(&rows);
}

fn check(rows: &[(Record<'_>, &str)]) {
    for (record, expected) in rows {
        assert_eq!(
            line(*record),
            format!("[2026-11-22T18:21:51.123Z] {expected}\n"),
            "{record:?}"
        );
    }
}

#[test]
fn days_are_those_of_the_calendar() {
    let rows = [
        (0, "1970-01-01T00:00:00"),
        (86_399, "1970-01-01T23:59:59"),
        (68_169_600, "1972-02-29T00:00:00"),
        (68_255_999, "1972-02-29T23:59:59"),
        (68_256_000, "1972-03-01T00:00:00"),
        (94_694_399, "1972-12-31T23:59:59"),
        (94_694_400, "1973-01-01T00:00:00"),
        (951_782_400, "2000-02-29T00:00:00"),
        (951_868_800, "2000-03-01T00:00:00"),
        (1_709_164_800, "2024-02-29T00:00:00"),
        (1_740_700_800, "2025-02-28T00:00:00"),
        (1_740_787_200, "2025-03-01T00:00:00"),
        (4_107_456_000, "2100-02-28T00:00:00"),
        (4_107_542_400, "2100-03-01T00:00:00"),
        (11_676_096_000, "2340-01-02T00:00:00"),
        (13_574_563_200, "2400-02-29T00:00:00"),
        (253_402_300_799, "9999-12-31T23:59:59"),
    ];
    for (seconds, expected) in rows {
        let mut line = Vec::new();
        timestamp(&mut line, at(seconds, 7));
        assert_eq!(
            String::from_utf8(line).unwrap(),
            format!("{expected}.007Z"),
            "{seconds}"
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "a quarter of a million days")]
fn every_day_of_eight_hundred_years_follows_the_one_before() {
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let length = |year, month| match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let mut expected = (1970, 1, 1);
    for day in 0..800 * 365 {
        assert_eq!(civil(day), expected, "{day}");
        let (year, month, date) = expected;
        expected = if date < length(year, month) {
            (year, month, date + 1)
        } else if month < 12 {
            (year, month + 1, 1)
        } else {
            (year + 1, 1, 1)
        };
    }
}

#[test]
fn a_clock_before_its_beginning_is_at_it() {
    let mut line = Vec::new();
    timestamp(&mut line, UNIX_EPOCH - Duration::from_secs(1));
    assert_eq!(line, b"1970-01-01T00:00:00.000Z");
}

#[test]
fn what_the_caller_sent_is_not_escaped_and_cannot_end_the_line() {
    let record = Record {
        path: b"/\"quoted\"",
        user_agent: Some(b"a\tb\xff\" \"c"),
        request_id: Some(b"1\n[2026] \"GET\r\x00\x1f"),
        ..get("")
    };
    let mut line = b"before ".to_vec();
    record.write_line(&mut line);
    let expected = b"before [2026-11-22T18:21:51.123Z] \"GET /\"quoted\" HTTP/1.1\" 200 - 0 0 0 - \"-\" \"a\tb\xff\" \"c\" \"1?[2026] \"GET???\" \"-\" \"-\"\n";
    assert_eq!(line, expected, "{}", String::from_utf8_lossy(&line));
}
