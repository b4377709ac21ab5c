//! Node's request logger, as an axum server: every line says which request it belongs to, and
//! nobody passes the id.
//!
//! It follows the first example in Node's documentation of `AsyncLocalStorage`. Here a request goes
//! through more places where a context gets lost: a wait, a spawned task, a blocking call and a
//! streamed body.
//!
//! ```text
//! cargo run --release --example request_logger
//! curl http://127.0.0.1:8080/
//!
//! cargo run --release --example request_logger -- --demo 10000
//! ```
//!
//! Read [`log`] and [`server`] for the use of the library. The rest is the proof: [`demo`] sends
//! requests, each with a token that travels by hand beside the id in our storage, and [`check`]
//! compares the two.

mod args;
mod check;
mod demo;
mod log;
mod record;
mod report;
mod server;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;

use args::{Args, Command};

fn main() -> ExitCode {
    match args::parse() {
        Ok(Command::Help) => {
            print!("{}", args::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Run(args)) => run(&args).unwrap_or_else(|error| {
            eprintln!("request_logger: {error}");
            ExitCode::FAILURE
        }),
        Err(error) => {
            eprintln!("request_logger: {error}\nTry --help.");
            ExitCode::from(2)
        }
    }
}

#[tokio::main]
async fn run(args: &Args) -> Result<ExitCode, String> {
    let listener = TcpListener::bind(args.address).await.map_err(|error| {
        format!(
            "cannot listen on {}: {error}; --addr takes another address",
            args.address
        )
    })?;
    let ended = match args.demo {
        Some(requests) => demo::run(listener, requests, args.forget).await,
        None => serve(listener, args).await,
    };
    ended.map_err(|error| error.to_string())
}

async fn serve(listener: TcpListener, args: &Args) -> io::Result<ExitCode> {
    println!(
        "Try: curl http://{}/   (Ctrl-C ends the server)",
        listener.local_addr()?
    );
    server::serve(listener, args.forget, Duration::from_secs(10), ctrl_c()).await?;
    Ok(ExitCode::SUCCESS)
}

async fn ctrl_c() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("request_logger: Ctrl-C will end it without a farewell: {error}");
        std::future::pending::<()>().await;
    }
}
