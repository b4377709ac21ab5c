//! The tour: one of each, and what the log says of it.

use std::net::{Ipv4Addr, SocketAddr};

use axum::http::{Method, StatusCode};
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Asking, Connection, open_socket, text_of};
use crate::lines::Lines;
use crate::service::{Forget, Service};
use crate::{Failure, context};

pub(crate) async fn run() -> Result<(), Failure> {
    let log = Lines::shown();
    context::log_to(log.clone());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let service = Service::open(None, Forget::Nothing)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = service.serve(listener, async { drop(stopped.await) });
    let tour = async {
        let ended = Tour { address, log }.all().await;
        drop(stop);
        ended
    };
    let (served, toured) = tokio::join!(serve, tour);
    served.and(toured)
}

struct Tour {
    address: SocketAddr,
    log: Lines,
}

fn ada(id: &str) -> Asking {
    Asking {
        id: id.to_owned(),
        caller: "ada".to_owned(),
    }
}

impl Tour {
    async fn all(&self) -> Result<(), Failure> {
        self.an_order().await?;
        self.an_id_that_is_none().await?;
        self.an_export().await?;
        self.a_client_that_hangs_up().await?;
        self.quotes().await
    }

    /// The handler, its call to itself, its query and the job after it are in one request.
    async fn an_order(&self) -> Result<(), Failure> {
        let mut connection = Connection::http1(self.address).await?;
        let order = connection
            .send(Method::POST, "/orders/po-1/tea", &ada("r-1"))
            .await?;
        assert_eq!(order.status(), StatusCode::CREATED);
        assert_eq!(order.headers()["x-request-id"], "r-1");
        assert_eq!(text_of(order).await?, "po-1 tea 430\n");

        let is_in = |line: &str, stamp: &str| assert!(line.starts_with(stamp), "{line}");
        let order = "request_id=r-1 caller=ada route=/orders/{number}/{item} ";
        is_in(&self.log.with("po-1: ada orders tea").await, order);
        is_in(&self.log.with("sqlite: INSERT INTO orders").await, order);
        is_in(&self.log.with("POST /orders/po-1/tea: finished").await, order);
        // The call to itself came in as a request of its own, under the same id.
        let price = "request_id=r-1 caller=ada route=/prices/{number}/{item} ";
        is_in(&self.log.with("po-1: tea is 430").await, price);
        // What crosses to a job is the id alone.
        let receipt = self.log.with("po-1: receipt over 430").await;
        is_in(&receipt, "request_id=r-1 ");
        assert!(!receipt.contains("caller="), "{receipt}");
        Ok(())
    }

    /// A client that sends nonsense is served under a new id.
    async fn an_id_that_is_none(&self) -> Result<(), Failure> {
        let mut connection = Connection::http2(self.address).await?;
        let order = connection
            .send(Method::POST, "/orders/po-2/milk", &ada("one INFO two"))
            .await?;
        let made = order.headers()["x-request-id"].to_str()?.to_owned();
        assert_eq!(text_of(order).await?, "po-2 milk 120\n");
        let line = self.log.with("po-2: receipt").await;
        assert!(line.starts_with(&format!("request_id={made} ")), "{line}");
        Ok(())
    }

    /// The pages are read when the handler is long gone; and SQLite's own trigger knew who wrote the rows.
    async fn an_export(&self) -> Result<(), Failure> {
        let mut connection = Connection::http1(self.address).await?;
        let export = connection.send(Method::GET, "/exports/po-3", &ada("r-3")).await?;
        let text = text_of(export).await?;
        assert!(text.contains("po-1 tea 430 r-1\n"), "{text}");
        for page in ["page 1", "page 3"] {
            let line = self.log.with(&format!("po-3: {page} of the export")).await;
            assert!(
                line.starts_with("request_id=r-3 caller=ada route=/exports/{number} "),
                "{line}"
            );
        }
        Ok(())
    }

    /// Listing 4 of Node's documentation: `req.on('close', …)`.
    async fn a_client_that_hangs_up(&self) -> Result<(), Failure> {
        let mut connection = Connection::http2(self.address).await?;
        let mut export = connection.send(Method::GET, "/exports/po-4", &ada("r-4")).await?;
        drop(export.body_mut().frame().await);
        drop((export, connection));
        // It may have been at its end before the server heard of it.
        let line = self.log.with("GET /exports/po-4: ").await;
        assert!(line.starts_with("request_id=r-4 caller=ada "), "{line}");
        Ok(())
    }

    /// The socket's task goes on in the request that opened it, after that has ended.
    async fn quotes(&self) -> Result<(), Failure> {
        let (mut socket, id) = open_socket(self.address, "/quotes/po-5", &ada("r-5")).await?;
        assert_eq!(id.ok_or("no id")?, "r-5");
        self.log.with("GET /quotes/po-5: finished").await;
        socket.send(Message::text("cocoa")).await?;
        let answer = socket.next().await.ok_or("no answer")??;
        assert_eq!(answer.to_text()?, "cocoa 520");
        drop(socket);
        for what in ["po-5: cocoa is 520", "po-5: quotes end"] {
            let line = self.log.with(what).await;
            assert!(line.starts_with("request_id=r-5 caller=ada route="), "{line}");
        }
        Ok(())
    }
}
