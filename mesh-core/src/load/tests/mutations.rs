//! A template with each of its values replaced, and with its resources in another order.

use super::{ONE, routed};
use crate::{config::Config, route::Head};

#[test]
#[cfg_attr(miri, ignore = "a template is read hundreds of times")]
fn every_value_may_be_anything_and_what_is_refused_is_told_where() {
    let replacements = [
        "null",
        "[]",
        "{}",
        "\"\"",
        "0",
        "-1",
        "true",
        "[1, a]",
        "{a: b}",
        "1e400",
        "!Ref Nope",
        "!Sub '${'",
        "!Foo {x: 1}",
    ];
    for text in replacements
        .iter()
        .flat_map(|with| mutated(super::seed::TEMPLATE, with))
    {
        let Err(errors) = Config::parse("m", &text) else {
            continue;
        };
        for problem in errors.problems() {
            let at = problem
                .location
                .as_ref()
                .unwrap_or_else(|| panic!("{problem}\n{text}"));
            let line = text
                .lines()
                .nth(at.line - 1)
                .unwrap_or_else(|| panic!("{problem}\n{text}"));
            assert!(at.column <= line.chars().count() + 1, "{problem}\n{text}");
            assert!(
                problem.message.len() > 24 && !problem.message.contains('\n'),
                "{problem}"
            );
        }
    }
}

/// The text once for each of its lines, with all that is under the line's key, or after its dash, replaced.
fn mutated(text: &str, with: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mutants = lines.iter().enumerate().filter_map(|(at, line)| {
        let indent = indent(line);
        let head = match line.trim_start().strip_prefix("- ") {
            Some(_) => line.get(..indent + 1)?,
            None => line.get(..=line.find(':')?)?,
        };
        let rest = lines.get(at + 1..)?.iter();
        let rest = rest.skip_while(|line| self::indent(line) > indent);
        let before = lines.get(..at)?.iter().map(|line| format!("{line}\n"));
        let after = rest.map(|line| format!("{line}\n"));
        let changed = std::iter::once(format!("{head} {with}\n"));
        Some(before.chain(changed).chain(after).collect())
    });
    mutants.collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[test]
#[cfg_attr(miri, ignore = "a template is read hundreds of times")]
fn the_order_of_resources_decides_nothing() {
    let discovery = "ServiceDiscovery: {DNS: {Hostname: a.";
    let backends = "Backends: [{VirtualService: {VirtualServiceName: s.local}}]";
    let plain = routed(&format!("{{HttpRoute: {{Match: {{Prefix: /}}, {ONE}}}}}"))
        .replace(discovery, &format!("{backends}, {discovery}"));
    let (others, last) = plain
        .split_once("  T:")
        .expect("the route is the last resource");
    let conditions = [
        "{Prefix: /}",
        "{Prefix: /x}",
        "{Prefix: /x, Method: GET}",
        "{Path: {Regex: '/x.*'}}",
        "{Prefix: /y}",
    ];
    let mut routes: Vec<String> = conditions
        .iter()
        .enumerate()
        .map(|(i, matching)| {
            let route = last.replace("RouteName: t", &format!("RouteName: t{i}"));
            format!("  T{i}:{}", route.replace("{Prefix: /}", matching))
        })
        .collect();
    let decided = |routes: &[String]| {
        let config = Config::parse("m", &format!("{others}{}", routes.concat())).unwrap();
        let snapshot = config.node("a").unwrap().compile().unwrap();
        let paths = ["/", "/x", "/xy", "/y", "/y/x"];
        let routes = paths.map(|path| {
            let head = Head::get(&format!("http://s.local{path}"));
            snapshot.decide(&head).route().map(ToString::to_string)
        });
        assert!(routes.iter().all(Option::is_some), "{routes:?}");
        routes
    };
    let wanted = decided(&routes);
    for _ in 0..conditions.len() {
        routes.rotate_left(1);
        assert_eq!(decided(&routes), wanted);
        let reversed: Vec<_> = routes.iter().rev().cloned().collect();
        assert_eq!(decided(&reversed), wanted);
    }
}
