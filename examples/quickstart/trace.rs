//! Joins what several services sent about one request, and draws it as a tree.

use std::{
    collections::HashMap,
    fmt::{self, Formatter},
};

use serde_json::Value;

/// A segment or a subsegment, with what it led to.
pub(crate) struct Span<'a> {
    document: &'a Value,
    below: Vec<Self>,
}

/// The segments that have a caller, by their trace and its call.
type Callees<'a> = HashMap<(&'a str, &'a str), Vec<&'a Value>>;

/// One tree for each trace, in the order in which the traces began.
pub(crate) fn trees(documents: &[Value]) -> Vec<Span<'_>> {
    let mut callees = Callees::new();
    let mut roots = Vec::new();
    for document in documents {
        match document.get("parent_id").and_then(Value::as_str) {
            Some(caller) => callees
                .entry((text(document, "trace_id"), caller))
                .or_default()
                .push(document),
            None => roots.push(document),
        }
    }
    roots.sort_by(|a, b| number(a, "start_time").total_cmp(&number(b, "start_time")));
    roots
        .into_iter()
        .map(|root| Span::of(root, text(root, "trace_id"), &mut callees))
        .collect()
}

impl<'a> Span<'a> {
    /// Takes what belongs below it out of `callees`, so that nothing is below itself.
    fn of(document: &'a Value, trace: &'a str, callees: &mut Callees<'a>) -> Self {
        let calls = document.get("subsegments").and_then(Value::as_array);
        let answers = callees
            .remove(&(trace, text(document, "id")))
            .unwrap_or_default();
        let below = calls.into_iter().flatten().chain(answers);
        Self {
            document,
            below: below.map(|below| Self::of(below, trace, callees)).collect(),
        }
    }

    /// The trace, as all its segments name it.
    pub(crate) fn trace_id(&self) -> &'a str {
        text(self.document, "trace_id")
    }

    /// Whether it made a call, and below each call stands what the called service sent.
    pub(crate) fn joined(&self) -> bool {
        let mut calls = self.calls().peekable();
        calls.peek().is_some() && calls.all(|call| call.below.iter().any(Self::is_segment))
    }

    /// Whether a call was made again.
    pub(crate) fn retried(&self) -> bool {
        self.calls().any(|call| call.attempt() > Some(1))
    }

    /// How many segments it consists of.
    pub(crate) fn segments(&self) -> usize {
        let below: usize = self.below.iter().map(Self::segments).sum();
        usize::from(self.is_segment()) + below
    }

    fn calls(&self) -> impl Iterator<Item = &Self> {
        self.below.iter().filter(|span| !span.is_segment())
    }

    /// Services send segments; a subsegment is a part of one.
    fn is_segment(&self) -> bool {
        self.document.get("trace_id").is_some()
    }

    fn attempt(&self) -> Option<u64> {
        self.document.pointer("/annotations/attempt")?.as_u64()
    }

    /// A line for itself, and those below it; `origin` is when the trace began.
    fn draw(&self, f: &mut Formatter<'_>, origin: f64, indent: &str, last: bool) -> fmt::Result {
        let branch = if last { "└─" } else { "├─" };
        let what = format!("{indent}{branch} {}", self.title());
        let status = self.document.pointer("/http/response/status");
        let status = status.map_or_else(|| "-".to_owned(), Value::to_string);
        let [start, end] = ["start_time", "end_time"].map(|name| number(self.document, name));
        let [begins, took] = [start - origin, end - start].map(milliseconds);
        writeln!(
            f,
            "   {what:<46}{status:>6}{begins:>12}{took:>12}{}",
            self.marks()
        )?;
        let indent = format!("{indent}{}", if last { "   " } else { "│  " });
        let lowest = self.below.len().saturating_sub(1);
        for (place, span) in self.below.iter().enumerate() {
            span.draw(f, origin, &indent, place == lowest)?;
        }
        Ok(())
    }

    fn title(&self) -> String {
        let name = text(self.document, "name");
        match self.attempt() {
            Some(attempt) => format!("attempt {attempt} → {name}"),
            None => name.to_owned(),
        }
    }

    /// Whose fault a bad end was, in X-Ray's words.
    fn marks(&self) -> String {
        ["error", "throttle", "fault"]
            .into_iter()
            .filter(|mark| self.document.get(mark) == Some(&Value::Bool(true)))
            .map(|mark| format!("  {mark}"))
            .collect()
    }
}

impl fmt::Display for Span<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "   {:<46}{:>6}{:>12}{:>12}",
            "client", "status", "begins", "took"
        )?;
        self.draw(f, number(self.document, "start_time"), "", true)
    }
}

fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    let value = document.get(name).and_then(Value::as_str);
    value.unwrap_or_default()
}

fn number(document: &Value, name: &str) -> f64 {
    let value = document.get(name).and_then(Value::as_f64);
    value.unwrap_or_default()
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1000.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_retried_request_is_drawn_with_what_each_service_sent_below_its_call() {
        let documents = retried();
        let trees = trees(&documents);
        let [tree] = trees.as_slice() else {
            panic!("{} trees", trees.len())
        };
        assert!(tree.joined() && tree.retried());
        assert_eq!((tree.trace_id(), tree.segments()), ("1-a", 3));
        let drawn = tree.to_string();
        let lines: Vec<_> = drawn.lines().skip(1).collect();
        let expected = [
            "└─ shop/a ",
            "├─ attempt 1 → shop/b ",
            "│  └─ shop/b ",
            "└─ attempt 2 → shop/b ",
            "   └─ shop/b ",
        ];
        assert_eq!(lines.len(), expected.len(), "{drawn}");
        for (line, part) in lines.iter().zip(expected) {
            assert!(line.contains(part), "{part:?} is not in\n{drawn}");
            let faulty = line.contains("attempt 1") || line.contains("│  ");
            assert_eq!(line.ends_with("  fault"), faulty, "{drawn}");
        }
    }

    #[test]
    fn a_trace_joins_only_if_every_call_has_its_answer_from_the_same_trace() {
        for lost in [0, 1] {
            let mut documents = retried();
            documents.remove(lost);
            assert!(!trees(&documents)[0].joined(), "without {lost}");
            let mut documents = retried();
            documents[lost]["trace_id"] = json!("1-b");
            assert!(!trees(&documents)[0].joined(), "{lost} of another trace");
        }
        let alone = json!({"trace_id": "1-a", "id": "1", "name": "shop/a"});
        assert!(!trees(&[alone])[0].joined());
    }

    #[test]
    fn what_refers_to_itself_is_below_nothing() {
        let documents = [
            json!({"trace_id": "1-a", "id": "1"}),
            json!({"trace_id": "1-a", "id": "1", "parent_id": "1"}),
            json!({"trace_id": "1-a", "id": "2", "parent_id": "2"}),
        ];
        assert_eq!(trees(&documents)[0].segments(), 2);
    }

    /// service-b's two segments, the caller's last.
    fn retried() -> Vec<Value> {
        let call = |id: &str, attempt: u64, status: u16| {
            json!({"id": id, "name": "shop/b", "annotations": {"attempt": attempt},
                   "fault": status == 503, "http": {"response": {"status": status}}})
        };
        let answer = |id: &str, caller: &str, status: u16| {
            json!({"trace_id": "1-a", "id": id, "parent_id": caller, "name": "shop/b",
                   "fault": status == 503, "http": {"response": {"status": status}}})
        };
        vec![
            answer("4", "2", 503),
            answer("5", "3", 200),
            json!({"trace_id": "1-a", "id": "1", "name": "shop/a",
                   "subsegments": [call("2", 1, 503), call("3", 2, 200)]}),
        ]
    }
}
