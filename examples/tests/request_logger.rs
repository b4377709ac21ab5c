//! Runs the built example as a user does.

use std::env::consts::EXE_SUFFIX;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

#[test]
fn each_line_of_the_demo_has_the_id_of_its_request() {
    let output = run(&["--demo", "300"]);
    assert_eq!(output.status.code(), Some(0), "{}", tail(&output));
    assert!(tail(&output).contains("300 requests"), "{}", tail(&output));
    assert!(tail(&output).contains("0 mixed up, 0 lost"), "{}", tail(&output));
}

#[test]
fn the_demo_shows_the_lines_of_a_task_that_was_not_given_the_context() {
    let output = run(&["--demo", "300", "--break", "spawn"]);
    assert_eq!(output.status.code(), Some(1), "{}", tail(&output));
    assert!(
        tail(&output).contains("mixed up: -: in the spawned task"),
        "{}",
        tail(&output)
    );
    assert!(tail(&output).contains("and 280 more"), "{}", tail(&output));
    assert!(
        tail(&output).contains("300 mixed up, 0 lost"),
        "{}",
        tail(&output)
    );
}

#[test]
fn wrong_arguments_are_named() {
    let wrong: [(&[&str], &str); 5] = [
        (&["--fast"], "--fast"),
        (&["--demo"], "--demo"),
        (&["--demo", "0"], "from 1 to"),
        (&["--addr", "localhost"], "an address and a port"),
        (&["--break", "all"], "knows only `spawn`"),
    ];
    for (args, named) in wrong {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(named), "{args:?}: {said}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--addr", &address]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
}

#[cfg(unix)]
#[test]
fn it_serves_until_ctrl_c() {
    let mut server = Server::start();
    let body = server.get();
    assert!(
        body.contains("0: chunk 1") && body.contains("0: chunk 3"),
        "{body}"
    );
    server.wait_for("0: finish");

    server.press_ctrl_c();
    server.wait_for("-: stopped");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn a_body_cut_off_by_its_client_ends_in_its_own_request() {
    let mut server = Server::start();
    // The body may already be on its way when the client leaves, so there is more than one try.
    let is_cut_off = |id| {
        let mut client = server.send();
        // The answer has begun, so that there is a body to cut off.
        client.read_exact(&mut [0]).unwrap();
        drop(client);
        let cut_off = format!("{id}: cut off");
        server.wait_for_any(&[&cut_off, &format!("{id}: finish")]) == cut_off
    };
    assert!((0..100).any(is_cut_off));
}

/// The example as a server. It is killed when the test ends, whichever way.
struct Server {
    child: Child,
    address: String,
    log: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start() -> Self {
        let mut child = example(&["--addr", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self {
            child,
            log,
            address: String::new(),
        };
        let listening = server.wait_for("-: listening on http://");
        server.address = listening.rsplit('/').next().unwrap().to_owned();
        server
    }

    fn send(&self) -> TcpStream {
        let mut client = TcpStream::connect(&self.address).unwrap();
        write!(client, "GET / HTTP/1.1\r\nhost: it\r\nconnection: close\r\n\r\n").unwrap();
        client
    }

    fn get(&self) -> String {
        let mut answer = String::new();
        self.send().read_to_string(&mut answer).unwrap();
        answer
    }

    #[cfg(unix)]
    fn press_ctrl_c(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn wait_for(&mut self, start: &str) -> String {
        self.wait_for_any(&[start])
    }

    /// Reads the log up to a line that starts so.
    fn wait_for_any(&mut self, starts: &[&str]) -> String {
        let mut lines = self.log.by_ref().lines().map(Result::unwrap);
        let found = lines.find(|line| starts.iter().any(|start| line.starts_with(start)));
        found.unwrap_or_else(|| panic!("the log ended without any of {starts:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(args: &[&str]) -> Output {
    example(args).output().unwrap()
}

/// The example beside this test: `cargo test` builds both.
fn example(args: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let example: PathBuf = profile
        .join("examples")
        .join(format!("request_logger{EXE_SUFFIX}"));
    assert!(
        example.exists(),
        "first: cargo build -p throughline-examples --examples"
    );
    let mut command = Command::new(example);
    command.args(args);
    command
}

/// The end of what was printed: the demo's log is long.
fn tail(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let from = text.lines().count().saturating_sub(30);
    text.lines().skip(from).collect::<Vec<_>>().join("\n")
}
