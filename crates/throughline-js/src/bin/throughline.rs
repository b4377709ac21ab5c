//! `throughline run FILE.js [ARGUMENT…]`: runs a script with Node's modules. `run` can be left out, so that scripts which start `process.execPath` find what they expect.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use throughline_js::{Options, Runtime};

const HELP: &str = "\
Usage: throughline [run] [OPTION…] FILE.js [ARGUMENT…]
       throughline [run] [OPTION…] -e SCRIPT [ARGUMENT…]

Runs a script (CommonJS or an ES module) with Node's modules, and ends with its exit status.

Options:
  --trace-async          print the events of resources as JSON lines on standard error
  --expose-gc            globalThis.gc() collects garbage
  --expose-internals     require('internal/…') answers the modules of this program
  --timeout SECONDS      end the script after so long (status 124)
  --memory-limit MB      the most memory the script may take
  -e, --eval SCRIPT      run this text instead of a file
  -h, --help             this text
  -V, --version          the version

Of Node's: --unhandled-rejections=MODE, --[no-]warnings, --disable-warning=NAME, --[no-]deprecation, --throw-deprecation, --trace-warnings,
--trace-deprecation, --trace-uncaught. Those that choose among Node's own engines or only say more (--async-context-frame, --experimental-…) are taken, and mean nothing.
";

/// Options of Node's that mean nothing here: without them a script does what it does with them.
const WITHOUT_EFFECT: &[&str] = &[
    "abort-on-uncaught-exception",
    "allow-natives-syntax",
    "async-context-frame",
    "enable-source-maps",
    "expose-externalize-string",
    "force-async-hooks-checks",
    "max-old-space-size",
    "no-async-context-frame",
    "no-force-async-hooks-checks",
    "no-node-snapshot",
    "no-opt",
    "no-pending-deprecation",
    "node-snapshot",
    "pending-deprecation",
    "stack-size",
    "stack-trace-limit",
    "trace-exit",
    "trace-sigint",
];

const REJECTION_MODES: [&str; 4] = ["strict", "warn", "none", "throw"];

/// What Node ends with then.
const INVALID_ARGUMENT: u8 = 9;

/// Those that do.
const OF_NODE: &[&str] = &[
    "deprecation",
    "disable-warning",
    "no-deprecation",
    "no-warnings",
    "throw-deprecation",
    "trace-deprecation",
    "trace-uncaught",
    "trace-warnings",
    "unhandled-rejections",
    "warnings",
];

fn is_of_node(name: &str) -> bool {
    let starts = ["experimental-", "no-experimental-", "harmony"];
    OF_NODE.contains(&name)
        || WITHOUT_EFFECT.contains(&name)
        || starts.iter().any(|start| name.starts_with(start))
}

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

/// What is to be run.
enum Main {
    File(PathBuf),
    Text(String),
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    let mut options = Options::new().inherit_environment();
    let mut builder = Runtime::builder().stack_limit(SCRIPT_STACK);
    let mut flags = Vec::new();
    let mut is_first = true;
    let main = loop {
        let Some(argument) = parser.next()? else {
            return Err("a file is missing: see --help".into());
        };
        match argument {
            Value(command) if command == "run" && is_first => {}
            Value(file) => break Main::File(std::path::absolute(file)?),
            Short('e') | Long("eval") => {
                let source = parser.value()?.string()?;
                flags.extend(["-e".to_owned(), source.clone()]);
                break Main::Text(source);
            }
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            Short('V') | Long("version") => {
                println!("throughline {}", env!("CARGO_PKG_VERSION"));
                return Ok(ExitCode::SUCCESS);
            }
            Long("trace-async") => options = options.trace_async(),
            Long("timeout") => {
                builder = builder.time_limit(Duration::try_from_secs_f64(number(
                    &mut parser,
                    "--timeout takes seconds",
                )?)?)
            }
            Long("memory-limit") => {
                builder = builder
                    .memory_limit(number::<usize>(&mut parser, "--memory-limit takes megabytes")? << 20)
            }
            Long(given) => {
                // Node takes both.
                let name = given.replace('_', "-");
                match name.as_str() {
                    "expose-gc" => options = options.expose_gc(),
                    "expose-internals" => options = options.expose_internals(),
                    _ if is_of_node(&name) => {}
                    _ => return Err(Long(given).unexpected().into()),
                }
                let given = given.to_owned();
                let value = parser.optional_value().map(|value| value.string()).transpose()?;
                let is_mode = value
                    .as_deref()
                    .is_some_and(|mode| REJECTION_MODES.contains(&mode));
                if name == "unhandled-rejections" && !is_mode {
                    eprintln!("throughline: invalid value for --unhandled-rejections");
                    return Ok(ExitCode::from(INVALID_ARGUMENT));
                }
                flags.push(value.map_or_else(|| format!("--{given}"), |value| format!("--{given}={value}")));
            }
            other => return Err(other.unexpected().into()),
        }
        is_first = false;
    };
    let program = std::env::current_exe().unwrap_or_else(|_| "throughline".into());
    let mut arguments = vec![program.to_string_lossy().into_owned()];
    if let Main::File(file) = &main {
        arguments.push(file.to_string_lossy().into_owned());
    }
    for argument in parser.raw_args()? {
        arguments.push(argument.to_string_lossy().into_owned());
    }
    let runtime = builder
        .options(options.arguments(arguments).flags(flags))
        .build()?;
    let ended = match main {
        Main::File(file) => runtime.run_file(&file),
        Main::Text(source) => {
            let place = std::env::current_dir()?.join("[eval]");
            runtime.run_text(&source, &place.to_string_lossy())
        }
    };
    match ended {
        Ok(status) => Ok(ExitCode::from((status & 0xff) as u8)),
        Err(error) if error.is_timeout() => {
            eprintln!("throughline: {error}");
            Ok(ExitCode::from(TIMED_OUT))
        }
        Err(error) => Err(error.into()),
    }
}
