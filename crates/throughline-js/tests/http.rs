//! Servers and clients in scripts, over real sockets: whose store each request has, at scale and when it is broken off.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use throughline_core::AsyncLocalStorage;
use throughline_js::{Options, Runtime};

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a script writes, for the test to read.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A server script on a thread of its own. It calls `ready(port)`, and ends when `/end` is asked for.
struct Server {
    address: SocketAddr,
    written: Written,
    thread: thread::JoinHandle<i32>,
}

impl Server {
    fn start(script: &str) -> Self {
        let written = Written::default();
        let (to, from) = (written.clone(), script.to_owned());
        let (ready, port) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Runtime::builder()
                .options(Options::new().stdout(to))
                .build()
                .unwrap();
            runtime
                .with(|ctx| {
                    let ready =
                        rquickjs::Function::new(ctx.clone(), move |port: u16| ready.send(port).unwrap())?;
                    ctx.globals().set("ready", ready)
                })
                .unwrap();
            runtime.run_text(&from, "/server.js").unwrap()
        });
        let port = port.recv_timeout(PATIENCE).expect("the server listens");
        Server {
            address: ([127, 0, 0, 1], port).into(),
            written,
            thread,
        }
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client {
            stream,
            rest: Vec::new(),
        }
    }

    /// Asks it to end, and answers what it wrote.
    fn end(self) -> String {
        self.connect().get("/end");
        assert_eq!(self.thread.join().unwrap(), 0);
        self.written.text()
    }
}

/// One connection, kept alive.
struct Client {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Client {
    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    fn get(&mut self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        self.answer().1
    }

    /// The head and the body of an answer whose length is told.
    fn answer(&mut self) -> (String, String) {
        let head = self.until(b"\r\n\r\n");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |length| length.parse().unwrap());
        while self.rest.len() < length {
            assert!(self.more(), "the answer breaks off");
        }
        let body = self.rest.drain(..length).collect();
        (head, String::from_utf8(body).unwrap())
    }

    fn until(&mut self, end: &[u8]) -> String {
        loop {
            if let Some(at) = self.rest.windows(end.len()).position(|window| window == end) {
                let text = self.rest.drain(..at + end.len()).collect();
                return String::from_utf8(text).unwrap();
            }
            assert!(
                self.more(),
                "the connection ends before {:?}",
                String::from_utf8_lossy(end)
            );
        }
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).unwrap_or(0);
        self.rest.extend_from_slice(&buffer[..count]);
        count > 0
    }
}

/// A server whose handler passes a request's store through all that could lose it, and answers what it found at the end.
const MIXING: &str = "
    const http = require('node:http');
    const { AsyncLocalStorage } = require('node:async_hooks');
    const als = new AsyncLocalStorage();
    const turn = (f) => new Promise(f);
    const server = http.createServer((req, res) => {
      if (req.url === '/end') { res.end(); server.close(); return; }
      if (als.getStore() !== undefined) res.statusCode = 500;
      als.run({ url: req.url }, async () => {
        const seen = [];
        const look = () => seen.push(als.getStore()?.url);
        look();
        await turn((r) => setTimeout(r, Math.random() * 4));
        look();
        await null;
        look();
        await turn((r) => setImmediate(r));
        look();
        await turn((r) => process.nextTick(r));
        look();
        for await (const chunk of req) { void chunk; look(); }
        look();
        res.on('finish', () => { if (als.getStore()?.url !== `${req.url} entered`) process.exitCode = 9; });
        als.enterWith({ url: `${req.url} entered` });
        res.end(String(seen.every((url) => url === req.url) && seen.length > 5 ? req.url : seen));
      });
    });
    server.listen(0, '127.0.0.1', () => ready(server.address().port));
";

#[test]
fn two_thousand_requests_over_64_connections_keep_their_stores_apart() {
    const CONNECTIONS: usize = 64;
    const REQUESTS: usize = 2_000;
    let server = Server::start(MIXING);
    let wrong: Vec<String> = thread::scope(|scope| {
        let each = |connection: usize| {
            let server = &server;
            move || {
                let mut client = server.connect();
                let mut wrong = Vec::new();
                for request in (connection..REQUESTS).step_by(CONNECTIONS) {
                    let path = format!("/{connection}/{request}");
                    match request % 2 {
                        0 => client.send(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")),
                        _ => client.send(&format!(
                            "POST {path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                        )),
                    }
                    let (head, body) = client.answer();
                    if !head.starts_with("HTTP/1.1 200") || body != path {
                        wrong.push(format!("{path}: {body}"));
                    }
                }
                wrong
            }
        };
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|connection| scope.spawn(each(connection)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(wrong, Vec::<String>::new());
    server.end();
}

#[test]
fn what_a_request_enters_is_not_there_for_the_next_of_its_connection() {
    let server = Server::start(
        "const http = require('node:http');
         const { AsyncLocalStorage } = require('node:async_hooks');
         const als = new AsyncLocalStorage();
         const server = http.createServer((req, res) => {
           const before = String(als.getStore());
           als.enterWith(req.url);
           res.end(before);
           if (req.url === '/end') server.close();
         });
         server.listen(0, '127.0.0.1', () => ready(server.address().port));",
    );
    let mut client = server.connect();
    assert_eq!(["/1", "/2", "/3"].map(|path| client.get(path)), ["undefined"; 3]);
    // Three at once, answered in their order.
    client.send(&"GET /p HTTP/1.1\r\nHost: test\r\n\r\n".repeat(3));
    assert_eq!([(); 3].map(|()| client.answer().1), ["undefined"; 3]);
    drop(client);
    server.end();
}

#[test]
fn a_client_that_hangs_up_ends_its_request_alone() {
    let server = Server::start(
        "const http = require('node:http');
         const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
         const als = new AsyncLocalStorage();
         const server = http.createServer((req, res) => {
           if (req.url !== '/hangs') { res.end('fine'); if (req.url === '/end') server.close(); return; }
           als.run('hangs', () => {
             const tell = AsyncResource.bind((what) => console.log(what, als.getStore()));
             req.on('error', (error) => tell(`${error.code} ${error.message}`));
             req.on('aborted', () => tell('aborted'));
             req.on('close', () => tell('request closed'));
             res.on('close', () => tell(`response closed, finished: ${res.writableFinished}`));
             console.log('asked', als.getStore());
           });
         });
         server.listen(0, '127.0.0.1', () => ready(server.address().port));",
    );
    let mut other = server.connect();
    let mut client = server.connect();
    client.send("POST /hangs HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf");
    while !server.written.text().contains("asked") {
        assert_eq!(other.get("/"), "fine");
    }
    drop(client);
    while !server.written.text().contains("request closed") {
        assert_eq!(other.get("/"), "fine");
    }
    drop(other);
    let written = server.end();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(
        lines,
        [
            "asked hangs",
            "aborted hangs",
            "response closed, finished: false hangs",
            "ECONNRESET aborted hangs",
            "request closed hangs"
        ]
    );
}

#[test]
fn requests_that_are_no_requests_are_answered_400_and_told_of() {
    let server = Server::start(
        "const http = require('node:http');
         const server = http.createServer((req, res) => { res.end(); server.close(); });
         server.on('clientError', (error) => console.log(error.code.slice(0, 4)));
         server.listen(0, '127.0.0.1', () => ready(server.address().port));",
    );
    let mut client = server.connect();
    client.send("this is no request\r\n\r\n");
    assert!(client.until(b"\r\n\r\n").starts_with("HTTP/1.1 400"));
    assert!(!client.more(), "the connection is closed");
    // Two lengths: a way to smuggle a request through.
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx");
    assert!(client.until(b"\r\n\r\n").starts_with("HTTP/1.1 400"));
    assert_eq!(server.end(), "HPE_\nHPE_\n");
}

#[test]
fn a_script_that_serves_is_ended_with_its_runtime() {
    let runtime = Runtime::new().unwrap();
    let port = runtime
        .with(|ctx| {
            ctx.eval::<u16, _>(
                "const http = process.getBuiltinModule('node:http');
                 globalThis.server = http.createServer(() => {}).listen(0);
                 server.address().port",
            )
        })
        .unwrap();
    let mut open = TcpStream::connect(("127.0.0.1", port)).unwrap();
    open.set_read_timeout(Some(PATIENCE)).unwrap();
    drop(runtime);
    assert_eq!(open.read(&mut [0; 1]).unwrap_or(0), 0, "the connection ends");
    // Its thread lets go of the port in its own time.
    let bound = (0..1_000).find_map(|_| {
        thread::sleep(Duration::from_millis(5));
        TcpListener::bind(("127.0.0.1", port)).ok()
    });
    assert!(bound.is_some(), "the port is free");
}

static TENANT: AsyncLocalStorage<&'static str> = AsyncLocalStorage::new();

#[test]
fn two_runtimes_on_two_threads_ask_each_other() {
    let asked = Server::start(MIXING);
    let address = asked.address.to_string();
    let written = Written::default();
    let to = written.clone();
    let thread = thread::spawn(move || {
        let script = format!(
            "const http = require('node:http');
             const {{ AsyncLocalStorage }} = require('node:async_hooks');
             const als = new AsyncLocalStorage();
             const agent = new http.Agent({{ keepAlive: true, maxSockets: 3 }});
             let wrong = 0, left = 60;
             for (let i = 0; i < 60; i += 1) als.run(`/client/${{i}}`, () => {{
               http.get(`http://{address}/client/${{i}}`, {{ agent }}, (res) => {{
                 if (als.getStore() !== `/client/${{i}}`) wrong += 1;
                 let text = '';
                 res.on('data', (chunk) => {{ text += chunk; }});
                 res.on('end', () => {{
                   if (als.getStore() !== text) wrong += 1;
                   left -= 1;
                   if (left === 0) {{ console.log('wrong', wrong, tenant()); agent.destroy(); }}
                 }});
               }});
             }});"
        );
        let runtime = Runtime::builder()
            .options(Options::new().stdout(to))
            .build()
            .unwrap();
        runtime
            .with(|ctx| {
                let tenant = rquickjs::Function::new(ctx.clone(), || TENANT.get_store().unwrap_or("none"))?;
                ctx.globals().set("tenant", tenant)
            })
            .unwrap();
        // What Rust has set follows the clients' callbacks too.
        TENANT.run("acme", || runtime.run_text(&script, "/client.js").unwrap())
    });
    assert_eq!(thread.join().unwrap(), 0);
    assert_eq!(written.text(), "wrong 0 acme\n");
    asked.end();
}

/// `throughline run`, until it is dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines_of(stdout: &mut ChildStdout, count: usize) -> Vec<String> {
    let mut text = String::new();
    while text.lines().count() < count || !text.ends_with('\n') {
        let mut buffer = [0; 256];
        let read = stdout.read(&mut buffer).unwrap();
        assert!(read > 0, "the program ended: {text}");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_request_logger_runs_as_it_stands() {
    let listing = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js/listings/1-request-logger.js");
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    let child = command
        .arg("run")
        .arg(listing)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut program = Program(child);
    let mut stdout = program.0.stdout.take().unwrap();
    let connect = || {
        for _ in 0..600 {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", 8080)) {
                return stream;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the listing does not listen on its port");
    };
    let mut clients: Vec<Client> = (0..2)
        .map(|_| {
            let stream = connect();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            Client {
                stream,
                rest: Vec::new(),
            }
        })
        .collect();
    for client in &mut clients {
        assert_eq!(client.get("/"), "");
        assert_eq!(client.get("/again"), "");
    }
    let expected: Vec<String> = (0..4)
        .flat_map(|id| [format!("{id}: start"), format!("{id}: finish")])
        .collect();
    assert_eq!(lines_of(&mut stdout, 8), expected);
}
