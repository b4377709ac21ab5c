//! Orders in SQLite. Each row says in which request it was written: SQLite itself asks, by a function of ours in a trigger.

use std::path::Path;
use std::time::Duration;

use deadpool_sqlite::{Config, Hook, HookError, Pool, Runtime};
use rusqlite::functions::FunctionFlags;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, Row, params};
use throughline::bind;
use tracing::info;

use crate::Failure;
use crate::context::REQUEST_ID;
use crate::goods::{Item, Number};
use crate::service::Forget;

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, item TEXT, price INTEGER, request TEXT);
    CREATE TABLE IF NOT EXISTS receipts (number TEXT PRIMARY KEY, price INTEGER, request TEXT);
    CREATE TRIGGER IF NOT EXISTS order_by AFTER INSERT ON orders
        BEGIN UPDATE orders SET request = request_id() WHERE number = new.number; END;
    CREATE TRIGGER IF NOT EXISTS receipt_by AFTER INSERT ON receipts
        BEGIN UPDATE receipts SET request = request_id() WHERE number = new.number; END;
";

/// The orders, behind a pool of one connection: SQLite has one writer at a time.
#[derive(Clone)]
pub(crate) struct Orders {
    pool: Pool,
    forget: Forget,
}

/// A row, as text: its number and the rest, and in which request it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) number: String,
    pub(crate) what: String,
    pub(crate) request: Option<String>,
}

impl Orders {
    pub(crate) fn open(path: &Path, forget: Forget) -> Result<Self, Failure> {
        let equip = Hook::sync_fn(|connection, _| {
            let connection = connection.lock().map_err(|_| HookError::message("it panicked"))?;
            equip(&connection).map_err(HookError::Backend)
        });
        let config = Config::new(path).builder(Runtime::Tokio1)?;
        let pool = config.max_size(1).post_create(equip).build()?;
        Ok(Orders { pool, forget })
    }

    pub(crate) async fn insert(&self, number: Number, item: Item, price: u32) -> Result<(), Failure> {
        self.query(move |sqlite| {
            let insert = "INSERT INTO orders (number, item, price) VALUES (?1, ?2, ?3)";
            let row = params![number.to_string(), item.name(), price];
            sqlite.execute(insert, row).map(drop)
        })
        .await
    }

    pub(crate) async fn insert_receipt(&self, number: Number, price: u32) -> Result<(), Failure> {
        self.query(move |sqlite| {
            let insert = "INSERT INTO receipts (number, price) VALUES (?1, ?2)";
            sqlite
                .execute(insert, params![number.to_string(), price])
                .map(drop)
        })
        .await
    }

    /// So many of the latest orders, after the first so many. The query says who wants them, as comments do in logs of databases.
    pub(crate) async fn page(
        &self,
        number: Number,
        skip: usize,
        size: usize,
    ) -> Result<Vec<Written>, Failure> {
        self.query(move |sqlite| {
            let page = format!(
                "SELECT number, item || ' ' || price, request FROM orders ORDER BY rowid DESC \
                 LIMIT {size} OFFSET {skip} /* {number} */"
            );
            all(sqlite, &page)
        })
        .await
    }

    /// All that there is: orders, and receipts.
    pub(crate) async fn everything(&self) -> Result<[Vec<Written>; 2], Failure> {
        self.query(|sqlite| {
            let orders = all(sqlite, "SELECT number, item, request FROM orders")?;
            let receipts = all(sqlite, "SELECT number, '', request FROM receipts")?;
            Ok([orders, receipts])
        })
        .await
    }

    /// Runs a query on a blocking thread, in the context of this call. The pool starts that thread, and knows nothing of contexts, so the closure is bound:
    /// at each use, not with the connection, which belongs to all.
    async fn query<R: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        let connection = self.pool.get().await?;
        let answered = match self.forget {
            Forget::Nothing => {
                let query = bind!(once |sqlite: &mut Connection| -> rusqlite::Result<R> { query(sqlite) });
                connection.interact(query).await
            }
            Forget::Query => connection.interact(query).await,
        };
        Ok(answered.map_err(|error| error.to_string())??)
    }
}

fn all(sqlite: &Connection, query: &str) -> rusqlite::Result<Vec<Written>> {
    let written = |row: &Row<'_>| {
        Ok(Written {
            number: row.get(0)?,
            what: row.get(1)?,
            request: row.get(2)?,
        })
    };
    sqlite.prepare(query)?.query_map([], written)?.collect()
}

/// What SQLite calls, it calls on the thread of the query, in its context.
fn equip(sqlite: &Connection) -> rusqlite::Result<()> {
    sqlite.create_scalar_function("request_id", 0, FunctionFlags::SQLITE_UTF8, |_| {
        Ok(REQUEST_ID.get_store().map(|id| id.to_string()))
    })?;
    // A connection whose request was given up may still be at work when the next one is opened.
    sqlite.busy_timeout(Duration::from_secs(10))?;
    sqlite.execute_batch(TABLES)?;
    sqlite.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(log));
    Ok(())
}

fn log(event: TraceEvent<'_>) {
    match event {
        // Those of triggers are told as comments.
        TraceEvent::Stmt(statement, text) if !text.starts_with("--") => {
            info!("sqlite: {}", statement.expanded_sql().unwrap_or_default());
        }
        _ => {}
    }
}
