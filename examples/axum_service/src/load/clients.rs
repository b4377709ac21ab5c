//! The clients. Each asks, is answered or leaves, and asks again. Over HTTP/2 three of them share a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderValue, Method, Response, StatusCode};
use fastrand::Rng;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::Load;
use crate::Failure;
use crate::client::{Asking, Connection, open_socket, text_of};
use crate::goods::Item;

/// Half of them HTTP/1.1. Sockets for quotes are opened beside.
pub(crate) const CONNECTIONS: usize = 64;

/// How many share a connection of HTTP/2.
const SHARERS: usize = 3;

/// Long enough for anything: what takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that was sent, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Its number, which is in its id, its path, and the name of its caller.
    pub(crate) number: usize,
    pub(crate) ask: Ask,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Order(Item),
    Export,
    /// A socket, on which all items are asked for.
    Quotes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    /// By a client that meant to.
    Left,
    /// Another's answer, or another id.
    Mixed(String),
    Lost(String),
}

/// When a client hangs up.
#[derive(Clone, Copy, Debug)]
enum Leave {
    Never,
    /// After so long, if there is no answer then.
    Early(Duration),
    /// When the head of the answer is there.
    AfterHead,
    /// When some of the body is there.
    InBody,
}

impl Ask {
    fn at_random(rng: &mut Rng) -> Self {
        match rng.u8(..10) {
            0 => Ask::Quotes,
            1..=3 => Ask::Export,
            _ => Ask::Order(rng.choice(Item::ALL).expect("there is something")),
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Ask::Order(_) => Method::POST,
            Ask::Export | Ask::Quotes => Method::GET,
        }
    }

    pub(crate) fn path(self, number: usize) -> String {
        match self {
            Ask::Order(item) => format!("/orders/po-{number}/{item}"),
            Ask::Export => format!("/exports/po-{number}"),
            Ask::Quotes => format!("/quotes/po-{number}"),
        }
    }
}

impl Leave {
    fn at_random(rng: &mut Rng) -> Self {
        match rng.u8(..10) {
            0 => Leave::Early(Duration::from_micros(rng.u64(..20_000))),
            1 => Leave::AfterHead,
            2 => Leave::InBody,
            _ => Leave::Never,
        }
    }
}

pub(crate) async fn ask_all(address: SocketAddr, load: &Load) -> Result<Vec<Sent>, Failure> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    let mut start = |line| {
        let client = Client {
            load: *load,
            next: Arc::clone(&next),
            line,
        };
        clients.spawn(client.ask_until_done());
    };
    for _ in 0..CONNECTIONS / 2 {
        start(Line::new(address, false));
        let mut first = Line::new(address, true);
        let connection = first.connection().await?;
        for _ in 1..SHARERS {
            let connection = connection.share();
            start(Line {
                address,
                is_http2: true,
                connection,
            });
        }
        start(first);
    }
    let mut sent = Vec::with_capacity(load.requests);
    while let Some(client) = clients.join_next().await {
        sent.extend(client?);
    }
    Ok(sent)
}

struct Client {
    load: Load,
    next: Arc<AtomicUsize>,
    line: Line,
}

/// A connection, opened when there is none.
struct Line {
    address: SocketAddr,
    is_http2: bool,
    connection: Option<Connection>,
}

impl Line {
    fn new(address: SocketAddr, is_http2: bool) -> Self {
        Line {
            address,
            is_http2,
            connection: None,
        }
    }

    async fn connection(&mut self) -> Result<&mut Connection, Failure> {
        if self.connection.is_none() {
            let opened = match self.is_http2 {
                false => Connection::http1(self.address).await?,
                true => Connection::http2(self.address).await?,
            };
            self.connection = Some(opened);
        }
        Ok(self.connection.as_mut().expect("it is there"))
    }
}

impl Client {
    async fn ask_until_done(mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.load.requests {
                return sent;
            }
            let mut rng = Rng::with_seed(self.load.seed.wrapping_add(number as u64));
            let (ask, leave) = (Ask::at_random(&mut rng), Leave::at_random(&mut rng));
            let outcome = self.ask(number, ask, leave).await;
            sent.push(Sent { number, ask, outcome });
        }
    }

    async fn ask(&mut self, number: usize, ask: Ask, leave: Leave) -> Outcome {
        let asked = async {
            match ask {
                Ask::Quotes => quotes(self.line.address, number, leave).await,
                _ => request(&mut self.line, number, ask, leave).await,
            }
        };
        let outcome = match timeout(PATIENCE, asked).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::Lost(error.to_string()),
            Err(_) => Outcome::Lost(format!("no answer in {PATIENCE:?}")),
        };
        // Over HTTP/1.1 the connection is all that one can hang up; what failed is opened anew.
        let is_over = match &outcome {
            Outcome::Answered => false,
            Outcome::Left => !self.line.is_http2,
            Outcome::Mixed(_) | Outcome::Lost(_) => true,
        };
        if is_over {
            self.line.connection = None;
        }
        outcome
    }
}

fn asking(number: usize) -> Asking {
    Asking {
        id: format!("r-{number}"),
        caller: format!("c-{number}"),
    }
}

async fn request(line: &mut Line, number: usize, ask: Ask, leave: Leave) -> Result<Outcome, Failure> {
    let (path, asking) = (ask.path(number), asking(number));
    let answer = line.connection().await?.send(ask.method(), &path, &asking);
    let mut response = match leave {
        Leave::Early(after) => match timeout(after, answer).await {
            Ok(response) => response?,
            Err(_) => return Ok(Outcome::Left),
        },
        _ => answer.await?,
    };
    if let Some(mixed) = another_id(response.headers().get("x-request-id"), &asking) {
        return Ok(mixed);
    }
    match leave {
        Leave::AfterHead => Ok(Outcome::Left),
        Leave::InBody => {
            drop(response.body_mut().frame().await);
            Ok(Outcome::Left)
        }
        Leave::Never | Leave::Early(_) => judge(response, number, ask).await,
    }
}

fn another_id(said: Option<&HeaderValue>, asking: &Asking) -> Option<Outcome> {
    match said {
        Some(said) if said.as_bytes() == asking.id.as_bytes() => None,
        Some(said) => Some(Outcome::Mixed(format!("{} was answered {said:?}", asking.id))),
        None => Some(Outcome::Lost(format!("{} was answered without an id", asking.id))),
    }
}

/// Reads the answer to its end.
async fn judge(response: Response<Incoming>, number: usize, ask: Ask) -> Result<Outcome, Failure> {
    let status = response.status();
    if !status.is_success() {
        return Ok(Outcome::Lost(format!("po-{number} was answered {status}")));
    }
    let text = text_of(response).await?;
    Ok(match ask {
        Ask::Order(item) => {
            match text == format!("po-{number} {item} {}\n", item.price()) && status == StatusCode::CREATED {
                true => Outcome::Answered,
                false => Outcome::Mixed(format!("po-{number} was answered {text:?}")),
            }
        }
        _ => judge_export(&text, number),
    })
}

/// Each line of an export says under which id the order was placed: its own.
fn judge_export(text: &str, number: usize) -> Outcome {
    let (heads, orders): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
    if heads != ["# page 1", "# page 2", "# page 3"] {
        return Outcome::Lost(format!("po-{number} got the pages {heads:?}"));
    }
    let is_right = |line: &str| {
        let [order, item, price, request] = line.split(' ').collect::<Vec<_>>()[..] else {
            return false;
        };
        let number = order.strip_prefix("po-");
        number == request.strip_prefix("r-")
            && price.parse().ok() == Item::named(item).map(Item::price)
            && number.is_some()
    };
    match orders.iter().find(|line| !is_right(line)) {
        None => Outcome::Answered,
        Some(line) => Outcome::Mixed(format!("po-{number} got the line {line:?}")),
    }
}

async fn quotes(address: SocketAddr, number: usize, leave: Leave) -> Result<Outcome, Failure> {
    let (path, asking) = (Ask::Quotes.path(number), asking(number));
    let open = open_socket(address, &path, &asking);
    let (mut socket, id) = match leave {
        Leave::Early(after) => match timeout(after, open).await {
            Ok(opened) => opened?,
            Err(_) => return Ok(Outcome::Left),
        },
        _ => open.await?,
    };
    if let Some(mixed) = another_id(id.as_ref(), &asking) {
        return Ok(mixed);
    }
    if let Leave::AfterHead = leave {
        return Ok(Outcome::Left);
    }
    for item in Item::ALL {
        socket.send(Message::text(item.name())).await?;
        if let Leave::InBody = leave {
            return Ok(Outcome::Left);
        }
        let answer = socket.next().await.ok_or("the socket is closed")??;
        if answer.to_text()? != format!("{item} {}", item.price()) {
            return Ok(Outcome::Mixed(format!("po-{number} was quoted {answer:?}")));
        }
    }
    socket.close(None).await?;
    Ok(Outcome::Answered)
}
