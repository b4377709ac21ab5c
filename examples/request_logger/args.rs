//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use lexopt::Arg::Long;
use lexopt::{Parser, ValueExt as _};

use crate::server::Forget;

pub(crate) const HELP: &str = "\
Node's request logger, as an axum server: every line it logs says which request it belongs to.

Usage: request_logger [--addr ADDRESS] [--demo N] [--break spawn]

  --addr ADDRESS  where to listen; 127.0.0.1:8080 if not given, and any free port with --demo
                  (port 0 stands for any free port)
  --demo N        send N requests to itself over real sockets, print the log, and check that
                  every line carries the id of its own request; the exit code is 1 if one does
                  not, or if anything is lost
  --break spawn   forget to carry the context into the spawned task, to see the check fail
  --help          print this
";

// The demo keeps its whole log in memory until it has checked it.
const DEMO_REQUESTS: RangeInclusive<u64> = 1..=1_000_000;

#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Run(Args),
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) address: SocketAddr,
    pub(crate) demo: Option<u64>,
    pub(crate) forget: Forget,
}

pub(crate) fn parse() -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_env();
    let (mut address, mut demo, mut forget) = (None, None, Forget::Nothing);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("help") => return Ok(Command::Help),
            Long("addr") => address = Some(parser.value()?.parse_with(socket_address)?),
            Long("demo") => demo = Some(parser.value()?.parse_with(request_count)?),
            Long("break") => forget = parser.value()?.parse_with(breakage)?,
            _ => return Err(arg.unexpected()),
        }
    }
    // A demo that nobody else talks to need not fight for a port.
    let port = if demo.is_some() { 0 } else { 8080 };
    let address = address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, port).into());
    Ok(Command::Run(Args {
        address,
        demo,
        forget,
    }))
}

fn socket_address(value: &str) -> Result<SocketAddr, &'static str> {
    value
        .parse()
        .map_err(|_| "--addr wants an address and a port, as in 127.0.0.1:8080")
}

fn request_count(value: &str) -> Result<u64, &'static str> {
    match value.parse() {
        Ok(count) if DEMO_REQUESTS.contains(&count) => Ok(count),
        _ => Err("--demo wants a number from 1 to 1000000"),
    }
}

fn breakage(value: &str) -> Result<Forget, &'static str> {
    match value {
        "spawn" => Ok(Forget::Spawn),
        _ => Err("--break knows only `spawn`"),
    }
}
