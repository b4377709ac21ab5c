//! Exchanges: one request and its answer, as long as either is on its way.

use super::body::{Outgoing, Piece};
use super::{Table, head};
use crate::event_loop::Request;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{mpsc, oneshot};

/// Says that something of a connection goes on: see [`until_dropped`].
#[derive(Clone)]
pub(super) struct Alive(#[expect(dead_code, reason = "it is there to be dropped")] mpsc::Sender<()>);

/// A token, and a future that waits until all its copies are dropped.
pub(super) fn until_dropped() -> (Alive, impl Future<Output = ()>) {
    let (sender, mut receiver) = mpsc::channel(1);
    (Alive(sender), async move {
        receiver.recv().await;
    })
}

/// What the script can do with an exchange.
pub(super) struct Exchange {
    connection: u32,
    request: Arc<Request>,
    /// Where an answer goes, until it is given.
    respond: Option<oneshot::Sender<http::Response<Outgoing>>>,
    pieces: UnboundedSender<Piece>,
    /// What comes of the pieces, until there is a body that takes them.
    waiting: Option<UnboundedReceiver<Piece>>,
    asked: UnboundedSender<()>,
    has_sent: bool,
    has_received: bool,
}

impl Exchange {
    pub(super) fn new(
        connection: u32,
        request: Arc<Request>,
        respond: Option<oneshot::Sender<http::Response<Outgoing>>>,
        (pieces, waiting): (UnboundedSender<Piece>, Option<UnboundedReceiver<Piece>>),
        asked: UnboundedSender<()>,
    ) -> Self {
        Exchange {
            connection,
            request,
            respond,
            pieces,
            waiting,
            asked,
            has_sent: false,
            has_received: false,
        }
    }

    /// The script has sent all it wanted to.
    pub(super) fn is_sent(&mut self) {
        self.has_sent = true;
    }

    /// The script has all that the other side sent.
    pub(super) fn is_received(&mut self) {
        self.has_received = true;
    }
}

#[derive(Default)]
pub(super) struct Exchanges(Table<u32, Exchange>);

impl Exchanges {
    pub(super) fn insert(&self, number: u32, exchange: Exchange) {
        self.0.insert(number, exchange);
    }

    /// Notes that something of an exchange is done; it goes when all is.
    pub(super) fn settle(&self, number: u32, note: fn(&mut Exchange)) {
        let mut exchanges = self.0.lock();
        let Some(exchange) = exchanges.get_mut(&number) else {
            return;
        };
        note(exchange);
        if exchange.has_sent && exchange.has_received {
            let done = exchanges.remove(&number);
            drop(exchanges);
            drop(done);
        }
    }

    /// The connection is over.
    pub(super) fn forget(&self, connection: u32) {
        let mut exchanges = self.0.lock();
        let is_its = |exchange: &Exchange| exchange.connection == connection;
        let numbers: Vec<u32> = exchanges
            .iter()
            .filter(|(_, exchange)| is_its(exchange))
            .map(|(&number, _)| number)
            .collect();
        let gone: Vec<_> = numbers
            .iter()
            .filter_map(|number| exchanges.remove(number))
            .collect();
        drop(exchanges);
        drop(gone);
    }

    pub(super) fn respond(&self, number: u32, text: &str, first: Piece) {
        let is_last = first.is_last();
        let taken = {
            let mut exchanges = self.0.lock();
            exchanges.get_mut(&number).and_then(|exchange| {
                Some((
                    exchange.respond.take()?,
                    exchange.waiting.take()?,
                    exchange.request.clone(),
                ))
            })
        };
        let Some((respond, more, request)) = taken else {
            return;
        };
        let (parts, ()) = head::response(text).into_parts();
        let body = Outgoing::new(number, request, &parts.headers, first, more);
        // If nobody waits for it, the connection is over, and its end is told.
        let _ = respond.send(http::Response::from_parts(parts, body));
        if is_last {
            self.settle(number, Exchange::is_sent);
        }
    }

    pub(super) fn write(&self, number: u32, piece: Piece) {
        let is_last = piece.is_last();
        let pieces = self.0.lock().get(&number).map(|exchange| exchange.pieces.clone());
        if let Some(pieces) = pieces {
            let _ = pieces.send(piece);
        }
        if is_last {
            self.settle(number, Exchange::is_sent);
        }
    }

    pub(super) fn read(&self, number: u32) {
        if let Some(exchange) = self.0.lock().get(&number) {
            let _ = exchange.asked.send(());
        }
    }
}
