//! What it costs to read and compile a large mesh, beside parsers that only parse.
//!
//! `cargo bench -p mesh-benches --bench load [-- --quick]`. The mesh has 1,000 nodes, 1,000 services and 1,000 routers with 10,000 routes, in
//! each form that is read. `read` is all of it: text into a checked configuration. The peers stop much earlier, at the events of the
//! same YAML (on whose parser the mesh's reader stands), and at a `serde_json::Value` of each JSON text: a bound, not a rival.
//! `check` is the part that no form has to itself, `compile` what the one node costs that may call every service. Figures are medians.

use std::{hint::black_box, process::Command};

use mesh_benches::{
    Error,
    figure::{self, median},
    load::{self, CALLER, EACH, Form, ROUTES},
    process,
    timing::now,
};
use mesh_core::config::Config;
use saphyr_parser::Parser;
use serde_json::{Deserializer, Value};

fn main() -> Result<(), Error> {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    if let Some(form) = Form::ALL.into_iter().find(|form| given(form.name())) {
        return most_resident(form);
    }
    let quick = given("--quick");
    let turns = if quick { 3 } else { 15 };
    figure::print_machine();
    figure::print_peers(&["saphyr-parser", "serde_json"])?;
    println!(
        "load: {EACH} nodes, services and routers, {} routes, {turns} turns, one thread",
        EACH * ROUTES
    );
    for form in Form::ALL {
        let documents = form.documents();
        let bytes: usize = documents.iter().map(String::len).sum();
        println!(
            "load: {} is {bytes} bytes in {} files",
            form.name(),
            documents.len()
        );
        let took = seconds(turns, || load::read(&documents).map(drop))?;
        print_speed("mesh", form, "read", bytes, took);
        let (peer, what, parse): (_, _, Parse) = match form {
            Form::Api => ("serde_json", "value", values),
            _ => ("saphyr-parser", "events", events),
        };
        let took = seconds(turns, || documents.iter().try_for_each(|text| parse(text)))?;
        print_speed(peer, form, what, bytes, took);
        let program = std::env::current_exe()?;
        Command::new(program).arg(form.name()).status()?;
    }
    compiled(turns)
}

type Parse = fn(&str) -> Result<(), Error>;

/// What a process of its own holds at most that reads the mesh once, with the texts and the configuration.
fn most_resident(form: Form) -> Result<(), Error> {
    let config = load::read(&form.documents())?;
    let most = format!("{:.0}", process::most_resident(std::process::id())?);
    drop(config);
    let what = format!("{}_most_resident", form.name());
    figure::print("load", "mesh", &what, most, "MB");
    Ok(())
}

fn events(text: &str) -> Result<(), Error> {
    Parser::new_from_str(text).try_for_each(|event| event.map(|event| drop(black_box(event))))?;
    Ok(())
}

fn values(text: &str) -> Result<(), Error> {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    values.try_for_each(|value| value.map(|value| drop(black_box(value))))?;
    Ok(())
}

fn compiled(turns: usize) -> Result<(), Error> {
    let mut meshes: Vec<_> = (0..=turns).map(|_| load::unchecked()).collect();
    let took = seconds(turns, || match meshes.pop() {
        Some(mesh) => mesh.build().map(|mesh| drop(black_box(mesh))),
        None => Ok(()),
    })?;
    print_time("check", took);
    let config = Config::from(load::unchecked().build()?);
    let node = config.node(CALLER)?;
    let took = seconds(turns, || {
        node.compile().map(|snapshot| drop(black_box(snapshot)))
    })?;
    print_time("compile", took);
    Ok(())
}

/// How long something takes, at the median; the first time counts for nothing.
fn seconds<E>(turns: usize, mut run: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut times = Vec::with_capacity(turns);
    for turn in 0..=turns {
        let start = now();
        run()?;
        if turn > 0 {
            times.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(median(times))
}

fn print_speed(subject: &str, form: Form, what: &str, bytes: usize, seconds: f64) {
    let what = format!("{}_{what}", form.name());
    let speed = format!("{:.1}", bytes as f64 / seconds / 1e6);
    figure::print("load", subject, &what, speed, "MB/s");
}

fn print_time(what: &str, seconds: f64) {
    figure::print(
        "load",
        "mesh",
        what,
        format_args!("{:.1}", seconds * 1e3),
        "ms",
    );
}
