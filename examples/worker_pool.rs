//! Node's worker pool with `AsyncResource`, with its mistake mended: each callback runs in the context of whoever submitted the task,
//! also of one that had to wait.
//!
//! ```sh
//! cargo run --example worker_pool
//! ```

use std::sync::mpsc;
use throughline::events::ERROR;
use throughline::pool::{CloseMode, UnheardPanic};
use throughline::{AsyncLocalStorage, WorkerPool, execution_async_resource};

static REQUEST: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// A line of the log, with the id of the request that it belongs to; nobody passes the id.
fn log(message: &str) -> String {
    let line = format!(
        "{}: {message}",
        REQUEST.get_store().map_or("-".to_owned(), |id| id.to_string())
    );
    println!("{line}");
    line
}

/// A task that one request is at fault for.
fn divide_100_by(divisor: u32) -> u32 {
    log(&format!("dividing by {divisor}"));
    100_u32.checked_div(divisor).expect("divided by zero")
}

fn twelve_requests_share_two_threads(pool: &WorkerPool) {
    let (send, receive) = mpsc::channel();
    for id in 0..12 {
        let send = send.clone();
        REQUEST.run(id, || {
            // When two tasks run and four wait, this waits for room.
            let submitted = pool.run_task(
                move || divide_100_by(id),
                move |result| {
                    let line = match result {
                        Ok(quotient) => log(&format!("got {quotient}")),
                        Err(error) => log(&error.to_string()),
                    };
                    // The task is a resource of its own: here, and in the task.
                    assert_eq!(execution_async_resource().unwrap().type_name(), "Division");
                    send.send((id, line)).unwrap();
                },
            );
            submitted.expect("the pool is open");
        });
    }
    drop(send);
    let mut lines: Vec<(u32, String)> = receive.iter().collect();
    lines.sort();
    assert_eq!(lines[0].1, "0: task panicked: divided by zero");
    for id in 1..12 {
        assert_eq!(lines[id as usize].1, format!("{id}: got {}", 100 / id));
    }
}

/// The same in async code: whoever waits for room, or for the result, blocks no thread.
async fn a_request_that_awaits(pool: &WorkerPool) {
    let seen = REQUEST
        .scope(7, async { pool.run(|| log("in the task")).await.unwrap() })
        .await;
    assert_eq!(seen, "7: in the task");
}

/// A panic that no submitter can be told of is an error of the pool; its listener knows whose it is.
fn a_callback_that_panics(pool: &WorkerPool) {
    let (send, receive) = mpsc::channel();
    pool.events().on(&ERROR, move |error| {
        let message = error.downcast_ref::<UnheardPanic>().unwrap().message();
        send.send(log(message.unwrap())).unwrap();
    });
    REQUEST.run(8, || {
        pool.run_task(|| (), |_| panic!("the callback is at fault"))
            .expect("the pool is open")
    });
    assert_eq!(receive.recv().unwrap(), "8: the callback is at fault");
}

#[tokio::main]
async fn main() {
    let pool = WorkerPool::builder()
        .threads(2)
        .queue(4)
        .task_type("Division")
        .build()
        .unwrap();
    twelve_requests_share_two_threads(&pool);
    a_request_that_awaits(&pool).await;
    a_callback_that_panics(&pool);
    // What was accepted runs; then no thread is left.
    assert!(pool.close(CloseMode::Drain));
}
