//! Real signals to a real process.

use super::{child::Program, *};

/// A program: serves `orders` until it gets a signal, and tells how it goes.
#[tokio::test]
async fn serving_program() {
    let Some(argument) = child::argument() else {
        return;
    };
    let orders = Mesh::builder()
        .config(two_nodes())
        .virtual_node("orders")
        .bind(8080, "127.0.0.1:0")
        .drain(60 * SECOND);
    let orders = match argument.as_str() {
        "impatient" => orders.propagation(60 * SECOND),
        _ => orders.propagation(SECOND),
    };
    let orders = orders.start().await.expect("the mesh starts");
    orders.before_drain(async { println!("left: everything") });
    let phases = orders.clone();
    let told = tokio::spawn(async move {
        for phase in [Phase::Leaving, Phase::Draining] {
            phases.reached(phase).await;
            println!("phase: {phase}");
        }
    });
    let stuck = Router::new()
        .route("/", get(async || "hello"))
        .route("/stuck", get(pending::<()>));
    let listening = orders.clone();
    let announced = tokio::spawn(async move {
        listening.ready().await;
        println!("listening: {}", listening.addrs()[&8080]);
    });
    orders.serve(stuck).await.expect("it is served");
    announced.await.expect("no panic");
    told.await.expect("no panic");
}

async fn ask(at: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut io = TcpStream::connect(at).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n");
    io.write_all(request.as_bytes()).await.expect("sent");
    io
}

#[tokio::test]
async fn sigterm_goes_through_all_phases_and_loses_nobody() {
    let mut program = Program::start("life::signals::serving_program", "patient");
    let at = program.addr();
    answer(&mut ask(at, "/").await).await;
    program.signal("TERM");
    assert_eq!(program.says("left"), "everything");
    assert_eq!(program.says("phase"), "leaving");
    answer(&mut ask(at, "/").await).await;
    assert_eq!(program.says("phase"), "draining");
    program.ends_well();
}

#[tokio::test]
async fn each_further_signal_cuts_short_what_it_finds() {
    let mut program = Program::start("life::signals::serving_program", "impatient");
    let at = program.addr();
    let mut stuck = ask(at, "/stuck").await;
    program.signal("TERM");
    assert_eq!(program.says("left"), "everything");
    assert_eq!(program.says("phase"), "leaving");
    program.signal("INT");
    assert_eq!(program.says("phase"), "draining");
    program.signal("TERM");
    let mut rest = Vec::new();
    // Cut: with an end or a reset, but without an answer.
    let _ = stuck.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    program.ends_well();
}
