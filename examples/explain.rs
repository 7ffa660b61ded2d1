//! What happens to a request, and why: `explain FILE… --node N (or --gateway G) [-X METHOD] --url URL [-H 'name: value'] [--json]
//! [--param K=V] [--set NAME=VALUE] [--env] [--mesh M] [--kind K --name N] [--lenient] [--allow-dangling] [--last-wins]`.
//!
//! Nothing is started and nothing is sent: the files are read, compiled for the node or the gateway, and asked. Without files it
//! explains a request under the template that is built in. Ends with `ok: …`; with `--json` that goes to
//! standard error, and one line of JSON is all that comes out.
//! Exits with 0 if it could be explained, be it a refusal; with 1 if the files or the request are not right.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use http::Request;
use mesh_core::{Config, Head, Snapshot, decide::Decision, snapshot::Verdict};
use mesh_examples::files::FileArgs;

/// Explain what happens to a request, and where each number comes from. Without files, a template that is built in is explained.
#[derive(Parser)]
#[command(name = "explain")]
struct Args {
    #[command(flatten)]
    files: FileArgs,

    /// The virtual node that sends the request.
    #[arg(long, value_name = "NAME", conflicts_with = "gateway")]
    node: Option<String>,

    /// The virtual gateway that the request comes into; on the port of the URL, else on its first listener.
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,

    /// The request's method.
    #[arg(short = 'X', long = "method", default_value = "GET")]
    method: String,

    /// Where it is sent, as http://orders.local:8080/basket?id=1.
    #[arg(long)]
    url: Option<String>,

    /// A header of it; may be repeated. As with curl, `host` stands in the URL's place.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Prints the decision as one line of JSON, and nothing else.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(told) => {
            // Whoever closed the pipe has read enough.
            let _ = io::stdout().write_all(told.out.as_bytes());
            let _ = io::stderr().write_all(told.aside.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is printed.
struct Told {
    out: String,
    /// What would be in the way of who reads the rest.
    aside: String,
}

fn run(mut args: Args) -> Result<Told, Box<dyn Error>> {
    if args.files.files.is_empty() {
        args.node = args
            .node
            .or_else(|| args.gateway.is_none().then(|| NODE.to_owned()));
        args.url = args.url.or_else(|| Some(URL.to_owned()));
    }
    let snapshot = compiled(&args, &read(&args)?)?;
    let request = request(&args)?;
    let decision = snapshot.decide(&Head::from(&request));
    let end = format!("ok: {}\n", summary(&decision));
    Ok(match args.json {
        true => Told {
            out: decision.to_json() + "\n",
            aside: end,
        },
        false => Told {
            out: decision.explain() + "\n" + &end,
            aside: String::new(),
        },
    })
}

fn read(args: &Args) -> Result<Config, Box<dyn Error>> {
    let mut documents = args.files.documents()?;
    if args.files.files.is_empty() {
        documents.push(("canary.yaml".to_owned(), TEMPLATE.to_owned()));
    }
    let reader = documents
        .iter()
        .fold(args.files.reader(), |reader, (name, text)| {
            reader.document(name, text.as_str())
        });
    let read = reader.read();
    Ok(read.map_err(|errors| format!("the files are not right:\n{errors}"))?)
}

fn compiled(args: &Args, config: &Config) -> Result<Snapshot, Box<dyn Error>> {
    let role = match (&args.node, &args.gateway) {
        (Some(node), _) => config.node(node)?,
        (None, Some(gateway)) => config.gateway(gateway)?,
        (None, None) => return Err("who sends it? Say --node NAME or --gateway NAME".into()),
    };
    Ok(role.compile()?)
}

fn request(args: &Args) -> Result<Request<()>, Box<dyn Error>> {
    let url = args.url.as_deref().ok_or("which request? Say --url URL")?;
    let mut request = Request::builder().method(&*args.method).uri(url);
    for (name, value) in &args.headers {
        request = request.header(name, value.trim());
    }
    let request = request.body(());
    Ok(request.map_err(|error| format!("{} {url} is no request: {error}", args.method))?)
}

fn summary(decision: &Decision<'_>) -> String {
    match decision.verdict() {
        Verdict::Route(_) => {
            let (targets, passed) = (decision.shares().len(), decision.tried().len());
            format!("routed to {targets} targets, {passed} routes looked at")
        }
        Verdict::PassThrough(host) => format!("passed through to {}", host.authority),
        Verdict::Refuse(reason) => format!("refused, {reason}"),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME: VALUE".to_owned()),
    }
}

const TEMPLATE: &str = include_str!("config/canary.yaml");
const NODE: &str = "service-a";
const URL: &str = "http://service-b.default.svc.cluster.local:8080/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_all_that_comes_out() -> Result<(), Box<dyn Error>> {
        let told = run(Args::parse_from(["explain", "--json"]))?;
        let json: serde_json::Value = serde_json::from_str(&told.out)?;
        assert_eq!(json["route"], "split");
        assert!(
            told.aside.starts_with("ok: routed to 2 targets"),
            "{}",
            told.aside
        );
        let told = run(Args::parse_from(["explain"]))?;
        assert!(
            told.out.starts_with("GET http://service-b."),
            "{}",
            told.out
        );
        assert!(
            told.out.contains("\nok: routed to 2 targets"),
            "{}",
            told.out
        );
        assert_eq!(told.aside, "");
        Ok(())
    }
}
