//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use lexopt::Arg::Long;
use lexopt::{Parser, ValueExt as _};

use crate::load::Load;
use crate::service::Forget;

pub(crate) const HELP: &str = "\
A small web service whose log lines, queries, jobs and calls all know their request.

Usage: axum_service                            a tour, which asserts what it shows
       axum_service --serve [--addr ADDRESS] [--database PATH]
       axum_service --load N [--seed S] [--forget query]

  --addr ADDRESS   where to listen; 127.0.0.1:8080 if not given
  --database PATH  where SQLite keeps it; if not given, in a file that goes with the process
  --load N         N requests from 64 clients, some of whom hang up, over HTTP/1.1, HTTP/2 and WebSockets; each
                   answer, each log line and each row is checked, and the exit code is 1 if one is wrong or missing
  --seed S         which clients do what, and who hangs up when; another one each time if not given
  --forget query   forget to carry the context to the thread of the query, to see the check fail
  --help           print this
";

pub(crate) enum Command {
    Help,
    Tour,
    Serve(SocketAddr),
    Load(Load),
}

pub(crate) struct Args {
    pub(crate) command: Command,
    pub(crate) database: Option<PathBuf>,
    pub(crate) forget: Forget,
}

pub(crate) fn parse() -> Result<Args, lexopt::Error> {
    let mut parser = Parser::from_env();
    let mut address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let mut database = None;
    let (mut serves, mut requests, mut seed, mut forget) = (false, None, None, Forget::Nothing);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("help") => {
                return Ok(Args {
                    command: Command::Help,
                    database,
                    forget,
                });
            }
            Long("serve") => serves = true,
            Long("addr") => address = parser.value()?.parse()?,
            Long("database") => database = Some(parser.value()?.into()),
            Long("load") => requests = Some(parser.value()?.parse_with(count)?),
            Long("seed") => seed = Some(parser.value()?.parse()?),
            Long("forget") => forget = parser.value()?.parse_with(forgotten)?,
            _ => return Err(arg.unexpected()),
        }
    }
    let command = match (serves, requests) {
        (true, None) => Command::Serve(address),
        (false, Some(requests)) => Command::Load(Load {
            requests,
            seed: seed.unwrap_or_else(|| fastrand::u64(..)),
        }),
        (false, None) => Command::Tour,
        (true, Some(_)) => return Err("either --serve or --load".into()),
    };
    Ok(Args {
        command,
        database,
        forget,
    })
}

/// All that is logged is kept until it is checked.
fn count(value: &str) -> Result<usize, &'static str> {
    match value.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err("--load wants a number from 1 to 1000000"),
    }
}

fn forgotten(value: &str) -> Result<Forget, &'static str> {
    match value {
        "query" => Ok(Forget::Query),
        _ => Err("--forget knows only `query`"),
    }
}
