//! A server as a process: started, asked how much of the processor it took, ended.

use std::fmt;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::serve::{Ids, SERVE};

/// What a server is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// [`serve`](super::serve).
    Throughline,
    /// `node/web_server.js`, in that binary, which calls itself so.
    Node {
        /// The binary.
        binary: PathBuf,
        /// What `--version` says.
        version: String,
    },
}

impl Engine {
    /// Node, if that is one.
    ///
    /// # Errors
    /// If it cannot be started, or is no Node.
    pub fn node(binary: impl Into<PathBuf>) -> io::Result<Self> {
        let binary = binary.into();
        let said = Command::new(&binary).arg("--version").output()?.stdout;
        let version = String::from_utf8_lossy(&said).trim().to_owned();
        match version.starts_with('v') {
            true => Ok(Engine::Node { binary, version }),
            false => Err(io::Error::other(format!("{} is no node", binary.display()))),
        }
    }

    fn command(&self, ids: Ids) -> io::Result<Command> {
        let mut command = match self {
            Engine::Throughline => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg(SERVE);
                command
            }
            Engine::Node { binary, .. } => {
                let mut command = Command::new(binary);
                command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("node/web_server.js"));
                command
            }
        };
        command.arg(ids.to_string());
        Ok(command)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Engine::Throughline => f.write_str("Throughline, axum"),
            Engine::Node { version, .. } => write!(f, "Node {}", version.trim_start_matches('v')),
        }
    }
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts a server whose log knows its requests so.
    ///
    /// # Errors
    /// If it does not come as far as to listen.
    pub fn start(engine: &Engine, ids: Ids) -> io::Result<Self> {
        let mut command = engine.command(ids)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line)?;
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .and_then(|it| it.parse().ok());
        match address {
            Some(address) => Ok(Process { child, address }),
            None => {
                child.kill()?;
                child.wait()?;
                Err(io::Error::other(format!("{engine} did not listen: {line:?}")))
            }
        }
    }

    /// How long its threads have run, in user code and in the kernel for it; none where the system does not say (it is no Linux).
    pub fn processor_time(&self) -> Option<Duration> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let took = threads.map(|thread| {
            let said = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            said.split(' ').next()?.parse::<u64>().ok()
        });
        took.sum::<Option<u64>>().map(Duration::from_nanos)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
