//! What does the layer cost a server? Requests per second with storages, beside the same server without; and Node's. See `benches/README.md`.

use std::error::Error;
use std::process::ExitCode;

use throughline_benches::web::{Compare, Engine, Ids, MOST_STORAGES, Work, node_binaries, serve_if_asked};

const HELP: &str = "\
Usage: web [--work logger] [--storages 3] [--rounds 7] [--requests 20000] [--connections 64] [--by-hand] [--idle] [--no-node] [--at-least 0.97]

  --work W      `logger`: a spawned task, a blocking call, a streamed body, eight log lines; `least`: two log lines
  --storages N  one or more numbers, with commas between
  --by-hand     the server without passes the id on by hand, and logs and says it; or else it knows none
  --idle        a server with a layer that does nothing takes turns too
  --at-least R  the exit code is 1 if our median ratio is less
Node is the one on the PATH, and those in NODE_BINARIES (paths with colons between).
";

fn main() -> ExitCode {
    serve_if_asked();
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("web: {error}\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut compare = Compare::default();
    let (mut with_node, mut at_least) = (true, 0.0);
    let mut valued = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--no-node" => with_node = false,
            "--by-hand" => compare.by_hand = true,
            "--idle" => compare.idle = true,
            _ => valued.push((args.next().ok_or_else(|| format!("{arg} wants a value"))?, arg)),
        }
    }
    for (value, arg) in valued {
        match arg.as_str() {
            "--work" => compare.work = work(&value)?,
            "--storages" => compare.storages = storages(&value)?,
            "--rounds" => compare.rounds = positive(&value)?,
            "--requests" => compare.requests = positive(&value)?,
            "--connections" => compare.connections = positive(&value)?,
            "--at-least" => at_least = value.parse()?,
            _ => return Err(format!("unknown: {arg}").into()),
        }
    }
    if with_node {
        let (nodes, missing) = node_binaries();
        missing.iter().for_each(|line| println!("{line}"));
        compare.engines.extend(nodes);
    }
    report(&compare, at_least)
}

fn report(compare: &Compare, at_least: f64) -> Result<ExitCode, Box<dyn Error>> {
    println!(
        "{} requests of {} over {} connections, medians (and quartiles) of {} rounds; without storages: {}\n",
        compare.requests,
        compare.work.path(),
        compare.connections,
        compare.rounds,
        if compare.by_hand {
            "the id by hand"
        } else {
            "no id"
        }
    );
    println!(
        "| server | storages | requests/s | without | ratio | processor, ratio | µs of it for a request |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut code = ExitCode::SUCCESS;
    for row in compare.run()? {
        println!("{row}");
        if row.engine == Engine::Throughline && row.ids != Ids::Idle && row.ratio.median < at_least {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn work(name: &str) -> Result<Work, String> {
    match name {
        "least" => Ok(Work::Least),
        "logger" => Ok(Work::Logger),
        _ => Err(format!("no such work: {name}")),
    }
}

fn storages(list: &str) -> Result<Vec<usize>, Box<dyn Error>> {
    let numbers = list.split(',').map(positive).collect::<Result<Vec<_>, _>>()?;
    match numbers.iter().find(|&&number| number > MOST_STORAGES) {
        Some(number) => Err(format!("{number} storages are more than {MOST_STORAGES}").into()),
        None => Ok(numbers),
    }
}

fn positive(number: &str) -> Result<usize, Box<dyn Error>> {
    match number.parse() {
        Ok(0) | Err(_) => Err(format!("{number:?} is no number from 1 on").into()),
        Ok(number) => Ok(number),
    }
}
