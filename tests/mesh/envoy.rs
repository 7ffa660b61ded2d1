//! A real Envoy on loopback, for the tests that hold the library against it.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::Duration,
};

use tokio::{net::TcpStream, time};

const ENVOY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../target/envoy/envoy/_bin/envoy"
);
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether there is one; says so where there is none, and fails where one is required.
pub(crate) fn is_here() -> bool {
    let required = env::var("MESH_REQUIRE");
    found(Path::new(ENVOY), required.ok().as_deref())
}

fn found(envoy: &Path, required: Option<&str>) -> bool {
    let here = envoy.exists();
    let required = required.is_some_and(|what| what.split(',').any(|peer| peer == "envoy"));
    assert!(
        here || !required,
        "envoy is not here: benches/install-envoy.sh installs it"
    );
    if !here {
        println!("skipped: envoy is not here (benches/install-envoy.sh installs it)");
    }
    here
}

#[test]
fn without_an_envoy_its_tests_fail_where_it_is_required_and_are_skipped_elsewhere() {
    let (absent, present) = (Path::new("/nowhere/envoy"), Path::new("."));
    let found = |path: &'static Path, required: Option<&'static str>| {
        std::panic::catch_unwind(|| found(path, required)).ok()
    };
    let rows = [
        (None, Some(false)),
        (Some("moto,corpus"), Some(false)),
        (Some("envoy-next"), Some(false)),
        (Some("envoy"), None),
        (Some("moto,envoy,corpus"), None),
    ];
    for (required, outcome) in rows {
        assert_eq!(found(absent, required), outcome, "{required:?}");
        assert_eq!(found(present, required), Some(true), "{required:?}");
    }
}

/// One that runs; ends when dropped.
pub(crate) struct Envoy {
    process: Child,
    /// Where it takes requests.
    pub(crate) addr: SocketAddr,
    log: PathBuf,
    config: PathBuf,
}

impl Envoy {
    /// Starts one, whose configuration is made from the address of its listener and the path of its access log. `name` tells
    /// its files from those of the others.
    pub(crate) async fn start(
        name: &str,
        config: impl FnOnce(SocketAddr, &Path) -> String,
    ) -> Self {
        let addr = unused();
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        // Two runs in one checkout are two processes.
        let id = process::id();
        let file = |end: &str| dir.join(format!("envoy-{name}-{id}{end}"));
        let (log, path) = (file("-access.log"), file(".yaml"));
        fs::write(&log, "").expect("written");
        fs::write(&path, config(addr, &log)).expect("written");
        let process = Command::new(ENVOY)
            .args(["--disable-hot-restart", "--concurrency", "1"])
            .args([
                "--log-level",
                "error",
                "--file-flush-interval-msec",
                "20",
                "-c",
            ])
            .arg(&path)
            .stdin(Stdio::null())
            .spawn()
            .expect("envoy starts");
        let this = Self {
            process,
            addr,
            log,
            config: path,
        };
        let listens = async {
            while TcpStream::connect(addr).await.is_err() {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        time::timeout(PATIENCE, listens)
            .await
            .expect("envoy listens");
        this
    }

    /// The first lines of its access log, as soon as there are so many.
    pub(crate) async fn lines(&self, count: usize) -> Vec<String> {
        let written = async {
            loop {
                let text = fs::read_to_string(&self.log).expect("read");
                let lines = text.lines().take(count);
                match lines.map(ToOwned::to_owned).collect::<Vec<_>>() {
                    lines if lines.len() == count && text.ends_with('\n') => return lines,
                    _ => time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let lines = time::timeout(PATIENCE, written).await;
        lines.unwrap_or_else(|_| panic!("{count} lines in {}", self.log.display()))
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Those of a test that fails are looked at.
        if !thread::panicking() {
            let _ = fs::remove_file(&self.log);
            let _ = fs::remove_file(&self.config);
        }
    }
}

/// An address at which nobody listens.
pub(crate) fn unused() -> SocketAddr {
    let bound = TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
    bound.local_addr().expect("it is bound")
}
