//! A pooled connection never carries its first user's context: SQLite through `deadpool`, where the request that asks first makes the
//! connection, within its own context, and others use it after.
//!
//! ```sh
//! cargo run --example connection_pool
//! ```

use deadpool_sqlite::rusqlite::Connection;
use deadpool_sqlite::{Config, Hook, Pool, Runtime};
use std::sync::{Arc, Mutex};
use throughline::prelude::*;
use throughline::{AsyncLocalStorage, AsyncResource, Snapshot, bind};

/// An `Arc`, so that one can count who keeps a request.
static REQUEST: AsyncLocalStorage<Arc<u32>> = AsyncLocalStorage::new();

fn request_id() -> Option<u32> {
    REQUEST.with(|request| request.map(|id| **id))
}

/// The requests in whose context a connection's callback ran.
type Seen = Arc<Mutex<Vec<Option<u32>>>>;

/// Wrong: the callback lives as long as the connection, and is bound to the request that happens to make it.
fn watch_as_whoever_connects(connection: &Connection, seen: Seen) {
    let changed = move || seen.lock().unwrap().push(request_id());
    let changed = changed.bind();
    connection.update_hook(Some(move |_, _: &str, _: &str, _| changed()));
}

/// Right: the connection is a resource of its own, which belongs to no request.
fn watch_as_the_connection(connection: &Connection, seen: Seen) {
    let resource = AsyncResource::builder("Connection")
        .snapshot(Snapshot::empty())
        .build();
    let changed = move || seen.lock().unwrap().push(request_id());
    let changed = changed.bind_to(resource);
    connection.update_hook(Some(move |_, _: &str, _: &str, _| changed()));
}

/// A pool of one connection, so that all requests share it.
fn pool(watch: fn(&Connection, Seen)) -> (Pool, Seen) {
    let seen = Seen::default();
    let log = seen.clone();
    let equip = Hook::sync_fn(move |connection, _| {
        let connection = connection.lock().unwrap();
        connection
            .execute_batch("CREATE TABLE visits (request INTEGER)")
            .unwrap();
        watch(&connection, log.clone());
        Ok(())
    });
    let config = Config::new(":memory:").builder(Runtime::Tokio1).unwrap();
    (config.max_size(1).post_create(equip).build().unwrap(), seen)
}

/// What a request does. Its query runs on a blocking thread, in its own context: that is bound at each use, not with the connection.
async fn visit(pool: &Pool) -> Option<u32> {
    let connection = pool.get().await.unwrap();
    let insert = bind!(once |sqlite: &mut Connection| -> Option<u32> {
        sqlite.execute("INSERT INTO visits VALUES (?1)", [request_id()]).unwrap();
        sqlite.query_row("SELECT max(request) FROM visits", [], |row| row.get(0)).unwrap()
    });
    connection.interact(insert).await.unwrap()
}

/// Three requests, one after the other; answers whether the first one is kept by somebody when it has ended.
async fn three_requests(pool: &Pool) -> bool {
    let first = Arc::new(1);
    assert_eq!(REQUEST.scope(first.clone(), visit(pool)).await, Some(1));
    assert_eq!(REQUEST.scope(Arc::new(2), visit(pool)).await, Some(2));
    assert_eq!(REQUEST.scope(Arc::new(3), visit(pool)).await, Some(3));
    Arc::strong_count(&first) > 1
}

#[tokio::main]
async fn main() {
    let (wrong, seen) = pool(watch_as_whoever_connects);
    assert!(
        three_requests(&wrong).await,
        "request 1 stays in memory as long as the connection"
    );
    println!("bound to whoever connects: {:?}", seen.lock().unwrap());
    assert_eq!(*seen.lock().unwrap(), [Some(1), Some(1), Some(1)]);

    let (right, seen) = pool(watch_as_the_connection);
    assert!(
        !three_requests(&right).await,
        "nobody keeps a request that has ended"
    );
    println!("a resource of its own:     {:?}", seen.lock().unwrap());
    assert_eq!(*seen.lock().unwrap(), [None; 3]);
}
