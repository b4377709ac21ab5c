//! `async_hooks` on a real server: every resource that one HTTP request makes, as a tree of who caused whom.
//!
//! ```sh
//! cargo run --example hooks
//! ```

use axum::{Router, routing::get};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use throughline::prelude::*;
use throughline::{AsyncHook, AsyncResource, FutureResourceExt, ResourceInfo, create_hook};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the hook was told: the resources in order of making, and how many of them are gone.
#[derive(Default)]
struct Seen {
    made: Vec<ResourceInfo>,
    destroyed: usize,
}

fn watch(seen: &Arc<Mutex<Seen>>) -> AsyncHook {
    let (init, destroy) = (seen.clone(), seen.clone());
    create_hook()
        .init(move |resource| init.lock().unwrap().made.push(*resource))
        .destroy(move |_| destroy.lock().unwrap().destroyed += 1)
        .build()
}

/// Two queries and a rendering, each on a thread of its own or in a task; they know nothing of hooks or of the request.
async fn page() -> String {
    let user = tokio::spawn(query("user").in_resource("TASK"));
    let posts = tokio::spawn(query("posts").in_resource("TASK"));
    let (user, posts) = (user.await.unwrap(), posts.await.unwrap());
    let render = (move || format!("{user}, {posts}")).bind_once_to("RENDER");
    tokio::task::spawn_blocking(render).await.unwrap()
}

/// A driver with callbacks, in the way of Node: they run in the query's resource, on the driver's thread.
async fn query(table: &'static str) -> String {
    let (sender, answer) = tokio::sync::oneshot::channel();
    let query = AsyncResource::new("DBQuery");
    let callback = (move || sender.send(format!("a row of {table}")).unwrap()).bind_once_to(query);
    std::thread::spawn(callback);
    answer.await.unwrap()
}

async fn serve_one_request() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", get(|| page().in_resource("REQUEST")));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let mut client = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
    client.write_all(request).await.unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    server.abort();
    response.split("\r\n\r\n").last().unwrap().to_owned()
}

fn print_tree(children: &BTreeMap<u64, Vec<ResourceInfo>>, of: u64, depth: usize, lines: &mut Vec<String>) {
    for resource in children.get(&of).into_iter().flatten() {
        lines.push(format!("{}{}", "  ".repeat(depth), resource.type_name()));
        println!("{:<16} {}", lines.last().unwrap(), resource.async_id());
        print_tree(children, resource.async_id().get(), depth + 1, lines);
    }
}

#[tokio::main]
async fn main() {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let hook = watch(&seen);
    hook.enable();
    assert_eq!(serve_one_request().await, "a row of user, a row of posts");
    // The driver's threads may have answered, and not ended yet.
    while seen.lock().unwrap().destroyed < 6 {
        tokio::task::yield_now().await;
    }
    hook.disable();

    let mut children: BTreeMap<u64, Vec<ResourceInfo>> = BTreeMap::new();
    for resource in &seen.lock().unwrap().made {
        let trigger = resource.trigger_async_id().map_or(0, |id| id.get());
        children.entry(trigger).or_default().push(*resource);
    }
    let mut lines = Vec::new();
    print_tree(&children, 0, 0, &mut lines);
    assert_eq!(
        lines.join("|"),
        "REQUEST|  TASK|    DBQuery|  TASK|    DBQuery|  RENDER"
    );
}
