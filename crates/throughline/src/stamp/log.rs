//! A logger of the `log` crate whose lines say what storages hold (feature `log`).
//!
//! With any logger, such as env_logger, the set-up is:
//!
//! ```
//! use throughline::{AsyncLocalStorage, Stamp, stamp::log::StampedLogger};
//! static REQUEST_ID: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("request_id");
//!
//! let logger = env_logger::Builder::from_default_env().build();
//! let most = logger.filter();
//! StampedLogger::text(Stamp::new().with(&REQUEST_ID), logger).install(most).unwrap();
//!
//! REQUEST_ID.run("r-17".to_owned(), || log::error!("no such user")); // […] request_id=r-17 no such user
//! ```

use super::Stamp;
use ::log::kv::{self, Key, Source, Value, VisitSource};
use ::log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

/// A [`Log`] that stamps each record and hands it on to another.
///
/// What is read is what is set where the record is logged. A logger that hands records to a thread of its own goes *inside*.
#[derive(Clone, Debug)]
#[must_use = "a logger does nothing until it is installed"]
pub struct StampedLogger<L> {
    stamp: Stamp,
    logger: L,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Text,
    KeyValues,
}

impl<L: Log> StampedLogger<L> {
    /// Puts the stamp in front of the message, where every logger shows it.
    pub const fn text(stamp: Stamp, logger: L) -> Self {
        StampedLogger {
            stamp,
            logger,
            place: Place::Text,
        }
    }

    /// Adds the stores to the record's key-value pairs, unescaped, as strings: for a logger that writes those (JSON, journald).
    ///
    /// They come after the record's own. A logger that takes the last of two pairs of a name takes the store.
    pub const fn key_values(stamp: Stamp, logger: L) -> Self {
        StampedLogger {
            stamp,
            logger,
            place: Place::KeyValues,
        }
    }

    /// The logger inside.
    pub const fn get_ref(&self) -> &L {
        &self.logger
    }

    /// Makes it the logger of this process, for records up to that level.
    ///
    /// # Errors
    /// If there is one already.
    pub fn install(self, most: LevelFilter) -> Result<(), SetLoggerError>
    where
        L: 'static,
    {
        ::log::set_boxed_logger(Box::new(self))?;
        ::log::set_max_level(most);
        Ok(())
    }

    fn log_text(&self, record: &Record<'_>) {
        let stamp = self.stamp.to_string();
        if stamp.is_empty() {
            return self.logger.log(record);
        }
        let stamped = format_args!("{stamp} {}", record.args());
        self.logger.log(&record.to_builder().args(stamped).build());
    }

    fn log_key_values(&self, record: &Record<'_>) {
        let mut stores = Vec::new();
        self.stamp
            .for_each(|name, value| stores.push((name, value.to_owned())));
        let pairs = Pairs {
            of_record: record.key_values(),
            stores,
        };
        self.logger.log(&record.to_builder().key_values(&pairs).build());
    }
}

impl<L: Log> Log for StampedLogger<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.logger.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        // No store is shown for a line that nobody wants.
        if !self.enabled(record.metadata()) {
            return;
        }
        match self.place {
            Place::Text => self.log_text(record),
            Place::KeyValues => self.log_key_values(record),
        }
    }

    fn flush(&self) {
        self.logger.flush();
    }
}

/// A record's own pairs, and then the stores.
struct Pairs<'a> {
    of_record: &'a dyn Source,
    stores: Vec<(&'static str, String)>,
}

impl Source for Pairs<'_> {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        self.of_record.visit(visitor)?;
        for (name, value) in &self.stores {
            visitor.visit_pair(Key::from_str(name), Value::from(value.as_str()))?;
        }
        Ok(())
    }
}
