//! Other people's code, spawning by a tokio that is ours.

#![cfg(test)]

use hyper::rt::Executor;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use throughline::AsyncLocalStorage;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;
use tokio_util::context::RuntimeExt;
use tokio_util::io::SyncIoBridge;
use tokio_util::task::{JoinMap, TaskTracker};
use tower::{Service, ServiceExt, buffer::Buffer, service_fn};

static REQUEST: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

async fn read() -> Option<u64> {
    REQUEST.get_store()
}

#[tokio::test]
async fn hyper_utils_executor_inherits() {
    let (told, hear) = oneshot::channel();
    REQUEST.run(7, || {
        TokioExecutor::new().execute(async { told.send(read().await).unwrap() })
    });
    assert_eq!(hear.await.unwrap(), Some(7));
}

#[tokio::test]
async fn tokio_utils_collections_inherit() {
    let tracker = TaskTracker::new();
    let mut map = JoinMap::new();
    let [tracked, on, blocking] = REQUEST.run(7, || {
        map.spawn("key", read());
        [
            tracker.spawn(read()),
            tracker.spawn_on(read(), &Handle::current()),
            tracker.spawn_blocking(|| REQUEST.get_store()),
        ]
    });
    for task in [tracked, on, blocking] {
        assert_eq!(task.await.unwrap(), Some(7));
    }
    assert_eq!(map.join_next().await.unwrap().1.unwrap(), Some(7));
}

/// The limit of it: what lives longer than the request that began it keeps that request's context.
#[tokio::test]
async fn a_buffers_worker_keeps_the_context_it_was_started_in() {
    let mut buffer = REQUEST.run(7, || {
        Buffer::new(
            service_fn(|()| async { Ok::<_, Infallible>(REQUEST.get_store()) }),
            1,
        )
    });
    let seen = REQUEST.scope(8, async {
        let made = buffer.ready().await.unwrap().call(());
        made.await.unwrap()
    });
    // The service's own `async` block is polled by who awaits the answer.
    assert_eq!(seen.await, Some(8));

    let mut synchronous = REQUEST.run(7, || {
        Buffer::new(
            service_fn(|()| std::future::ready(Ok::<_, Infallible>(REQUEST.get_store()))),
            1,
        )
    });
    let seen = REQUEST.scope(8, async {
        synchronous.ready().await.unwrap().call(()).await.unwrap()
    });
    assert_eq!(seen.await, Some(7));
}

/// Their `Handle` and `Runtime` are ours: no conversion, where the rename needs one.
#[test]
fn functions_that_take_tokios_types_take_ours() {
    let runtime = Runtime::new().unwrap();
    let mut bridge = SyncIoBridge::new_with_handle(&b"read"[..], runtime.handle().clone());
    assert_eq!(std::io::read_to_string(&mut bridge).unwrap(), "read");
    let task = REQUEST.run(7, || runtime.spawn(runtime.wrap(read())));
    assert_eq!(runtime.block_on(task).unwrap(), Some(7));
}

/// Throughline's own functions hand over once more, and say what crosses.
#[tokio::test]
async fn throughlines_own_functions_say_what_crosses() {
    let (task, detached) = REQUEST.run(7, || {
        (
            throughline::tokio::spawn(read()),
            throughline::tokio::spawn_detached(read()),
        )
    });
    assert_eq!(task.await.unwrap(), Some(7));
    assert_eq!(detached.await.unwrap(), None);
}

/// What `throughline::tokio` builds on is the same tokio.
#[tokio::test]
async fn clients_of_hyper_util_work() {
    use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
    use hyper_util::{client::legacy::Client, rt::TokioIo};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let server = REQUEST.run(7, || {
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = service_fn(|_: Request<Incoming>| async {
                Response::builder()
                    .header("request", REQUEST.get_store().unwrap())
                    .body(String::new())
            });
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await
        })
    });
    let client = Client::builder(TokioExecutor::new()).build_http::<String>();
    let response = client
        .get(format!("http://{at}/").parse().unwrap())
        .await
        .unwrap();
    assert_eq!(response.headers()["request"], "7");
    drop((response, client));
    server.await.unwrap().unwrap();
}
