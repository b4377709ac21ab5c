//! The load test: clients on 64 connections, who hang up as they like, and a check of every answer, log line and row.
//!
//! A request's number is in its id (`r-17`) and, by hand, in its path (`po-17`) and so in what the service logs of it: the one travels through the library's
//! storages, the other through arguments and through the database, and neither can pass for the other.

mod check;
mod clients;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Instant;

use throughline::test_util::live;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::lines::Lines;
use crate::service::{Forget, Service};
use crate::{Failure, context};
use check::{Found, check};
use clients::{CONNECTIONS, Outcome, Sent};

/// How many wrongs of a kind are shown.
const SHOWN: usize = 20;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: usize,
    pub(crate) seed: u64,
}

pub(crate) async fn run(load: &Load, forget: Forget) -> Result<ExitCode, Failure> {
    println!(
        "{} requests over {CONNECTIONS} connections, --seed {}",
        load.requests, load.seed
    );
    let began = Instant::now();
    let log = Lines::default();
    context::log_to(log.clone());

    let service = Service::open(None, forget)?;
    let sent = serve_and_ask(&service, load).await?;
    let [orders, receipts] = service.orders().everything().await?;
    drop(service);

    let log = log.take();
    let verdict = check(&Found {
        sent: &sent,
        log: &log,
        orders: &orders,
        receipts: &receipts,
    });
    show("mixed up", &verdict.mixed);
    show("lost", &verdict.lost);
    let outcome = |is: fn(&Outcome) -> bool| sent.iter().filter(|sent| is(&sent.outcome)).count();
    let (frames, resources) = (live::frames(), live::resources());
    println!(
        "{} answered, {} given up by their clients ({} had begun and closed as hung up), in {:.1?}; {} log lines, {} orders, {} receipts",
        outcome(|it| matches!(it, Outcome::Answered)),
        outcome(|it| matches!(it, Outcome::Left)),
        verdict.hung_up,
        began.elapsed(),
        log.lines().count(),
        orders.len(),
        receipts.len(),
    );
    println!(
        "{} mixed, {} lost; {frames} frames and {resources} resources left",
        verdict.mixed.len(),
        verdict.lost.len(),
    );
    let is_fine = verdict.mixed.is_empty() && verdict.lost.is_empty() && frames + resources == 0;
    Ok(if is_fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn serve_and_ask(service: &Service, load: &Load) -> Result<Vec<Sent>, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = service.serve(listener, async { drop(stopped.await) });
    let ask = async {
        let sent = clients::ask_all(address, load).await;
        drop(stop);
        sent
    };
    let (served, sent) = tokio::join!(serve, ask);
    served?;
    sent
}

fn show(what: &str, wrongs: &[String]) {
    for wrong in wrongs.iter().take(SHOWN) {
        println!("{what}: {wrong}");
    }
    if let Some(more @ 1..) = wrongs.len().checked_sub(SHOWN) {
        println!("{what}: and {more} more");
    }
}
