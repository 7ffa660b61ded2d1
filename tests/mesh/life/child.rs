//! Processes that get signals: this test binary again, running one test that is a program.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
};

/// Says to a test that it is run as a program, and with what.
const ARGUMENT: &str = "MESH_TEST_CHILD";

/// What the program was given, if this process is one.
pub(super) fn argument() -> Option<String> {
    std::env::var(ARGUMENT).ok()
}

/// A running program; killed when dropped.
pub(super) struct Program {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Program {
    /// Runs the test of this name, `life::…`, as a program.
    pub(super) fn start(test: &str, argument: &str) -> Self {
        let binary = std::env::current_exe().expect("this binary");
        let mut child = Command::new(binary)
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env(ARGUMENT, argument)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs once more");
        let said = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, said }
    }

    /// What it says next in a line that begins with this word.
    pub(super) fn says(&mut self, word: &str) -> String {
        let mut line = String::new();
        while self.said.read_line(&mut line).expect("a pipe") > 0 {
            // The test harness writes its own words before the program's.
            if let Some((_, rest)) = line.trim_end().split_once(&format!("{word}: ")) {
                return rest.to_owned();
            }
            line.clear();
        }
        panic!("the program ended without a word of {word}");
    }

    /// The address that it says it listens on.
    pub(super) fn addr(&mut self) -> SocketAddr {
        self.says("listening").parse().expect("an address")
    }

    pub(super) fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill is here");
        assert!(kill.success(), "kill -{name}");
    }

    pub(super) fn ends_well(mut self) {
        let mut rest = Vec::new();
        let read = std::io::Read::read_to_end(&mut self.said, &mut rest);
        read.expect("a pipe");
        let status = self.child.wait().expect("it was started");
        assert!(
            status.success(),
            "{status}: {}",
            String::from_utf8_lossy(&rest)
        );
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already if the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
