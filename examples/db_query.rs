//! `DBQuery` of Node's documentation over a real SQLite: queries run on the database's thread, which knows no request, and
//! each callback runs in the context of the query it belongs to.
//!
//! ```sh
//! cargo run --example db_query
//! ```

use std::sync::mpsc;
use std::thread;
use throughline::{AsyncLocalStorage, AsyncResource, execution_async_id};

static REQUEST: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

type Row = rusqlite::Result<String>;
type Callback = Box<dyn FnOnce(Row) + Send>;

/// A driver as there are many: it has a thread of its own, on which it calls back. It knows nothing of contexts.
#[derive(Clone)]
struct Database(mpsc::Sender<(&'static str, Callback)>);

impl Database {
    fn open() -> Self {
        let (sender, queries) = mpsc::channel::<(_, Callback)>();
        thread::spawn(move || {
            let sqlite = rusqlite::Connection::open_in_memory().unwrap();
            let table = "CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada'), ('bob')";
            sqlite.execute_batch(table).unwrap();
            for (query, callback) in queries {
                callback(sqlite.query_row(query, [], |row| row.get(0)));
            }
        });
        Database(sender)
    }

    fn get(&self, query: &'static str, callback: impl FnOnce(Row) + Send + 'static) {
        self.0.send((query, Box::new(callback))).unwrap();
    }
}

/// `class DBQuery extends AsyncResource`: Rust has the resource as a field.
struct DbQuery {
    resource: AsyncResource,
    db: Option<Database>,
}

impl DbQuery {
    fn new(db: &Database) -> Self {
        let resource = AsyncResource::new("DBQuery");
        DbQuery {
            resource,
            db: Some(db.clone()),
        }
    }

    fn get_info(&self, query: &'static str, callback: impl FnOnce(Row) + Send + 'static) {
        let resource = self.resource.clone();
        let db = self.db.as_ref().expect("the query is not closed");
        db.get(query, move |row| {
            // Closed meanwhile, it wants no answer any more.
            let _ = resource.try_run_in_async_scope(|| callback(row));
        });
    }

    fn close(&mut self) {
        self.db = None;
        self.resource.emit_destroy();
    }
}

fn main() {
    let db = Database::open();
    let queries = [
        "SELECT name FROM users WHERE rowid = 1",
        "SELECT name FROM users WHERE rowid = 2",
        "SELECT name FROM nowhere",
    ];
    for (id, query) in (0..).zip(queries) {
        let (send, receive) = mpsc::channel();
        let mut db_query = REQUEST.run(id, || DbQuery::new(&db));
        // Wherever it is asked: the context is that in which the resource was made.
        db_query.get_info(query, move |row| {
            println!("request {:?}: {row:?}", REQUEST.get_store());
            send.send((REQUEST.get_store(), execution_async_id(), row))
                .unwrap();
        });
        let (store, resource, row) = receive.recv().unwrap();
        assert_eq!((store, resource), (Some(id), Some(db_query.resource.async_id())));
        match id {
            0 => assert_eq!(row.as_deref(), Ok("ada")),
            1 => assert_eq!(row.as_deref(), Ok("bob")),
            // An error is told in the same way.
            _ => assert!(row.unwrap_err().to_string().contains("no such table: nowhere")),
        }
        db_query.close();
        assert!(db_query.resource.is_destroyed());
        assert!(db_query.resource.try_run_in_async_scope(|| ()).is_err());
    }
    assert_eq!(REQUEST.get_store(), None);
}
