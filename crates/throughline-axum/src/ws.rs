//! WebSockets.

use axum::extract::ws::{OnFailedUpgrade, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use throughline::{AsyncResource, BindOnce as _, FutureContextExt as _, FutureResourceExt as _, snapshot};

/// Upgrades to a WebSocket in the context of the handler.
pub trait WebSocketUpgradeExt {
    /// As [`on_upgrade`](WebSocketUpgrade::on_upgrade), with the context of the place where this is called, as handed over to a
    /// [task](throughline::HandOver::Task). (axum's own spawns a task without context.)
    ///
    /// `callback`, and the future that it gives, are a resource of type `WEBSOCKET`, caused by the request. It outlives the request: that
    /// [closes](throughline::tower::RequestHandle::on_close) when its response, the `101`, is sent.
    ///
    /// A callback for failed upgrades is taken along by [`bind_once`](throughline::BindOnce::bind_once):
    /// `ws.on_failed_upgrade((|error| …).bind_once())`.
    ///
    /// # Cancel safety
    /// If the upgrade fails, or the runtime shuts down, what the callback owns is dropped in its context.
    ///
    /// # Examples
    /// ```
    /// use axum::{extract::ws::WebSocketUpgrade, response::Response};
    /// use throughline::AsyncLocalStorage;
    /// use throughline_axum::WebSocketUpgradeExt as _;
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// async fn chat(ws: WebSocketUpgrade) -> Response {
    ///     USER.enter_with("ada");
    ///     ws.on_upgrade_in_context(async |mut socket| {
    ///         let greeting = format!("hello, {}", USER.get_store().unwrap());
    ///         let _ = socket.send(greeting.into()).await;
    ///     })
    /// }
    /// # let _: axum::Router = axum::Router::new().route("/", axum::routing::any(chat));
    /// ```
    #[doc(alias = "on_upgrade")]
    #[must_use = "to set up the WebSocket connection, this response must be returned"]
    fn on_upgrade_in_context<C, Fut>(self, callback: C) -> Response
    where
        C: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static;
}

impl<F: OnFailedUpgrade> WebSocketUpgradeExt for WebSocketUpgrade<F> {
    fn on_upgrade_in_context<C, Fut>(self, callback: C) -> Response
    where
        C: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let resource = AsyncResource::new("WEBSOCKET");
        let own = resource.clone();
        let callback = move |socket: WebSocket| {
            let future = callback(socket);
            // With what the callback entered.
            future.with_snapshot(snapshot()).in_resource(&own)
        };
        self.on_upgrade(callback.bind_once_to(resource))
    }
}
