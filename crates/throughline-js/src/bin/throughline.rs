//! `throughline run FILE.js [ARGUMENT…]`: runs a script with Node's modules.

use std::process::ExitCode;
use std::time::Duration;
use throughline_js::{Options, Runtime};

const HELP: &str = "\
Usage: throughline run [OPTION…] FILE.js [ARGUMENT…]

Runs a script (CommonJS or an ES module) with Node's modules, and ends with its exit status.

Options:
  --trace-async          print the events of resources as JSON lines on standard error
  --expose-gc            globalThis.gc() collects garbage
  --expose-internals     require('internal/…') answers the modules of this program
  --timeout SECONDS      end the script after so long (status 124)
  --memory-limit MB      the most memory the script may take
  -h, --help             this text
  -V, --version          the version
";

/// What the shell's `timeout` ends with.
const TIMED_OUT: u8 = 124;

/// Scripts nest calls deeper than the engine's 1 MiB allows: about as deep as on Node, also where each of them crosses Rust.
const SCRIPT_STACK: usize = 16 << 20;
/// What Rust takes is not in the script's part, and the engine counts anew whenever Rust calls it.
const THREAD_STACK: usize = 4 * SCRIPT_STACK;

fn main() -> ExitCode {
    let script = std::thread::Builder::new()
        .name("script".to_owned())
        .stack_size(THREAD_STACK)
        .spawn(|| match run() {
            Ok(code) => code,
            Err(error) => {
                eprintln!("throughline: {error}");
                ExitCode::from(2)
            }
        });
    match script.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // It has said why.
        Ok(Err(_)) => ExitCode::from(101),
        Err(error) => {
            eprintln!("throughline: {error}");
            ExitCode::from(2)
        }
    }
}

/// The value of an option that takes a number, of the unit that `takes` says.
fn number<T: std::str::FromStr>(parser: &mut lexopt::Parser, takes: &str) -> Result<T, String> {
    let value = parser.value().map_err(|error| error.to_string())?;
    let value = value.to_string_lossy();
    value
        .parse()
        .map_err(|_| format!("{takes}, as a plain number: not \"{value}\""))
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    let mut options = Options::new().inherit_environment();
    let mut builder = Runtime::builder().stack_limit(SCRIPT_STACK);
    match parser.next()? {
        Some(Value(command)) if command == "run" => {}
        Some(Short('h') | Long("help")) => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(Short('V') | Long("version")) => {
            println!("throughline {}", env!("CARGO_PKG_VERSION"));
            return Ok(ExitCode::SUCCESS);
        }
        Some(Value(other)) => {
            let other = other.to_string_lossy();
            return Err(format!("\"{other}\" is no command: `throughline run {other}` runs a file").into());
        }
        Some(other) => return Err(other.unexpected().into()),
        None => return Err("a command is missing: `throughline run FILE.js`, or see --help".into()),
    }
    let file = loop {
        match parser.next()? {
            Some(Value(file)) => break file,
            Some(Long("expose-gc" | "expose_gc")) => options = options.expose_gc(),
            Some(Long("expose-internals" | "expose_internals")) => options = options.expose_internals(),
            Some(Long("trace-async")) => options = options.trace_async(),
            Some(Long("timeout")) => {
                builder = builder.time_limit(Duration::try_from_secs_f64(number(
                    &mut parser,
                    "--timeout takes seconds",
                )?)?)
            }
            Some(Long("memory-limit")) => {
                builder = builder
                    .memory_limit(number::<usize>(&mut parser, "--memory-limit takes megabytes")? << 20)
            }
            Some(Short('h') | Long("help")) => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            Some(other) => return Err(other.unexpected().into()),
            None => return Err("a file is missing: see --help".into()),
        }
    };
    let file = std::path::absolute(&file)?;
    let program = std::env::current_exe().unwrap_or_else(|_| "throughline".into());
    let mut arguments = vec![
        program.to_string_lossy().into_owned(),
        file.to_string_lossy().into_owned(),
    ];
    for argument in parser.raw_args()? {
        arguments.push(argument.to_string_lossy().into_owned());
    }
    let runtime = builder.options(options.arguments(arguments)).build()?;
    match runtime.run_file(&file) {
        Ok(status) => Ok(ExitCode::from((status & 0xff) as u8)),
        Err(error) if error.is_timeout() => {
            eprintln!("throughline: {error}");
            Ok(ExitCode::from(TIMED_OUT))
        }
        Err(error) => Err(error.into()),
    }
}
