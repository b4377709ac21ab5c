//! The service: its routes, and what they share.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::serve::ListenerExt as _;
use tempfile::TempDir;
use throughline::tokio::tag;
use throughline_axum::{CurrentRequest, Store};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};

use crate::context::{self, Caller};
use crate::goods::{Item, Number};
use crate::orders::Orders;
use crate::prices::{self, Prices};
use crate::receipts::{self, Job, Receipt};
use crate::{Failure, export, quotes};

/// How long requests that are under way may take when the service is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What the service forgets on purpose, to show that the load test notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forget {
    Nothing,
    /// To carry the context to the thread of the query.
    Query,
}

/// The service, before it serves.
pub(crate) struct Service {
    orders: Orders,
    /// Where the database is that nobody gave a place.
    _directory: Option<TempDir>,
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) orders: Orders,
    pub(crate) prices: Prices,
    jobs: mpsc::Sender<Job>,
}

impl Service {
    /// With the database at that place; if none is given, with one that goes when this is dropped.
    pub(crate) fn open(database: Option<PathBuf>, forget: Forget) -> Result<Self, Failure> {
        let directory = match &database {
            Some(_) => None,
            None => Some(tempfile::tempdir()?),
        };
        let temporary = directory.as_ref().map(|it| it.path().join("orders.sqlite"));
        let database = database.or(temporary).expect("one of them");
        Ok(Service {
            orders: Orders::open(&database, forget)?,
            _directory: directory,
        })
    }

    pub(crate) fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Serves until `stop` is ready; then until all requests, and all jobs that they gave, are done.
    pub(crate) async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let address = listener.local_addr()?;
        let (jobs, queue) = mpsc::channel(64);
        // It belongs to no request: tokio's own `spawn` takes nothing along.
        let worker = tokio::spawn(receipts::work_off(queue, self.orders.clone()));
        let app = App {
            orders: self.orders.clone(),
            prices: Prices::at(address)?,
            jobs,
        };
        info!("listening on http://{address}");
        accept_until(listener, routes(app), stop).await?;
        worker.await?;
        info!("stopped");
        Ok(())
    }
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/orders/{number}/{item}", post(place_order))
        .route("/prices/{number}/{item}", get(prices::answer))
        .route("/exports/{number}", get(export::answer))
        .route("/quotes/{number}", any(quotes::answer))
        .with_state(app)
        .layer(middleware::from_fn(access_log))
        // Added last, so that it is outermost: all the above is in the request's context.
        .layer(context::layer())
}

async fn accept_until(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // The pages of an export are small, and each shall leave at once.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let (told, stopping) = oneshot::channel::<()>();
    let stop = async {
        stop.await;
        drop(told);
    };
    let out_of_patience = async {
        drop(stopping.await);
        tokio::time::sleep(GRACE).await;
    };
    let served = axum::serve(
        listener,
        routes.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(stop);
    tokio::select! {
        ended = served.into_future() => ended,
        () = out_of_patience => Ok(()),
    }
}

/// A line when a request begins, and one when it has ended, which says how.
async fn access_log(CurrentRequest(current): CurrentRequest, request: Request, next: Next) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    info!("{what}: begins");
    current.on_close(move |close| info!("{what}: {close}"));
    next.run(request).await
}

/// Orders an item, under the number that the customer gives the order.
async fn place_order(
    State(app): State<App>,
    Path((number, item)): Path<(Number, Item)>,
    Store(caller): Store<Caller>,
) -> Result<(StatusCode, String), Failed> {
    info!("{number}: {caller} orders {item}");
    // A request of ours to ourselves, under the same id.
    let price = app.prices.of(number, item).await?;
    app.orders.insert(number, item, price).await?;
    // What crosses to a job is the id alone.
    let receipt = tag(Receipt { number, price });
    app.jobs
        .send(receipt)
        .await
        .map_err(|_| "nobody works off receipts")?;
    info!("{number}: ordered for {price}");
    Ok((StatusCode::CREATED, format!("{number} {item} {price}\n")))
}

/// An error of a handler: logged in its request, and told to no client.
pub(crate) struct Failed(());

impl<E: Into<Failure>> From<E> for Failed {
    fn from(error: E) -> Self {
        error!("failed: {}", error.into());
        Failed(())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "failed\n").into_response()
    }
}
