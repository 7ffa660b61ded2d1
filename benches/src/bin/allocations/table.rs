//! From dhat's record to a table of names.

use std::{collections::BTreeMap, fmt};

use mesh_benches::Error;
use serde_json::Value;

use crate::sources::Sources;

/// How often each kind of allocation happens in a call.
#[derive(Debug)]
pub(crate) struct Table {
    rows: BTreeMap<Name, u64>,
    calls: u64,
}

/// Who asks for the memory, and what for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    who: String,
    what: String,
}

impl Table {
    pub(crate) fn read(record: &str, calls: usize, sources: &Sources) -> Result<Self, Error> {
        let record: Value = serde_json::from_str(record)?;
        let frames: Vec<Frame> = list(&record["ftbl"])?
            .iter()
            .filter_map(Value::as_str)
            .map(Frame::read)
            .collect();
        let mut rows = BTreeMap::new();
        for point in list(&record["pps"])? {
            let backtrace: Vec<&Frame> = list(&point["fs"])?
                .iter()
                .filter_map(|index| frames.get(usize::try_from(index.as_u64()?).ok()?))
                .collect();
            let blocks = point["tbk"].as_u64().ok_or("dhat counted no blocks")?;
            *rows.entry(name(&backtrace, sources)).or_default() += blocks;
        }
        let calls = u64::try_from(calls)?;
        Ok(Self { rows, calls })
    }

    /// All that happen in every call.
    pub(crate) fn total(&self) -> u64 {
        self.rows
            .values()
            .map(|blocks| self.per_call(*blocks))
            .sum()
    }

    /// What a call allocates beside these, on average.
    pub(crate) fn rest(&self) -> f64 {
        let rare = self
            .rows
            .values()
            .filter(|blocks| self.per_call(**blocks) == 0);
        rare.sum::<u64>() as f64 / self.calls as f64
    }

    fn per_call(&self, blocks: u64) -> u64 {
        (blocks + self.calls / 2) / self.calls
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Name { who, what }, blocks) in &self.rows {
            match self.per_call(*blocks) {
                0 => {}
                times => writeln!(f, "{times:>4}  {who}: {what}")?,
            }
        }
        Ok(())
    }
}

fn list(value: &Value) -> Result<&Vec<Value>, Error> {
    value
        .as_array()
        .ok_or_else(|| "dhat's record is not as it was".into())
}

/// One function of a backtrace, without its type parameters.
#[derive(Debug)]
struct Frame {
    function: String,
    path: String,
    /// What `Box::new` or `Arc::new` was asked for.
    boxed: Option<String>,
}

impl Frame {
    /// Reads `0xADDRESS: FUNCTION (PATH:LINE:COLUMN)`.
    fn read(text: &str) -> Self {
        let text = text.split_once(": ").map_or(text, |(_, rest)| rest);
        let (function, place) = text.rsplit_once(" (").unwrap_or((text, ""));
        let boxed = function
            .strip_prefix("new<")
            .and_then(|rest| rest.strip_suffix('>'))
            .filter(|_| place.starts_with("alloc/src/"));
        Self {
            function: without_parameters(function),
            path: place.split(':').next().unwrap_or_default().to_owned(),
            boxed: boxed.map(type_name),
        }
    }
}

fn name(backtrace: &[&Frame], sources: &Sources) -> Name {
    let asked = backtrace.iter().position(|frame| {
        sources
            .who(&frame.path)
            .is_some_and(|who| !who.contains("bin/allocations"))
    });
    let (told, who) = match asked {
        Some(asked) => (
            &backtrace[..asked],
            sources.who(&backtrace[asked].path).unwrap_or_default(),
        ),
        None => (backtrace, "tokio".to_owned()),
    };
    let tells = |frame: &&&Frame| {
        let standard = STANDARD.iter().any(|start| frame.path.starts_with(start));
        !standard && !VAGUE.contains(&frame.function.as_str())
    };
    let what = match told.iter().find_map(|frame| frame.boxed.clone()) {
        Some(boxed) => boxed,
        None => told.iter().rfind(tells).map_or_else(
            || "a collection of the standard library".to_owned(),
            |frame| frame.function.clone(),
        ),
    };
    Name { who, what }
}

/// What was boxed, without the modules and parameters of its type; `ArcInner` is what `Arc` allocates.
fn type_name(path: &str) -> String {
    for (holder, name) in [
        ("alloc::sync::ArcInner<", "Arc of "),
        ("core::mem::maybe_uninit::MaybeUninit<", ""),
    ] {
        if let Some(held) = path
            .strip_prefix(holder)
            .and_then(|rest| rest.strip_suffix('>'))
        {
            return format!("{name}{}", type_name(held));
        }
    }
    let path = without_parameters(path);
    // The future of an `async fn` is named after it.
    let mut parts = path.rsplit("::").filter(|part| !part.contains("impl#"));
    match parts.next() {
        Some(last) if last.starts_with('{') => {
            format!("the future of {}", parts.next().unwrap_or("an async block"))
        }
        Some(last) => last.to_owned(),
        None => path.clone(),
    }
}

fn without_parameters(name: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for character in name.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    kept.trim().to_owned()
}

/// Functions whose names say nothing.
const VAGUE: [&str; 3] = ["poll", "call", "{closure#0}"];

/// How the paths of the standard library's files begin, and those of the profiler.
const STANDARD: [&str; 14] = [
    "alloc/src/",
    "core/src/",
    "std/src/",
    "src/raw_vec/",
    "src/vec/",
    "src/boxed",
    "src/slice",
    "src/ops/",
    "src/iter/",
    "collections/",
    "src/collections/",
    "src/backtrace/",
    "dhat-",
    "bin/allocations/",
];
