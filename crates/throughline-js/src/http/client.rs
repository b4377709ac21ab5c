//! Connections that were asked for.

use super::body::{Arrived, Outgoing, Piece, Rest};
use super::exchange::{self, Alive, Exchange};
use super::{Net, head, listener};
use crate::event_loop::{Request, values};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rquickjs::convert::List;
use rquickjs::{Ctx, IntoJs, Object, Value};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::sync::{mpsc, oneshot};

/// A connection: dropped, it ends at once.
pub(super) struct Connection {
    /// Who sends requests, but while one is being sent.
    sender: Option<SendRequest<Outgoing>>,
    /// Gone when it is closed.
    exchanges: Option<Alive>,
    _end: oneshot::Sender<()>,
}

/// Looks a name up: the answer is addresses, or what stands against it.
pub(super) fn look_up(net: &Net, request: Request, host: String, family: u8) {
    net.tasks.spawn(async move {
        let is_wanted = |address: &SocketAddr| match family {
            4 => address.is_ipv4(),
            6 => address.is_ipv6(),
            _ => true,
        };
        let found = lookup_host((host.as_str(), 0)).await;
        let found: Vec<String> = match found {
            Ok(found) => found
                .filter(is_wanted)
                .map(|address| address.ip().to_string())
                .collect(),
            Err(_) => Vec::new(),
        };
        request.complete(move |ctx| values!(ctx, found, NotFound));
    });
}

/// As Node numbers it.
struct NotFound;

impl<'js> IntoJs<'js> for NotFound {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let about = Object::new(ctx.clone())?;
        about.set("code", "ENOTFOUND")?;
        about.set("errno", -3008)?;
        Ok(about.into_value())
    }
}

/// Makes a connection to one of several addresses, from a certain one if `local` says so. `dialing` is told whether there is one, `request` of what becomes of it.
pub(super) fn connect(
    net: &Arc<Net>,
    number: u64,
    dialing: Request,
    request: Request,
    to: Vec<SocketAddr>,
    local: Option<IpAddr>,
) {
    let of = net.clone();
    // Locked until the task is known, so that it cannot be done before.
    let mut connecting = net.connecting.lock();
    let task = net.tasks.spawn(async move {
        let reached = reach(&to, local).await;
        of.connecting.remove(&number);
        match reached {
            Ok(stream) => run(&of, dialing, &request, stream).await,
            Err(failures) => dialing.complete(move |ctx| values!(ctx, failures)),
        }
    });
    connecting.insert(number, task.abort_handle());
}

/// Why there is no connection to an address.
struct Failure {
    error: io::Error,
    address: SocketAddr,
}

impl<'js> IntoJs<'js> for Failure {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let about = Object::new(ctx.clone())?;
        listener::describe(&about, &self.error)?;
        about.set("address", self.address.ip().to_string())?;
        about.set("port", self.address.port())?;
        Ok(about.into_value())
    }
}

/// Tries one address after another.
async fn reach(to: &[SocketAddr], local: Option<IpAddr>) -> Result<Reached, Vec<Failure>> {
    let mut failures = Vec::new();
    for &address in to {
        match reach_one(address, local).await {
            Ok(reached) => return Ok(reached),
            Err(error) => failures.push(Failure { error, address }),
        }
    }
    Err(failures)
}

/// A connection, and its two ends.
type Reached = (TcpStream, SocketAddr, SocketAddr);

async fn reach_one(address: SocketAddr, local: Option<IpAddr>) -> io::Result<Reached> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(local) = local {
        socket.bind((local, 0).into())?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
    Ok((stream, local, remote))
}

/// Runs a connection to its end.
async fn run(net: &Arc<Net>, dialing: Request, request: &Request, (stream, local, remote): Reached) {
    let mut builder = http1::Builder::new();
    builder.title_case_headers(true);
    let Ok((sender, connection)) = builder.handshake(TokioIo::new(stream)).await else {
        dialing.complete(|ctx| values!(ctx, Vec::<Failure>::new()));
        return;
    };
    let number = net.new_id();
    let (end, ended) = oneshot::channel();
    let (exchanges, all_told) = exchange::until_dropped();
    let entry = Connection {
        sender: Some(sender),
        exchanges: Some(exchanges),
        _end: end,
    };
    net.clients.insert(number, entry);
    let addresses = listener::addresses(local, remote);
    dialing.complete(move |ctx| values!(ctx, rquickjs::Undefined, number, addresses));
    let natural = async {
        let _ = connection.await;
        if let Some(entry) = net.clients.lock().get_mut(&number) {
            entry.exchanges = None;
        }
        // What the server sent is told of before its end is.
        all_told.await;
    };
    tokio::select! {
        () = natural => {}
        _ = ended => {}
    }
    net.clients.remove(&number);
    net.exchanges.forget(number);
    let _ = request.emit(|ctx| values!(ctx, "end"));
}

/// Sends a request over a connection. The answer is the number of the exchange.
pub(super) fn send(net: &Arc<Net>, connection: u32, request: Arc<Request>, text: &str, first: Piece) -> u32 {
    let exchange = net.new_id();
    let is_last = first.is_last();
    let (pieces, more) = mpsc::unbounded_channel();
    let (ask, asked) = mpsc::unbounded_channel();
    net.exchanges.insert(
        exchange,
        Exchange::new(connection, request.clone(), None, (pieces, None), ask),
    );
    let sender = {
        let mut connections = net.clients.lock();
        let connection = connections.get_mut(&connection);
        connection.and_then(|connection| Some((connection.sender.take()?, connection.exchanges.clone()?)))
    };
    let message = head::request(text).map(|message| {
        let (parts, ()) = message.into_parts();
        let body = Outgoing::new(exchange, request.clone(), &parts.headers, first, more);
        let mut message = http::Request::from_parts(parts, body);
        tell_information(&mut message, request.clone());
        message
    });
    let transaction = Transaction {
        net: net.clone(),
        connection,
        exchange,
        request,
    };
    net.tasks.spawn(async move {
        match (sender, message) {
            (Some((sender, alive)), Ok(message)) => transaction.run(sender, message, asked, alive).await,
            _ => transaction.failed(None),
        }
    });
    if is_last {
        net.exchanges.settle(exchange, Exchange::is_sent);
    }
    exchange
}

/// Answers before the answer, as `100 Continue`, are events too.
fn tell_information(message: &mut http::Request<Outgoing>, request: Arc<Request>) {
    hyper::ext::on_informational(message, move |response| {
        let status = response.status();
        let reason = status.canonical_reason().unwrap_or_default();
        let raw = head::raw(response.headers());
        let _ = request.emit(move |ctx| values!(ctx, "information", status.as_u16(), reason, raw));
    });
}

/// A request on its way, and its answer.
struct Transaction {
    net: Arc<Net>,
    connection: u32,
    exchange: u32,
    request: Arc<Request>,
}

impl Transaction {
    async fn run(
        self,
        mut sender: SendRequest<Outgoing>,
        message: http::Request<Outgoing>,
        asked: mpsc::UnboundedReceiver<()>,
        alive: Alive,
    ) {
        let answered = match sender.ready().await {
            Ok(()) => sender.send_request(message).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok(response) => {
                if let Some(connection) = self.net.clients.lock().get_mut(&self.connection) {
                    connection.sender = Some(sender);
                }
                self.answered(response, asked, alive).await;
            }
            Err(error) => self.failed(error.is_parse().then(|| error.to_string())),
        }
    }

    async fn answered(
        self,
        response: http::Response<Incoming>,
        asked: mpsc::UnboundedReceiver<()>,
        alive: Alive,
    ) {
        let Transaction {
            net,
            connection,
            exchange,
            request,
        } = self;
        let reason = head::reason(&response);
        let (parts, mut body) = response.into_parts();
        let arrived = Arrived::at_once(&mut body).await;
        let is_over = arrived.is_over();
        let _ = request.emit_parts(true, move |ctx| {
            let (major, minor) = head::version(parts.version);
            let about = List((parts.status.as_u16(), reason, major, minor));
            let head = List(("response", exchange, about, head::raw(&parts.headers))).into_js(ctx)?;
            let mut all = vec![head];
            all.extend(arrived.into_parts(ctx, exchange)?);
            Ok(all)
        });
        if is_over {
            net.exchanges.settle(exchange, Exchange::is_received);
            return;
        }
        let rest = Rest {
            connection,
            exchange,
            request,
            body,
            asked,
            alive,
        };
        rest.pump(net).await;
    }

    /// There is no answer; what the server did wrong, if that is why.
    fn failed(&self, what: Option<String>) {
        let _ = self.request.emit(move |ctx| values!(ctx, "failed", what));
    }
}
