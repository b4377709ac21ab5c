//! The export: the latest orders, streamed page by page. Pages are read while the body is sent, when the handler is long gone.

use axum::body::Body;
use axum::extract::{Path, State};
use futures_util::stream;
use tracing::info;

use crate::Failure;
use crate::goods::Number;
use crate::orders::Orders;
use crate::service::App;

const PAGES: usize = 3;
/// How many orders a page has.
const SIZE: usize = 8;

pub(crate) async fn answer(State(app): State<App>, Path(number): Path<Number>) -> Body {
    info!("{number}: exports");
    let export = Export {
        number,
        orders: app.orders,
        pages: 0,
    };
    Body::from_stream(stream::try_unfold(export, Export::next))
}

struct Export {
    number: Number,
    orders: Orders,
    pages: usize,
}

impl Export {
    /// A page of lines: number, item, price, and in which request the order was placed.
    async fn next(mut self) -> Result<Option<(String, Self)>, Failure> {
        if self.pages == PAGES {
            return Ok(None);
        }
        let page = self.orders.page(self.number, self.pages * SIZE, SIZE).await?;
        self.pages += 1;
        info!("{}: page {} of the export", self.number, self.pages);
        let mut lines = format!("# page {}\n", self.pages);
        for order in page {
            let request = order.request.as_deref().unwrap_or("-");
            lines += &format!("{} {} {request}\n", order.number, order.what);
        }
        Ok(Some((lines, self)))
    }
}
