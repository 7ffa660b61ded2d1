use super::*;

fn custom(value: ValueCondition) -> HeaderCondition {
    HeaderCondition::value(HeaderSource::Header(HeaderName::from_static("x-a")), value)
}

fn head(values: &[&str]) -> Head<'static> {
    values.iter().fold(Head::get("http://a/"), |head, value| {
        head.header("x-a", value)
    })
}

#[test]
fn an_absent_header_never_matches_a_value_condition() {
    let conditions = [
        ValueCondition::Exact("1".into()),
        ValueCondition::Prefix("".into()),
        ValueCondition::Suffix("".into()),
        ValueCondition::Regex(Pattern::new(".*").unwrap()),
        ValueCondition::Range(i64::MIN..i64::MAX),
    ];
    for condition in conditions {
        for invert in [false, true] {
            let condition = custom(condition.clone()).inverted(invert);
            assert!(!condition.matches(&head(&[])), "{condition}");
        }
    }
}

#[test]
fn blanks_around_a_value_are_none_of_it() {
    let exact = custom(ValueCondition::Exact("beta".into()));
    for value in ["beta", " beta", "beta\t", " \tbeta "] {
        assert!(exact.matches(&head(&[value])), "{value:?}");
    }
    let empty = custom(ValueCondition::Regex(Pattern::new("").unwrap()));
    assert!(empty.matches(&head(&[" \t"])));
}

#[test]
fn presence_inverts_to_absence() {
    let present = HeaderCondition::present(HeaderSource::Header(HeaderName::from_static("x-a")));
    let absent = present.clone().inverted(true);
    for (values, is_there) in [(&[][..], false), (&[""], true), (&["1", "2"], true)] {
        assert_eq!(present.matches(&head(values)), is_there, "{values:?}");
        assert_eq!(absent.matches(&head(values)), !is_there, "{values:?}");
    }
}

#[test]
fn any_of_several_values_may_match_and_inverted_none() {
    let exact = |text: &str| custom(ValueCondition::Exact(text.into()));
    assert!(exact("1").matches(&head(&["1", "2"])));
    assert!(exact("2").matches(&head(&["1", "2"])));
    assert!(!exact("1,2").matches(&head(&["1", "2"])));
    assert!(exact("1,2").matches(&head(&["1,2"])));
    assert!(!exact("1").inverted(true).matches(&head(&["1", "2"])));
    assert!(exact("3").inverted(true).matches(&head(&["1", "2"])));
}

#[test]
fn lines_of_well_known_headers_are_one_value() {
    let condition = |name: &str, value: &str| {
        let source = HeaderSource::Header(name.parse().unwrap());
        HeaderCondition::value(source, ValueCondition::Exact(value.into()))
    };
    let rows = [
        ("accept", "1,2", true),
        ("accept", "1", false),
        ("x-forwarded-for", "1,2", true),
        ("grpc-timeout", "1,2", true),
        ("expect", "1,2", true),
        ("if-match", "1,2", true),
        ("x-client-trace-id", "1,2", true),
        ("x-envoy-original-path", "1", false),
        ("x-forwarded-proto", "1,2", true),
        ("accept-language", "1,2", false),
        ("accept-language", "1", true),
        ("x-a", "2", true),
    ];
    for (name, value, expected) in rows {
        let condition = condition(name, value);
        let head = Head::get("http://a/").header(name, "1").header(name, "2");
        assert_eq!(condition.matches(&head), expected, "{condition}");
        assert_eq!(
            condition.clone().inverted(true).matches(&head),
            !expected,
            "inverted {condition}"
        );
    }
    let gap = ["1", "", "2"]
        .iter()
        .fold(Head::get("http://a/"), |head, value| {
            head.header("accept", value)
        });
    assert!(
        condition("accept", "1,2").matches(&gap),
        "empty lines add nothing"
    );
    let one = Head::get("http://a/").header("accept", "1");
    assert!(condition("accept", "1").matches(&one));
}

#[test]
fn ranges_take_integers_and_leave_out_their_end() {
    let rows = [
        ("100", true),
        ("149", true),
        ("150", false),
        ("99", false),
        ("+125", true),
        ("0125", true),
        (" 125 ", true),
        ("125.0", false),
        ("1e2", false),
        ("0x7d", false),
        ("", false),
        ("125,126", false),
        ("9223372036854775808", false),
    ];
    let range = custom(ValueCondition::Range(100..150));
    for (value, expected) in rows {
        assert_eq!(range.matches(&head(&[value])), expected, "{value:?}");
        let inverted = range.clone().inverted(true);
        assert_eq!(
            inverted.matches(&head(&[value])),
            !expected,
            "inverted {value:?}"
        );
    }
    assert!(!custom(ValueCondition::Range(5..5)).matches(&head(&["5"])));
}

#[test]
fn texts_are_compared_with_their_case() {
    let rows = [
        (ValueCondition::Exact("Beta".into()), true),
        (ValueCondition::Exact("beta".into()), false),
        (ValueCondition::Prefix("Be".into()), true),
        (ValueCondition::Suffix("ta".into()), true),
        (ValueCondition::Suffix("Be".into()), false),
        (ValueCondition::Regex(Pattern::new("Be").unwrap()), false),
    ];
    for (condition, expected) in rows {
        assert_eq!(
            custom(condition.clone()).matches(&head(&["Beta"])),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn parts_of_the_request_line_can_be_asked_for() {
    let head = Head::get("http://Svc.local:80/a//b?k=v");
    let rows = [
        (HeaderSource::Method, "GET"),
        (HeaderSource::Scheme, "http"),
        (HeaderSource::Path, "/a/b?k=v"),
        (HeaderSource::Authority, "Svc.local:80"),
    ];
    for (source, value) in rows {
        let condition = HeaderCondition::value(source, ValueCondition::Exact(value.into()));
        assert!(condition.matches(&head), "{condition}");
    }
}
