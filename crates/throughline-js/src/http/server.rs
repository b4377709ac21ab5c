//! Connections that were accepted.

use super::Net;
use super::body::{Arrived, Outgoing, Rest, Unfinished};
use super::exchange::{self, Alive, Exchange};
use super::head;
use crate::event_loop::{Request, values};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rquickjs::IntoJs;
use rquickjs::convert::List;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The time for the head of a request.
    pub(super) headers: Option<Duration>,
    /// The bytes of a head.
    pub(super) header_size: usize,
}

/// A connection: dropped, it ends at once.
pub(super) struct Connection {
    accepted: Option<(TcpStream, Limits)>,
    end: Option<oneshot::Sender<()>>,
    finish: Arc<tokio::sync::Notify>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, limits: Limits) -> Self {
        Connection {
            accepted: Some((stream, limits)),
            end: None,
            finish: Arc::default(),
        }
    }

    /// Ends after what is being answered.
    pub(super) fn finish(&self) {
        self.finish.notify_one();
    }
}

pub(super) fn serve(net: &Arc<Net>, number: u32, request: Request) {
    let (end, ended) = oneshot::channel();
    let (accepted, finish) = {
        let mut connections = net.servers.lock();
        let Some(connection) = connections.get_mut(&number) else {
            return;
        };
        connection.end = Some(end);
        (connection.accepted.take(), connection.finish.clone())
    };
    if let Some((stream, limits)) = accepted {
        let net = net.clone();
        let request = Arc::new(request);
        net.tasks.clone().spawn(async move {
            let (pumps, all_pumped) = exchange::until_dropped();
            let mut ended = ended;
            let error = tokio::select! {
                error = run(&net, number, &request, stream, limits, &finish, pumps) => {
                    // What the client sent is told of before its end is.
                    tokio::select! {
                        () = all_pumped => {}
                        _ = &mut ended => {}
                    }
                    error
                }
                _ = &mut ended => None,
            };
            net.exchanges.forget(number);
            net.servers.remove(&number);
            let _ = request.emit(move |ctx| values!(ctx, "end", error));
        });
    }
}

/// Runs a connection to its end. The answer is what the client did wrong, if that was the end.
async fn run(
    net: &Arc<Net>,
    number: u32,
    request: &Arc<Request>,
    stream: TcpStream,
    limits: Limits,
    finish: &tokio::sync::Notify,
    pumps: Alive,
) -> Option<String> {
    let service = service_fn(|message| answer(net.clone(), number, request.clone(), message, pumps.clone()));
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_header_size(limits.header_size)
        .title_case_headers(true)
        // The date is the script's: it may not want one.
        .auto_date_header(false);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut is_finishing = false;
    loop {
        tokio::select! {
            end = connection.as_mut() => {
                return end.err().filter(|error| error.is_parse()).map(|error| error.to_string());
            }
            () = finish.notified(), if !is_finishing => {
                is_finishing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Hands a request to the script, and waits for its answer.
async fn answer(
    net: Arc<Net>,
    connection: u32,
    request: Arc<Request>,
    message: http::Request<Incoming>,
    pumps: Alive,
) -> Result<http::Response<Outgoing>, Unfinished> {
    let (parts, mut body) = message.into_parts();
    // Who asks whether the body is welcome is answered when it is first asked for, which is the script's to do.
    let arrived = match parts.headers.contains_key(http::header::EXPECT) && !body.is_end_stream() {
        true => Arrived::default(),
        false => Arrived::at_once(&mut body).await,
    };
    let exchange = net.new_id();
    let (respond, response) = oneshot::channel();
    let (pieces, waiting) = mpsc::unbounded_channel();
    let (ask, asked) = mpsc::unbounded_channel();
    let entry = Exchange::new(
        connection,
        request.clone(),
        Some(respond),
        (pieces, Some(waiting)),
        ask,
    );
    net.exchanges.insert(exchange, entry);
    if arrived.is_over() {
        net.exchanges.settle(exchange, Exchange::is_received);
    } else {
        let rest = Rest {
            connection,
            exchange,
            request: request.clone(),
            body,
            asked,
            alive: pumps,
        };
        net.tasks.spawn(rest.pump(net.clone()));
    }
    let told = request.emit_parts(true, move |ctx| {
        let (major, minor) = head::version(parts.version);
        let mut target = String::new();
        head::push_latin1(&mut target, parts.uri.to_string().as_bytes());
        let about = List((parts.method.as_str(), target, major, minor));
        let head = List(("request", exchange, about, head::raw(&parts.headers))).into_js(ctx)?;
        let mut all = vec![head];
        all.extend(arrived.into_parts(ctx, exchange)?);
        Ok(all)
    });
    // The script is gone, or let go of it: no answer is the end of the connection.
    told.map_err(|_| Unfinished)?;
    response.await.map_err(|_| Unfinished)
}
