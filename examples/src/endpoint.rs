//! One endpoint of the echo: what its process runs, and that process as seen from outside.

use std::{io::Read, net::SocketAddr, process::Stdio, time::Duration};

use mesh_core::{
    config::{Listener, Mesh as Model, VirtualNode},
    limit::ConnectionPool,
    unit::Protocol,
};
use mesh_tower::{Mesh, MeshBuilder};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time,
};

use crate::{Error, echo, kind::Kind};

/// Where an endpoint listens: one address for each port of the echo.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place([SocketAddr; 3]);

impl Place {
    /// Where a mesh listens that was [described] here.
    ///
    /// # Errors
    /// It was not.
    pub fn of_mesh(mesh: &Mesh) -> Result<Self, Error> {
        Self::new(mesh.addrs().values().copied().collect())
    }

    fn new(addrs: Vec<SocketAddr>) -> Result<Self, Error> {
        let addrs = addrs.try_into();
        let addrs = addrs.map_err(|_| "an endpoint does not listen on three ports")?;
        Ok(Self(addrs))
    }

    /// The address for calls of this kind.
    #[must_use]
    pub const fn of(self, kind: Kind) -> SocketAddr {
        let Self([http1, http2, grpc]) = self;
        match kind {
            Kind::Http1 => http1,
            Kind::Http2 => http2,
            Kind::Unary | Kind::Streaming => grpc,
        }
    }
}

/// Serves the echo in this process until SIGTERM, and drains; says first where it listens.
///
/// Ends with whoever started it, whose pipe it reads: no endpoint outlives its example.
///
/// # Errors
/// It could not listen.
pub async fn serve(work: Duration) -> Result<(), Error> {
    std::thread::spawn(|| {
        // What comes is of no interest, only that nothing can come any more.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let mesh = described(None)?.propagation(PROPAGATION).drain(DRAIN);
    let mesh = mesh.start().await?;
    let announced = async {
        mesh.ready().await;
        let addrs: Vec<_> = mesh.addrs().values().map(ToString::to_string).collect();
        println!("{LISTENING}{}", addrs.join(" "));
    };
    let (served, ()) = tokio::join!(mesh.serve(echo::app(work)), announced);
    Ok(served?)
}

/// The mesh of an endpoint, which listens on loopback where there is room. Each listener lets in so many requests at a time, if
/// that is said, and HTTP/1.1's lets as many wait.
///
/// # Errors
/// The number is out of range.
pub fn described(most: Option<i64>) -> Result<MeshBuilder, Error> {
    let mesh = Mesh::builder().config(model(most)?).virtual_node("echo");
    Ok(PORTS
        .iter()
        .fold(mesh, |mesh, (port, _)| mesh.bind(*port, "127.0.0.1:0")))
}

fn model(most: Option<i64>) -> Result<Model, Error> {
    let mut echo = VirtualNode::builder("echo").dns("echo");
    for (port, protocol) in PORTS {
        let mut listener = Listener::builder(port, protocol);
        if let Some(most) = most {
            let pool = match protocol {
                Protocol::Http => ConnectionPool::http(most, Some(most))?,
                _ => ConnectionPool::requests(most)?,
            };
            listener = listener.connection_pool(pool);
        }
        echo = echo.listener_with(listener);
    }
    Ok(Model::builder("examples").virtual_node(echo).build()?)
}

/// An endpoint in a process of its own; killed when dropped.
#[derive(Debug)]
pub struct Endpoint {
    child: Child,
    place: Place,
    /// Open as long as the endpoint may run; waiting for the child would close it if it were still there.
    _held: Option<ChildStdin>,
    /// Open too: a program that says something more at its end shall not fail for that.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Endpoint {
    /// Runs a program that [serves](serve), and waits until it listens.
    ///
    /// # Errors
    /// It does not run, or ended without saying where it listens.
    pub async fn start(mut program: Command) -> Result<Self, Error> {
        let mut child = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = child
            .stdout
            .take()
            .ok_or("the endpoint's output is not piped")?;
        let mut lines = BufReader::new(said).lines();
        while let Some(line) = time::timeout(PATIENCE, lines.next_line()).await?? {
            // What runs the program may have begun the line with words of its own.
            if let Some((_, addrs)) = line.split_once(LISTENING) {
                let place = place(addrs)?;
                return Ok(Self {
                    _held: child.stdin.take(),
                    _said: lines,
                    child,
                    place,
                });
            }
        }
        Err("an endpoint ended before it listened: run it alone to see why".into())
    }

    /// Where it listens.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Asks it to end, as an orchestrator does: SIGTERM.
    ///
    /// # Errors
    /// There is no `kill`, or no such process any more.
    pub async fn terminate(&self) -> Result<(), Error> {
        let id = self
            .child
            .id()
            .ok_or("the endpoint has ended before it was asked to")?;
        let kill = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
        if !kill.success() {
            return Err(format!("kill -TERM {id} failed: {kill}").into());
        }
        Ok(())
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// It does not, or with an error.
    pub async fn ended(mut self) -> Result<(), Error> {
        let status = time::timeout(PATIENCE, self.child.wait())
            .await
            .map_err(|_| format!("an endpoint still drains after {} s", PATIENCE.as_secs()))??;
        if !status.success() {
            return Err(format!("an endpoint that was asked to end failed: {status}").into());
        }
        Ok(())
    }

    /// Kills it, with whatever it is doing: SIGKILL.
    ///
    /// # Errors
    /// It could not be killed.
    pub async fn kill(mut self) -> Result<(), Error> {
        Ok(self.child.kill().await?)
    }
}

fn place(addrs: &str) -> Result<Place, Error> {
    let addrs: Vec<SocketAddr> = addrs
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Place::new(addrs)
}

/// In the order of their numbers, which is that of the addresses that an endpoint tells.
const PORTS: [(u16, Protocol); 3] = [
    (Kind::Http1.port(), Kind::Http1.protocol()),
    (Kind::Http2.port(), Kind::Http2.protocol()),
    (Kind::Unary.port(), Kind::Unary.protocol()),
];

const LISTENING: &str = "listening: ";

/// Longer than it takes until [discovery has been told](crate::fleet::HEARD).
const PROPAGATION: Duration = Duration::from_millis(600);
const DRAIN: Duration = Duration::from_secs(10);

/// Beyond propagation and drain together.
const PATIENCE: Duration = Duration::from_secs(20);
