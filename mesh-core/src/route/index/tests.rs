use std::{cell::Cell, sync::LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, uri::Scheme};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config as ProptestConfig, RngSeed},
};

use super::*;
use crate::{
    name::{RouteName, VirtualServiceName},
    route::{
        Conditions, HeaderCondition, HeaderSource, ListenerRoutes, Pattern, QueryCondition,
        ValueCondition, VirtualHost,
    },
    unit::{Port, Priority},
};

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 600 })
    })]

    #[test]
    fn it_finds_what_asking_every_rule_in_order_finds(
        table in vec(rule(), 0..40),
        requests in vec(request(), 1..8),
    ) {
        same(table, &requests)?;
    }

    #[test]
    fn it_finds_the_same_among_many_rules_of_one_path(
        table in vec(conditions(select(vec![PathCondition::any()])), 9..60),
        requests in vec(request(), 1..8),
    ) {
        same(table.into_iter().map(|conditions| (None, conditions)).collect(), &requests)?;
    }

    #[test]
    fn it_finds_the_same_among_expressions(
        table in vec(regex(), 0..40),
        requests in vec(request(), 1..8),
    ) {
        let conditions = table.into_iter().map(|path| Conditions::any().with_path(path));
        same(conditions.map(|conditions| (None, conditions)).collect(), &requests)?;
    }
}

type Request = http::Request<()>;

fn same(table: Vec<(Option<i64>, Conditions)>, requests: &[Request]) -> Result<(), TestCaseError> {
    let rules = table
        .into_iter()
        .enumerate()
        .map(|(number, (priority, conditions))| {
            let name = RouteName::new(&format!("r{number}")).unwrap();
            Rule::new(
                name,
                priority.map(|priority| Priority::new(priority).unwrap()),
                conditions,
                number,
            )
        });
    let host = VirtualHost::new(
        VirtualServiceName::new("h").unwrap(),
        [ListenerRoutes::new(Port::new(80).unwrap(), rules)],
    );
    for request in requests {
        let head = Head::from(request);
        let rules = host.rules(&head).unwrap();
        let first = rules.iter().find(|rule| rule.check(&head).is_ok());
        prop_assert_eq!(
            host.find(&head).ok(),
            first.map(Rule::target),
            "{:?} among {:?}",
            head,
            rules
        );
    }
    Ok(())
}

fn rule() -> impl Strategy<Value = (Option<i64>, Conditions)> {
    let priority = select(vec![None, None, Some(0), Some(1), Some(1000)]);
    let path = prop_oneof![
        texts(&["/", "/a", "/b", "/ab", "/a.", "a", "%00"], 0)
            .prop_map(|path| PathCondition::Prefix(path.into())),
        texts(&["/", "/a", "/b", "/ab", "/a.", "a"], 1)
            .prop_map(|path| PathCondition::Exact(path.into())),
        regex(),
    ];
    (priority, conditions(path))
}

/// Compiled once: that takes longer than everything else here.
static EXPRESSIONS: LazyLock<Vec<PathCondition>> = LazyLock::new(|| {
    let parts = [
        "", "/", "/a", "b", ".*", "[ab]", "(a|b)", "(/a)+", "(/b)*", "/?", "b+", "a{2}", r"\.",
        "(?i)A", "|", "^", "$", "é",
    ];
    let pairs = parts.iter().flat_map(|a| parts.map(|b| format!("{a}{b}")));
    let more = [
        "/a|/b",
        "/a/[ab]",
        "/[ab]/b",
        "/(a)/b",
        "/a(/b|/ab)/a",
        "/.*/b",
        "/.*b/.*",
    ]
    .map(str::to_owned);
    let written = pairs.chain(more);
    written
        .map(|written| PathCondition::Regex(Pattern::new(&written).unwrap()))
        .collect()
});

fn regex() -> impl Strategy<Value = PathCondition> {
    select(&EXPRESSIONS[..])
}

fn conditions(path: impl Strategy<Value = PathCondition>) -> impl Strategy<Value = Conditions> {
    let query = prop_oneof![
        Just(QueryCondition::present("k")),
        Just(QueryCondition::exact("k", "1")),
    ];
    let method = select(vec![
        None,
        None,
        None,
        Some(Method::GET),
        Some(Method::POST),
    ]);
    let scheme = select(vec![
        None,
        None,
        None,
        Some(Scheme::HTTP),
        Some(Scheme::HTTPS),
    ]);
    let grpc = prop::bool::weighted(0.1);
    (
        path,
        vec(header(), 0..4),
        vec(query, 0..2),
        method,
        scheme,
        grpc,
    )
        .prop_map(|(path, headers, query, method, scheme, grpc)| {
            let conditions = Conditions::any()
                .with_path(path)
                .with_headers(headers)
                .with_query(query);
            let conditions = conditions.with_method(method).with_scheme(scheme);
            if grpc {
                conditions.of_grpc()
            } else {
                conditions
            }
        })
}

/// A few of these texts, one after the other.
fn texts(texts: &'static [&str], least: usize) -> impl Strategy<Value = String> {
    vec(select(texts), least..5).prop_map(|texts| texts.concat())
}

fn header() -> impl Strategy<Value = HeaderCondition> {
    let named =
        select(NAMES.to_vec()).prop_map(|name| HeaderSource::Header(HeaderName::from_static(name)));
    let source = prop_oneof![
        4 => named,
        1 => select(vec![HeaderSource::Method, HeaderSource::Scheme, HeaderSource::Path, HeaderSource::Authority]),
    ];
    let exact = select(EXACT.to_vec()).prop_map(|value| ValueCondition::Exact(value.into()));
    let value = prop_oneof![
        6 => exact,
        1 => Just(ValueCondition::Prefix("1".into())),
        1 => Just(ValueCondition::Suffix("2".into())),
        1 => Just(ValueCondition::Range(1..3)),
        1 => Just(ValueCondition::Regex(Pattern::new("1.*").unwrap())),
    ];
    (
        source,
        prop::option::weighted(0.9, value),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(source, value, invert)| match value {
            None => HeaderCondition::present(source).inverted(invert),
            Some(value) => HeaderCondition::value(source, value).inverted(invert),
        })
}

fn request() -> impl Strategy<Value = Request> {
    let path = prop_oneof![
        9 => texts(&["/", "/a", "/b", "/ab", "/a.", "/.."], 1),
        1 => texts(&["/%00", "/%c3%a9", "/%", "/a"], 1),
    ];
    let uri = (path, select(vec!["", "?k", "?k=1"]))
        .prop_map(|(path, query)| format!("http://h{path}{query}"));
    let uri = prop_oneof![20 => uri, 1 => Just("*".to_owned())];
    let line = (select(NAMES.to_vec()), select(VALUES.to_vec()));
    (
        select(vec![Method::GET, Method::POST]),
        uri,
        vec(line, 0..6),
    )
        .prop_map(|(method, uri, lines)| {
            let mut request = Request::new(());
            *request.method_mut() = method;
            *request.uri_mut() = uri.parse::<Uri>().unwrap();
            let lines = lines.into_iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_bytes(value).unwrap(),
                )
            });
            *request.headers_mut() = lines.fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
            request
        })
}

/// Two of Envoy's own fields, whose lines are one value, and the one that names the host.
const NAMES: [&str; 6] = ["x-a", "x-b", "x-c", "user-agent", "content-type", "host"];
const VALUES: [&[u8]; 8] = [
    b"",
    b"1",
    b"2",
    b"12",
    b"A",
    "é".as_bytes(),
    b"\xE9",
    b"application/grpc",
];
const EXACT: [&str; 12] = [
    "", "1", "2", "12", "A", "a", "é", "1,2", "h", "GET", "http", "/a?k=1",
];

/// A request of the last of so many rules, and how many are asked for it.
fn asked(
    rules: usize,
    path: impl Fn(usize) -> PathCondition,
    tenant: impl Fn(usize) -> Option<String>,
) -> usize {
    let rule = |number: usize| {
        let headers = tenant(number).map(|tenant| {
            let headers = [("x-stage", "prod".to_owned()), ("x-tenant", tenant)];
            headers.map(|(name, value)| {
                let source = HeaderSource::Header(HeaderName::from_static(name));
                HeaderCondition::value(source, ValueCondition::Exact(value.into()))
            })
        });
        let conditions = Conditions::any()
            .with_path(path(number))
            .with_headers(headers.into_iter().flatten());
        Rule::new(
            RouteName::new(&format!("r{number:05}")).unwrap(),
            None,
            conditions,
            (),
        )
    };
    let rules: Vec<_> = (0..rules).map(rule).collect();
    let last = rules.len() - 1;
    let head = Head::get(&format!("http://h/route/{last:05}/1"))
        .header("x-stage", "prod")
        .header("x-tenant", &format!("t{last}"));
    let asked = Cell::new(0);
    let found = Index::new(&rules).find(&head, |rank| {
        asked.set(asked.get() + 1);
        rules[rank].conditions.complete(&head)
    });
    assert_eq!(found, Some(last));
    asked.get()
}

#[test]
#[cfg_attr(miri, ignore = "so many rules take hours")]
fn of_ten_thousand_rules_only_the_one_that_takes_the_request_is_asked() {
    let path = |number: usize| format!("/route/{number:05}/1");
    let prefix = |number: usize| PathCondition::Prefix(path(number)[..13].into());
    let exact = |number: usize| PathCondition::Exact(path(number).into());
    assert_eq!(asked(10_000, prefix, |_| None), 1);
    assert_eq!(asked(10_000, exact, |_| None), 1);
    let any = |_| PathCondition::any();
    assert_eq!(asked(10_000, any, |number| Some(format!("t{number}"))), 1);
}

#[test]
#[cfg_attr(miri, ignore = "so many rules take hours")]
fn of_a_hundred_expressions_only_those_whose_text_the_path_has_are_asked() {
    let regex = |pattern: String| PathCondition::Regex(Pattern::new(&pattern).unwrap());
    let starts = |number: usize| regex(format!("/route/{number:05}/[0-9]+"));
    let middle = |number: usize| regex(format!("/[a-z]+/{number:05}/.*"));
    assert_eq!(asked(100, starts, |_| None), 1);
    assert_eq!(asked(100, middle, |_| None), 1);
    let shared = |_| regex("/[a-z]+/[0-9]+/1".to_owned());
    assert_eq!(asked(100, shared, |number| Some(format!("t{number}"))), 1);
}

#[test]
fn a_text_that_a_path_repeats_leads_to_its_rules_once() {
    let name = RouteName::new("a").unwrap();
    let pattern = PathCondition::Regex(Pattern::new(".*/b/.*c").unwrap());
    let rules = [Rule::new(
        name,
        None,
        Conditions::any().with_path(pattern),
        (),
    )];
    let path = format!("http://h/{}{}", "a".repeat(1_000), "/b/".repeat(1_000));
    let asked = Cell::new(0);
    let found = Index::new(&rules).find(&Head::get(&path), |_| {
        asked.set(asked.get() + 1);
        false
    });
    assert_eq!((found, asked.get()), (None, 1));
}

#[test]
fn what_comes_after_the_best_so_far_is_not_asked() {
    let rule = |name: &str, path| {
        Rule::new(
            RouteName::new(name).unwrap(),
            None,
            Conditions::any().with_path(path),
            (),
        )
    };
    let pattern = |pattern| PathCondition::Regex(Pattern::new(pattern).unwrap());
    let prefix = |prefix: &str| PathCondition::Prefix(prefix.into());
    let rules = [
        rule("a", prefix("/orders/1")),
        rule("b", prefix("/orders")),
        rule("c", pattern("/ord.*")),
        rule("d", pattern(".*")),
        rule("e", prefix("/")),
    ];
    let head = Head::get("http://h/orders/1");
    let asked = Cell::new(Vec::new());
    let found = Index::new(&rules).find(&head, |rank| {
        let mut ranks = asked.take();
        ranks.push(rank);
        asked.set(ranks);
        rank == 0
    });
    assert_eq!((found, asked.take()), (Some(0), vec![0]));
}
