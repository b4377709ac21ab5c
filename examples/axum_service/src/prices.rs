//! Prices: a route, and its client, which is this service too.

use std::net::SocketAddr;

use axum::extract::Path;
use axum::http::HeaderName;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use throughline_axum::Stored as _;
use throughline_reqwest::ContextHeaders;
use tracing::info;

use crate::Failure;
use crate::context::{Caller, REQUEST_ID, X_CALLER};
use crate::goods::{Item, Number};

pub(crate) async fn answer(Path((number, item)): Path<(Number, Item)>) -> String {
    let price = item.price();
    info!("{number}: {item} is {price}");
    price.to_string()
}

/// Asks for prices over HTTP.
#[derive(Clone)]
pub(crate) struct Prices {
    client: ClientWithMiddleware,
    address: SocketAddr,
}

impl Prices {
    /// Asks at that address, and says to that address alone who is asking and in which request.
    pub(crate) fn at(address: SocketAddr) -> Result<Self, Failure> {
        let outgoing = ContextHeaders::new()
            .request_id(&REQUEST_ID)
            .header(HeaderName::from_static(X_CALLER), Caller::storage())
            .only_to(move |url| url.socket_addrs(|| None).is_ok_and(|found| found == [address]));
        let client = reqwest::Client::builder()
            .redirect(outgoing.redirects())
            .build()?;
        let client = ClientBuilder::new(client).with(outgoing).build();
        Ok(Prices { client, address })
    }

    /// What the item costs, for the order of that number.
    pub(crate) async fn of(&self, number: Number, item: Item) -> Result<u32, Failure> {
        let url = format!("http://{}/prices/{number}/{item}", self.address);
        let answer = self.client.get(url).send().await?.error_for_status()?;
        Ok(answer.text().await?.parse()?)
    }
}
