//! Lines of tracing-subscriber that say what storages hold.

use futures::executor::block_on;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use throughline::{AsyncLocalStorage, FutureContextExt as _, Stamp};
use throughline_tracing::Stamped;
use tracing::{Subscriber, info, info_span};
use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder, format};

static ID: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("request_id");
static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("user");

fn stamp() -> Stamp {
    Stamp::new().with(&ID).with(&USER)
}

/// Where the lines go.
#[derive(Clone, Debug, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Out {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What is printed while `f` runs with that subscriber.
fn printed<S: Subscriber + Send + Sync + 'static>(
    subscriber: impl FnOnce(
        SubscriberBuilder<
            format::DefaultFields,
            format::Format<format::Full, ()>,
            tracing_subscriber::filter::LevelFilter,
            Out,
        >,
    ) -> S,
    f: impl FnOnce(),
) -> String {
    let out = Out::default();
    let builder = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_writer(out.clone());
    tracing::subscriber::with_default(subscriber(builder), f);
    out.text()
}

fn texts(f: impl FnOnce()) -> String {
    printed(
        |builder| {
            builder
                .map_event_format(|format| Stamped::text(stamp(), format))
                .finish()
        },
        f,
    )
}

fn objects(f: impl FnOnce()) -> Vec<Value> {
    let lines = printed(
        |builder| {
            builder
                .json()
                .map_event_format(|format| Stamped::json(stamp(), format))
                .finish()
        },
        f,
    );
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_begins_with_what_is_set() {
    let lines = texts(|| {
        info!("outside");
        ID.run("r-1".to_owned(), || {
            info!(size = 3, "inside");
            USER.run("ada", || info!("deeper"));
        });
        info!("outside again");
    });
    let expected = [
        " INFO it: outside\n",
        "request_id=r-1  INFO it: inside size=3\n",
        "request_id=r-1 user=ada  INFO it: deeper\n",
        " INFO it: outside again\n",
    ];
    assert_eq!(lines, expected.concat());
}

#[test]
fn no_store_breaks_a_line() {
    let lines = texts(|| ID.run("a\n INFO it: forged".to_owned(), || info!("true")));
    assert_eq!(lines, "request_id=\"a\\n INFO it: forged\"  INFO it: true\n");
}

#[test]
fn spans_are_shown_as_ever_and_keep_no_stamp() {
    let lines = texts(|| {
        let span = ID.run("r-1".to_owned(), || info_span!("work", part = 1));
        span.in_scope(|| info!("outside"));
        ID.run("r-2".to_owned(), || span.in_scope(|| info!("inside")));
    });
    assert_eq!(
        lines,
        " INFO work{part=1}: it: outside\nrequest_id=r-2  INFO work{part=1}: it: inside\n"
    );
}

#[test]
fn an_object_has_the_stores_as_its_context() {
    let objects = objects(|| {
        info!("outside");
        ID.run("r\n\"1\"".to_owned(), || {
            USER.run("ada", || info!(size = 3, "inside"));
        });
    });
    assert_eq!(objects[0].get("context"), None);
    assert_eq!(objects[0]["fields"]["message"], "outside");
    assert_eq!(objects[1]["context"]["request_id"], "r\n\"1\"");
    assert_eq!(objects[1]["context"]["user"], "ada");
    assert_eq!(objects[1]["fields"]["message"], "inside");
    assert_eq!(objects[1]["fields"]["size"], 3);
    assert_eq!(objects[1]["level"], "INFO");
}

#[test]
fn the_other_formats_are_stamped_too() {
    let hello = || USER.run("ada", || info!("hello"));
    let compact = printed(
        |builder| {
            builder
                .compact()
                .map_event_format(|format| Stamped::text(stamp(), format))
                .finish()
        },
        hello,
    );
    assert_eq!(compact, "user=ada  INFO it: hello\n");
    let pretty = printed(
        |builder| {
            builder
                .pretty()
                .map_event_format(|format| Stamped::text(stamp(), format))
                .finish()
        },
        hello,
    );
    assert!(pretty.starts_with("user=ada "), "{pretty}");
}

#[test]
fn colours_stay() {
    let line = printed(
        |builder| {
            builder
                .with_ansi(true)
                .map_event_format(|format| Stamped::text(stamp(), format))
                .finish()
        },
        || USER.run("ada", || info!("hello")),
    );
    assert!(line.starts_with("user=ada "), "{line:?}");
    assert!(line.contains("\u{1b}[32m INFO\u{1b}[0m"), "{line:?}");
}

#[test]
fn a_future_s_lines_say_its_context_at_each_poll_and_in_its_drop() {
    struct Witness;
    impl Drop for Witness {
        fn drop(&mut self) {
            info!("dropped");
        }
    }
    let lines = texts(|| {
        let task = USER.run("ada", || {
            let witness = Witness;
            async move {
                info!("first");
                let _witness = witness;
                std::future::pending::<()>().await;
            }
            .in_context()
        });
        let mut task = Box::pin(task);
        block_on(futures::future::poll_fn(|cx| {
            assert!(task.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        }));
        USER.run("grace", || drop(task));
    });
    assert_eq!(lines, "user=ada  INFO it: first\nuser=ada  INFO it: dropped\n");
}
