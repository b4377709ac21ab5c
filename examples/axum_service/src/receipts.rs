//! The background job: receipts, written one after the other by a task that belongs to no request, each in the context of its own.

use throughline::tokio::Tagged;
use tokio::sync::mpsc;
use tracing::{error, info};

use crate::goods::Number;
use crate::orders::Orders;

pub(crate) struct Receipt {
    pub(crate) number: Number,
    pub(crate) price: u32,
}

/// A receipt, and what of its order's context crosses to jobs.
pub(crate) type Job = Tagged<Receipt>;

/// Works off all that is sent.
pub(crate) async fn work_off(mut queue: mpsc::Receiver<Job>, orders: Orders) {
    while let Some(job) = queue.recv().await {
        job.scope(|receipt| write(receipt, &orders)).await;
    }
}

async fn write(Receipt { number, price }: Receipt, orders: &Orders) {
    match orders.insert_receipt(number, price).await {
        Ok(()) => info!("{number}: receipt over {price}"),
        Err(error) => error!("{number}: no receipt: {error}"),
    }
}
