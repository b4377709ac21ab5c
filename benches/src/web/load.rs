//! The client: some connections, each of which asks again as soon as it is answered, with an id of its own each time.
//!
//! It does as little as it can, since it takes its share of the machine: the less, the more of what is measured is the server's.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::Work;

/// So many requests, over so many connections.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Who is asked.
    pub address: SocketAddr,
    /// What is asked for.
    pub work: Work,
    /// How many requests, over all connections.
    pub requests: usize,
    /// How many connections.
    pub connections: usize,
    /// Whether each answer must say the id that its request said. If not, it must say none.
    pub is_named: bool,
}

/// How it went.
#[derive(Clone, Copy, Debug)]
pub struct Loaded {
    /// How many requests were answered rightly: all.
    pub requests: usize,
    /// From the first request to the last answer.
    pub took: Duration,
}

impl Loaded {
    /// Requests in a second.
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }
}

impl Load {
    /// Sends them, and waits for all answers.
    ///
    /// # Errors
    /// If a connection fails, or an answer is not as it should be.
    pub fn run(self) -> io::Result<Loaded> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        LocalSet::new().block_on(&runtime, self.send())
    }

    async fn send(self) -> io::Result<Loaded> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self).await?);
        }
        let next = Rc::new(Cell::new(0));
        let began = Instant::now();
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|connection| tokio::task::spawn_local(connection.ask(Rc::clone(&next))))
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(Loaded {
            requests: self.requests,
            took: began.elapsed(),
        })
    }
}

struct Connection {
    load: Load,
    socket: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(load: Load) -> io::Result<Self> {
        let socket = TcpStream::connect(load.address).await?;
        socket.set_nodelay(true)?;
        Ok(Connection {
            load,
            socket,
            read: Vec::with_capacity(1024),
        })
    }

    /// Asks as long as there are requests to be sent.
    async fn ask(mut self, next: Rc<Cell<usize>>) -> io::Result<()> {
        while next.get() < self.load.requests {
            let id = format!("request-{}", next.replace(next.get() + 1));
            let path = self.load.work.path();
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: {id}\r\n\r\n");
            self.socket.write_all(request.as_bytes()).await?;
            self.answer(&id).await?;
        }
        Ok(())
    }

    /// Reads one answer, and nothing of another: there is none.
    async fn answer(&mut self, id: &str) -> io::Result<()> {
        self.read.clear();
        loop {
            if self.socket.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match self.judge(id) {
                Ok(Some(())) => return Ok(()),
                Ok(None) => {}
                Err(wrong) => {
                    let read = String::from_utf8_lossy(&self.read);
                    return Err(io::Error::other(format!("{id}: {wrong}: {read:?}")));
                }
            }
        }
    }

    /// Nothing as long as there is more to come.
    fn judge(&self, id: &str) -> Result<Option<()>, &'static str> {
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(&self.read) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err("no HTTP"),
        };
        let header = |name: &str| {
            let found = response
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name));
            found.map(|header| header.value)
        };
        let body = &self.read[head..];
        let is_all = match header("content-length") {
            Some(length) => std::str::from_utf8(length).is_ok_and(|length| length == body.len().to_string()),
            None => body.ends_with(b"0\r\n\r\n"),
        };
        if !is_all {
            return Ok(None);
        }
        let named = self.load.is_named.then_some(id.as_bytes());
        match () {
            () if response.code != Some(200) => Err("not well"),
            () if header("x-request-id") != named => Err("another id"),
            () if !is_made_of(body, self.load.work.answer()) => Err("another body"),
            () => Ok(Some(())),
        }
    }
}

/// Whether `body` is that text, perhaps in chunks.
fn is_made_of(body: &[u8], text: &[u8]) -> bool {
    let mut left = text;
    for line in body.split_inclusive(|&c| c == b'\n') {
        // The size of a chunk, and what ends one, end so.
        if line.ends_with(b"\r\n") {
            continue;
        }
        match left.strip_prefix(line) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_made_of;

    #[test]
    fn a_body_in_chunks_is_the_text_that_they_make() {
        let text = b"chunk\nchunk\n";
        assert!(is_made_of(text, text));
        assert!(is_made_of(b"6\r\nchunk\n\r\n6\r\nchunk\n\r\n0\r\n\r\n", text));
        assert!(!is_made_of(b"6\r\nchunk\n\r\n0\r\n\r\n", text));
        assert!(!is_made_of(b"6\r\nchank\n\r\n6\r\nchunk\n\r\n0\r\n\r\n", text));
        assert!(!is_made_of(b"chunk\nchunk\nchunk\n", text));
    }
}
