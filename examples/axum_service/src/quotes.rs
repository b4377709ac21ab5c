//! Quotes over a WebSocket: the client says an item, and is told its price. The task goes on in the request that opened it.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use throughline_axum::WebSocketUpgradeExt as _;
use tracing::{error, info};

use crate::goods::{Item, Number};
use crate::service::App;

pub(crate) async fn answer(
    ws: WebSocketUpgrade,
    State(app): State<App>,
    Path(number): Path<Number>,
) -> Response {
    ws.on_upgrade_in_context(async move |socket| quote(socket, app, number).await)
}

async fn quote(mut socket: WebSocket, app: App, number: Number) {
    info!("{number}: quotes begin");
    while let Some(Ok(Message::Text(name))) = socket.recv().await {
        if socket
            .send(price(&app, number, &name).await.into())
            .await
            .is_err()
        {
            break;
        }
    }
    info!("{number}: quotes end");
}

async fn price(app: &App, number: Number, name: &str) -> String {
    let Some(item) = Item::named(name) else {
        return "there is no such item".to_owned();
    };
    match app.prices.of(number, item).await {
        Ok(price) => format!("{item} {price}"),
        Err(error) => {
            error!("{number}: no price: {error}");
            format!("{item}: ask later")
        }
    }
}
