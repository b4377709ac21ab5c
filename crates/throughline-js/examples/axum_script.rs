//! A web service whose handlers are written in JavaScript: Rust sets the request's id, and script and Rust both see it, over every await on either side.
//!
//! `cargo run -p throughline-js --features async-runtime --example axum_script`

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::get};
use rquickjs::{AsyncContext, AsyncRuntime, CatchResultExt, Function};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throughline_core::AsyncLocalStorage;
use throughline_js::{Node, Options, async_with, promise};

static REQUEST_ID: AsyncLocalStorage<String> = AsyncLocalStorage::new();

const SCRIPT: &str = "
    const requestId = require('throughline').storage('request-id');
    const { setTimeout: sleep } = require('node:timers/promises');

    globalThis.handle = async (name) => {
        log(`${requestId.getStore()}: start ${name}`);
        await null;
        const greeting = await greet(name);
        await sleep(1);
        log(`${requestId.getStore()}: finish ${name}`);
        return `${requestId.getStore()}: ${greeting}`;
    };
";

/// What a line is logged by: the id that Rust sees, and what the script wrote, which begins with the id that it sees.
type Lines = Arc<Mutex<Vec<(Option<String>, String)>>>;

/// A function of Rust that the script awaits. Some requests take longer than those that come after them.
async fn greet(name: String) -> String {
    tokio::time::sleep(Duration::from_millis(name.len() as u64 % 7)).await;
    format!("hello {name} from {}", REQUEST_ID.get_store().unwrap_or_default())
}

async fn start_script(lines: Lines) -> rquickjs::Result<AsyncContext> {
    let runtime = AsyncRuntime::new()?;
    let context = AsyncContext::full(&runtime).await?;
    context
        .with(move |ctx| {
            let node = Node::install(&ctx, Options::new().survive_uncaught())?;
            node.share(&ctx, "request-id", &REQUEST_ID)?;
            let log = move |line| lines.lock().unwrap().push((REQUEST_ID.get_store(), line));
            ctx.globals().set("log", Function::new(ctx.clone(), log)?)?;
            ctx.globals()
                .set("greet", Function::new(ctx.clone(), |name| promise(greet(name)))?)?;
            ctx.globals().set("require", node.require_function(&ctx)?)?;
            node.enter(&ctx, || ctx.eval::<(), _>(SCRIPT))
        })
        .await?;
    tokio::spawn(runtime.drive());
    tokio::spawn(throughline_js::drive(context.clone()));
    Ok(context)
}

/// Calls the script's handler in the context of the request.
async fn handle(context: AsyncContext, name: String) -> Result<String, String> {
    let answer = async_with(&context, async |ctx| {
        let call = || async {
            let node = Node::of(&ctx).ok_or(rquickjs::Error::Unknown)?;
            let handle: Function<'_> = ctx.globals().get("handle")?;
            node.call::<String>(&ctx, &handle, (name,)).await
        };
        let answer = call().await.catch(&ctx).map_err(|error| error.to_string())?;
        Ok(format!(
            "{answer}; {}",
            REQUEST_ID.get_store().unwrap_or_default()
        ))
    });
    answer.await
}

fn service(context: AsyncContext) -> Router {
    let hello = async move |headers: HeaderMap, Path(name): Path<String>| {
        let id = headers
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
            .unwrap_or("-")
            .to_owned();
        let answer = REQUEST_ID.scope(id, handle(context.clone(), name)).await;
        answer.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error))
    };
    Router::new().route("/hello/{name}", get(hello))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lines = Lines::default();
    let context = start_script(lines.clone()).await?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, service(context)).await });

    const REQUESTS: usize = 500;
    let client = reqwest::Client::new();
    let mut clients = tokio::task::JoinSet::new();
    for n in 0..REQUESTS {
        let (client, name) = (client.clone(), "x".repeat(n % 23 + 1));
        let url = format!("{url}/hello/{name}");
        clients.spawn(async move {
            let id = format!("r-{n}");
            let request = client.get(url).header("x-request-id", &id);
            let answer = request.send().await.unwrap().text().await.unwrap();
            assert_eq!(answer, format!("{id}: hello {name} from {id}; {id}"));
        });
    }
    clients.join_all().await;

    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2 * REQUESTS);
    for (seen_by_rust, line) in lines.iter() {
        let seen_by_script = line.split(':').next();
        assert_eq!(seen_by_rust.as_deref(), seen_by_script);
    }
    println!(
        "{REQUESTS} requests at once: each answer and each of {} lines has its own id",
        lines.len()
    );
    Ok(())
}
