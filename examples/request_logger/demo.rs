//! `--demo`: a client in the same process, over real sockets.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Request, StatusCode, Uri};
use futures_util::stream::{self, StreamExt as _};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time;

use crate::check::{self, Answer};
use crate::log;
use crate::record::Token;
use crate::report::Report;
use crate::server::{self, Forget, TOKEN_HEADER};

type Client = legacy::Client<HttpConnector, Empty<Bytes>>;

/// Sends `requests` requests to a server of its own and judges what was logged.
pub(crate) async fn run(listener: TcpListener, requests: u64, forget: Forget) -> io::Result<ExitCode> {
    let began = Instant::now();
    let limits = Limits::for_requests(requests)?;
    println!("sending {requests} requests, {limits}");

    log::keep();
    let sent: Vec<Token> = (0..requests).map(Token::nth).collect();
    let answers = serve_and_ask(listener, forget, &sent, &limits).await?;
    let log = log::take_kept();

    let verdict = check::check(&sent, &log, &answers);
    let report = Report {
        log,
        verdict,
        sent: sent.len(),
        limits,
        took: began.elapsed(),
    };
    report.print()
}

async fn serve_and_ask(
    listener: TcpListener,
    forget: Forget,
    sent: &[Token],
    limits: &Limits,
) -> io::Result<Vec<Answer>> {
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let tick = Duration::from_millis(50);
    let server = tokio::spawn(server::serve(listener, forget, tick, stopped));
    let answers = ask_all(sent, address, limits).await;
    drop(stop);
    server.await??;
    Ok(answers)
}

/// Asks for each token, at most `limits.in_flight` at a time; what is not answered in time is missing.
async fn ask_all(sent: &[Token], address: SocketAddr, limits: &Limits) -> Vec<Answer> {
    let client = legacy::Client::builder(TokioExecutor::new()).build_http();
    let mut answers = Vec::with_capacity(sent.len());
    let all = stream::iter(sent)
        .map(|&token| tokio::spawn(ask(client.clone(), address, token)))
        .buffer_unordered(limits.in_flight)
        .for_each(|answer| {
            // One that panicked has said so, and is missed by the check.
            answers.extend(answer);
            std::future::ready(())
        });
    if time::timeout(limits.patience, all).await.is_err() {
        eprintln!("request_logger: gave up after {:?}", limits.patience);
    }
    answers
}

async fn ask(client: Client, address: SocketAddr, token: Token) -> Answer {
    let chunk_ids = fetch(&client, address, token).await;
    Answer {
        token,
        chunk_ids: chunk_ids.map_err(|error| with_causes(&*error)),
    }
}

type Failure = Box<dyn Error + Send + Sync>;

async fn fetch(client: &Client, address: SocketAddr, token: Token) -> Result<Vec<Option<u64>>, Failure> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(address.to_string())
        .path_and_query("/")
        .build()?;
    let request = Request::get(uri)
        .header(TOKEN_HEADER, token.to_string())
        .body(Empty::new())?;
    let response = client.request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("status {}", response.status()).into());
    }
    let body = response.into_body().collect().await?.to_bytes();
    std::str::from_utf8(&body)?.lines().map(id_of_chunk).collect()
}

/// The id in `17: chunk 1`, none in `-: chunk 1`.
fn id_of_chunk(line: &str) -> Result<Option<u64>, Failure> {
    match line.split_once(": ") {
        Some(("-", _)) => Ok(None),
        Some((id, _)) => Ok(Some(id.parse()?)),
        None => Err(format!("no id in the chunk `{line}`").into()),
    }
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// How much the demo takes on at once, and how long it waits.
#[derive(Debug)]
pub(crate) struct Limits {
    open_files: u64,
    in_flight: usize,
    patience: Duration,
}

impl Limits {
    fn for_requests(requests: u64) -> io::Result<Self> {
        let open_files = open_files()?;
        // Both ends of a connection are ours, and one that is about to be closed may still be open.
        let connections = open_files.saturating_sub(64) / 3;
        let in_flight = connections.clamp(1, 256);
        Ok(Self {
            open_files,
            in_flight: in_flight as usize,
            // A request takes some ten milliseconds; a turn of them gets a second.
            patience: Duration::from_secs(60 + requests / in_flight),
        })
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in flight at most (open files: ", self.in_flight)?;
        match self.open_files {
            u64::MAX => f.write_str("no limit)"),
            limit => write!(f, "{limit})"),
        }
    }
}

#[cfg(unix)]
fn open_files() -> io::Result<u64> {
    rlimit::Resource::NOFILE.get_soft()
}

/// Sockets are no files here.
#[cfg(not(unix))]
fn open_files() -> io::Result<u64> {
    Ok(u64::MAX)
}
