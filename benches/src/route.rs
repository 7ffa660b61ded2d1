//! Which of many routes takes a request: the mesh's lookup beside a scan of the same rules and beside `matchit`.
//!
//! A lookup looks for the last of the rules, which is the dearest for who asks one after the other. `matchit` is the router of axum; it
//! knows paths, not headers or expressions, and so has only the tables of these.

use std::{
    fmt,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use http::HeaderName;
use mesh_core::{
    name::{RouteName, VirtualServiceName},
    route::{
        Conditions, Head, HeaderCondition, HeaderSource, ListenerRoutes, PathCondition, Pattern,
        RouteTable, Rule, ValueCondition, VirtualHost,
    },
    unit::Port,
};

use crate::{
    Error,
    operation::{Operation, RUNS},
    timing::now,
};

/// What tells the routes of a table apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How the path begins.
    Prefix,
    /// The path.
    Exact,
    /// An expression for the path, which begins with what varies.
    Regex,
    /// The value of a header.
    Header,
    /// How the path begins; the last route takes every path, as [`Envoys::routed`](crate::envoy::Envoys::routed) has it.
    Last,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "prefix",
            Self::Exact => "exact",
            Self::Regex => "regex",
            Self::Header => "header",
            Self::Last => "last",
        })
    }
}

/// A table of routes, and a request that the last of them takes.
#[derive(Debug)]
pub struct Table {
    /// Its kind and how many routes it has.
    pub name: String,
    /// How long it took to put the rules into their order and to index them.
    pub built: Duration,
    routes: usize,
    table: RouteTable<usize>,
    head: Head<'static>,
    paths: Option<matchit::Router<usize>>,
}

impl Table {
    /// A table of so many routes.
    ///
    /// # Errors
    /// There are none, or more than five digits count.
    pub fn new(kind: Kind, routes: usize) -> Result<Arc<Self>, Error> {
        let rules = (0..routes).map(|number| rule(kind, number, routes));
        let rules = rules.collect::<Result<Vec<_>, _>>()?;
        let start: Instant = now();
        let listener = ListenerRoutes::new(Port::new(8080)?, rules);
        let built = start.elapsed();
        let host = VirtualHost::new(VirtualServiceName::new(HOST)?, [listener]);
        let last = routes.checked_sub(1).ok_or("a table without routes")?;
        let version = if kind == Kind::Regex { "/v2" } else { "" };
        let path = match kind {
            Kind::Last => "/hello".to_owned(),
            _ => format!("{version}/route-{last:05}/x"),
        };
        let head = Head::get(&format!("http://{HOST}:8080{path}"));
        let this = Self {
            name: format!("{kind}_{routes}"),
            built,
            routes,
            table: RouteTable::new([host]),
            head: head.header("x-tenant", &format!("tenant-{last:05}")),
            paths: paths(kind, routes)?,
        };
        let found = [Some(this.find()), Some(this.scan()), this.path()];
        match found.iter().flatten().all(|found| *found == last) {
            true => Ok(Arc::new(this)),
            false => Err(format!("{}: {found:?} instead of {last}", this.name).into()),
        }
    }

    /// Looks it up as the mesh does.
    #[must_use]
    pub fn find(&self) -> usize {
        let found = self.table.find(black_box(&self.head));
        found.map_or(usize::MAX, |found| *found)
    }

    /// Asks rule after rule.
    fn scan(&self) -> usize {
        let head = black_box(&self.head);
        let host = self.table.virtual_host(head);
        let rules = host
            .and_then(|host| host.rules(head).ok())
            .unwrap_or_default();
        let found = rules.iter().find(|rule| rule.check(head).is_ok());
        found.map_or(usize::MAX, |rule| *rule.target())
    }

    /// Looks its path up as matchit does.
    fn path(&self) -> Option<usize> {
        let found = self.paths.as_ref()?.at(black_box(&self.head).path());
        Some(found.map_or(usize::MAX, |found| *found.value))
    }
}

/// The tables that are measured.
///
/// # Errors
/// One cannot be built.
pub fn tables() -> Result<Vec<Arc<Table>>, Error> {
    let kinds = KINDS.into_iter();
    let all = kinds.flat_map(|kind| ROUTES.map(|routes| (kind, routes)));
    all.map(|(kind, routes)| Table::new(kind, routes)).collect()
}

/// The lookups of a table, the mesh's first.
#[must_use]
pub fn lookups(table: &Arc<Table>) -> Vec<Operation> {
    let mut lookups = vec![operation("mesh", table, Table::find)];
    if table.paths.is_some() {
        lookups.push(operation("matchit", table, Table::path));
    }
    lookups
}

/// The scan of a table; of many routes it is done less often in a block.
#[must_use]
pub fn scan(table: &Arc<Table>) -> Operation {
    let runs = RUNS * 10 / u32::try_from(table.routes).unwrap_or(u32::MAX);
    operation("scan", table, Table::scan).of_runs(runs.max(1))
}

fn operation<T: 'static>(
    subject: &'static str,
    table: &Arc<Table>,
    run: impl Fn(&Table) -> T + 'static,
) -> Operation {
    let (name, table) = (table.name.clone(), Arc::clone(table));
    Operation::new(subject, name, move || {
        black_box(run(&table));
    })
}

fn rule(kind: Kind, number: usize, routes: usize) -> Result<Rule<usize>, Error> {
    let name = RouteName::new(&format!("route-{number:05}"))?;
    let conditions = match kind {
        Kind::Last if number + 1 == routes => Conditions::any(),
        Kind::Prefix | Kind::Last => of_path(PathCondition::Prefix(prefix(number).into())),
        Kind::Exact => of_path(PathCondition::Exact(format!("{}x", prefix(number)).into())),
        Kind::Regex => {
            let pattern = Pattern::new(&format!("/v[0-9]+{}.*", prefix(number)))?;
            of_path(PathCondition::Regex(pattern))
        }
        Kind::Header => {
            let source = HeaderSource::Header(HeaderName::from_static("x-tenant"));
            let value = ValueCondition::Exact(format!("tenant-{number:05}").into());
            Conditions::any().with_headers([HeaderCondition::value(source, value)])
        }
    };
    Ok(Rule::new(name, None, conditions, number))
}

fn of_path(path: PathCondition) -> Conditions {
    Conditions::any().with_path(path)
}

fn paths(kind: Kind, routes: usize) -> Result<Option<matchit::Router<usize>>, Error> {
    let rest = match kind {
        Kind::Prefix => "{*rest}",
        Kind::Exact => "x",
        Kind::Regex | Kind::Header | Kind::Last => return Ok(None),
    };
    let mut router = matchit::Router::new();
    for number in 0..routes {
        router.insert(format!("{}{rest}", prefix(number)), number)?;
    }
    Ok(Some(router))
}

/// How the paths of a route begin; all of the same length, so that their numbers order them.
#[must_use]
pub fn prefix(number: usize) -> String {
    format!("/route-{number:05}/")
}

/// How many routes the tables have.
pub const ROUTES: [usize; 4] = [10, 100, 1_000, 10_000];
/// How many an Envoy has that is called.
pub const CALLED: [usize; 3] = [1, 1_000, 10_000];
/// What the routes of a table are told apart by, each beside the linear scan.
pub const KINDS: [Kind; 4] = [Kind::Prefix, Kind::Exact, Kind::Regex, Kind::Header];
const HOST: &str = "called.bench.local";
