//! What happens to a request, and why: `explain FILE… --node N (or --gateway G) [-X METHOD] --url URL [-H 'name: value'] [--json]
//! [--param K=V] [--set NAME=VALUE] [--env] [--mesh M] [--kind K --name N] [--lenient] [--allow-dangling] [--last-wins]`.
//!
//! Nothing is started and nothing is sent: the files are read, compiled for the node or the gateway, and asked. Without files it
//! explains a request under the template that is built in. Ends with `ok: …`; with `--json` there is that line alone before it.
//! Exits with 0 if it could be explained, be it a refusal; with 1 if the files or the request are not right.

use std::{error::Error, process::ExitCode};

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

    /// A header of it; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Prints the decision as one line of JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Args) -> Result<(), Box<dyn Error>> {
    if args.files.files.is_empty() {
        args.node = args
            .node
            .or_else(|| args.gateway.is_none().then(|| NODE.to_owned()));
        args.url = args.url.or_else(|| Some(URL.to_owned()));
    }
    let snapshot = compiled(&args, &read(&args)?)?;
    let request = request(&args)?;
    let decision = snapshot.decide(&Head::from(&request));
    match args.json {
        true => println!("{}", decision.to_json()),
        false => println!("{}", decision.explain()),
    }
    println!("ok: {}", summary(&decision));
    Ok(())
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
