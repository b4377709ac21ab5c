//! A small web service: orders in SQLite, prices asked of itself, receipts by a background job, a streamed export, quotes over a WebSocket. Nobody passes the
//! request's id on, and every log line, row, job and call has it.
//!
//! ```sh
//! cargo run -p axum_service                                     # a tour of it, which asserts what it shows
//! cargo run -p axum_service -- --serve                          # the service, for curl
//! cargo run --release -p axum_service -- --load 20000           # 64 clients who hang up as they like; each answer, line and row is checked
//! cargo run --release -p axum_service -- --load 2000 --forget query   # what the check says where one hand-over is forgotten
//! ```
//!
//! [`context`] is all the set-up that there is; [`service`], [`goods`], [`orders`], [`prices`], [`receipts`], [`export`] and [`quotes`] are the service. The rest is the proof.

mod args;
mod client;
mod context;
mod export;
mod goods;
mod lines;
mod load;
mod orders;
mod prices;
mod quotes;
mod receipts;
mod service;
mod tour;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use tokio::net::TcpListener;

use args::{Args, Command};
use service::Service;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let ended = match args::parse() {
        Ok(args) => run(args),
        Err(error) => {
            eprintln!("axum_service: {error}\nTry --help.");
            return ExitCode::from(2);
        }
    };
    ended.unwrap_or_else(|error| {
        eprintln!("axum_service: {error}");
        ExitCode::FAILURE
    })
}

#[tokio::main]
async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Help => print!("{}", args::HELP),
        Command::Tour => tour::run().await?,
        Command::Serve(address) => {
            context::log_to(io::stdout);
            let listener = TcpListener::bind(address).await?;
            let service = Service::open(args.database, args.forget)?;
            service.serve(listener, ctrl_c()).await?;
        }
        Command::Load(load) => return load::run(&load, args.forget).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn ctrl_c() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("axum_service: Ctrl-C will end it without a farewell: {error}");
        std::future::pending::<()>().await;
    }
}
