//! Conditions on headers. An input is lines: a condition (`prefix red`), the header's name, and its values.
#![no_main]

use std::{fmt::Write, ops::Range};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use libfuzzer_sys::fuzz_target;
use mesh_core::route::{Conditions, Head, HeaderCondition, HeaderSource, Pattern, ValueCondition};

fuzz_target!(|input: &[u8]| {
    if let Some(case) = Case::read(input) {
        case.is_negated_where_it_is_present();
        case.asks_each_line_or_all_of_them_joined();
        case.is_what_it_says();
    }
});

struct Case {
    name: HeaderName,
    value: ValueCondition,
    lines: Vec<HeaderValue>,
}

impl Case {
    fn read(input: &[u8]) -> Option<Self> {
        let mut lines = input.split(|byte| *byte == b'\n');
        let condition = str::from_utf8(lines.next()?).ok()?;
        Some(Self {
            value: condition.split_once(' ').and_then(value)?,
            name: HeaderName::from_bytes(lines.next()?).ok()?,
            lines: lines
                .map(HeaderValue::from_bytes)
                .collect::<Result<_, _>>()
                .ok()?,
        })
    }

    fn is_negated_where_it_is_present(&self) {
        let present = !self.lines.is_empty();
        let value = |invert| self.holds(self.condition(&self.value).inverted(invert), &self.lines);
        match present {
            true => assert_ne!(value(true), value(false)),
            false => assert!(!value(true) && !value(false)),
        }
        let there = |invert| {
            let there = HeaderCondition::present(HeaderSource::Header(self.name.clone()));
            self.holds(there.inverted(invert), &self.lines)
        };
        assert_eq!((there(false), there(true)), (present, !present));
    }

    fn asks_each_line_or_all_of_them_joined(&self) {
        if self.lines.is_empty() {
            return;
        }
        let all = self.holds(self.condition(&self.value), &self.lines);
        let any = self.lines.iter().any(|line| self.alone(&self.value, line));
        let lines = self.lines.iter().map(|line| line.as_bytes().trim_ascii());
        let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
        let joined = HeaderValue::from_bytes(&lines.join(&b',')).expect("a comma may stand there");
        assert!(all == any || all == self.alone(&self.value, &joined));
    }

    fn is_what_it_says(&self) {
        for line in &self.lines {
            let found = self.alone(&self.value, line);
            // Blanks around a value are none of it.
            let bytes = line.as_bytes().trim_ascii();
            let said = match &self.value {
                ValueCondition::Exact(text) => {
                    bytes == text.as_bytes() && self.expressed(text, line)
                }
                ValueCondition::Prefix(text) => bytes.starts_with(text.as_bytes()),
                ValueCondition::Suffix(text) => bytes.ends_with(text.as_bytes()),
                ValueCondition::Range(range) => self.in_one_half(range, line),
                _ => found,
            };
            assert_eq!(found, said);
        }
    }

    /// An expression that spells out a text is as good as the text.
    fn expressed(&self, text: &str, line: &HeaderValue) -> bool {
        let expression = text.bytes().fold(String::new(), |mut expression, byte| {
            write!(expression, r"\x{byte:02x}").expect("a string takes all");
            expression
        });
        let pattern = Pattern::new(&expression).expect("it is an expression");
        self.alone(&ValueCondition::Regex(pattern), line)
    }

    /// What is in a range is in exactly one of its halves.
    fn in_one_half(&self, range: &Range<i64>, line: &HeaderValue) -> bool {
        let middle = range.start.midpoint(range.end);
        let half = |range| self.alone(&ValueCondition::Range(range), line);
        half(range.start..middle) ^ half(middle..range.end)
    }

    fn alone(&self, value: &ValueCondition, line: &HeaderValue) -> bool {
        self.holds(self.condition(value), std::slice::from_ref(line))
    }

    fn condition(&self, value: &ValueCondition) -> HeaderCondition {
        HeaderCondition::value(HeaderSource::Header(self.name.clone()), value.clone())
    }

    fn holds(&self, condition: HeaderCondition, lines: &[HeaderValue]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&self.name, line.clone());
        }
        let uri = Uri::from_static("http://orders.local/");
        let conditions = Conditions::any().with_headers([condition]);
        conditions
            .check(&Head::new(&Method::GET, &uri, &headers))
            .is_ok()
    }
}

fn value((kind, text): (&str, &str)) -> Option<ValueCondition> {
    Some(match kind {
        "exact" => ValueCondition::Exact(text.into()),
        "prefix" => ValueCondition::Prefix(text.into()),
        "suffix" => ValueCondition::Suffix(text.into()),
        "regex" => ValueCondition::Regex(Pattern::new(text).ok()?),
        "range" => {
            let (start, end) = text.split_once(' ')?;
            ValueCondition::Range(start.parse().ok()?..end.parse().ok()?)
        }
        _ => return None,
    })
}
