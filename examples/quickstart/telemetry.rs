//! What the nodes of the release record, and a look at each kind of it.

use std::{collections::BTreeMap, io};

use mesh_tower::{Mesh, MeshBuilder, XRay};

use crate::{
    access_log::AccessLog,
    daemon::Daemon,
    trace::{self, Span},
    traffic::Reply,
};

/// Where the nodes record to.
pub(crate) struct Telemetry {
    daemon: Daemon,
    logs: BTreeMap<String, AccessLog>,
}

/// What came of it.
pub(crate) struct Recorded {
    pub(crate) segments: usize,
    pub(crate) joined: usize,
}

impl Telemetry {
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self {
            daemon: Daemon::start()?,
            logs: BTreeMap::new(),
        })
    }

    /// Lets a node record all its requests.
    pub(crate) fn of(&mut self, node: &str, builder: MeshBuilder) -> MeshBuilder {
        let log = self.logs.entry(node.to_owned()).or_default().clone();
        builder
            .access_log(log)
            .xray(XRay::daemon(self.daemon.addr()).sampling(0, 1.0))
    }

    /// Shows one retried request as its nodes recorded it, which have been flushed.
    ///
    /// Fails if no such request can be put together from the documents.
    pub(crate) async fn show(&self, replies: &[Reply]) -> Result<Recorded, String> {
        // A segment of service-a for each request, and one of service-b for each attempt.
        let sent: usize = replies.iter().map(|reply| 2 + reply.retries()).sum();
        let documents = self.daemon.documents(sent).await;
        let mut traces = trace::trees(&documents);
        traces.retain(Span::joined);
        println!(
            "   Every request is recorded here; the default would be one each second, and 5 % of the rest."
        );
        println!(
            "   X-Ray segments:   {} of {sent} came by UDP, and {} of {} traces join",
            documents.len(),
            traces.len(),
            replies.len()
        );
        // The last, for it had the services to itself.
        let retried = traces.iter().rfind(|trace| trace.retried()).ok_or(
            "no retried request could be put together from its X-Ray segments: run it again on a less busy machine",
        )?;
        print_trace(retried);
        self.print_log(retried, replies);
        Ok(Recorded {
            segments: documents.len(),
            joined: traces.len(),
        })
    }

    fn print_log(&self, trace: &Span<'_>, replies: &[Reply]) {
        let request = replies
            .iter()
            .find(|reply| reply.joined_trace() == Some(trace.trace_id()));
        let Some(id) = request.and_then(Reply::request_id) else {
            return;
        };
        println!("\n   The same request in the access logs, found by its x-request-id:\n");
        for (node, log) in &self.logs {
            for line in log.lines_with(id) {
                println!("   {node:<13} {line}");
            }
        }
    }
}

fn print_trace(trace: &Span<'_>) {
    println!(
        "\n   A request that was retried, from {} segments of trace {}:\n",
        trace.segments(),
        trace.trace_id()
    );
    print!("{trace}");
}

/// Prints a few lines of the metrics page, and of their labels what differs.
pub(crate) fn print_metrics(mesh: &Mesh) {
    let page = mesh.metrics();
    let shown = |line: &&str| EXTRACT.iter().any(|name| line.starts_with(name));
    println!(
        "\n   From the {} lines of service-a's metrics, with … for labels that are alike:\n",
        page.lines().count()
    );
    for line in page.lines().filter(shown) {
        println!("   {}", shortened(line));
    }
    println!();
}

fn shortened(line: &str) -> String {
    let Some((before, target)) = line.split_once(r#"direction="outbound","#) else {
        return line.to_owned();
    };
    match target.split_once("target=") {
        Some((_, target)) => format!("{before}…,target={target}"),
        None => line.to_owned(),
    }
}

const EXTRACT: [&str; 4] = [
    r#"mesh_requests_total{direction="outbound""#,
    r#"mesh_retries_total{direction="outbound""#,
    "mesh_records_dropped_total",
    "mesh_xray_documents_sent_total",
];
