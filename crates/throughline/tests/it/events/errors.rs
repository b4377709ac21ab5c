//! The `error` event.

use super::support::Lines;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use throughline::EventEmitter;
use throughline::events::{ERROR, EmittedError, UnhandledError};

#[derive(Debug)]
struct Outer(io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn outer() -> Outer {
    Outer(io::Error::from(io::ErrorKind::BrokenPipe))
}

// EE-13
#[test]
fn an_error_that_nobody_listens_for_comes_back_with_its_payload() {
    fn hand_on(emitter: &EventEmitter) -> Result<(), Box<dyn Error>> {
        emitter.emit_error(outer())?;
        Ok(())
    }
    let emitter = EventEmitter::new();
    let error = hand_on(&emitter)
        .unwrap_err()
        .downcast::<UnhandledError>()
        .unwrap();
    assert_eq!(
        error.error().downcast_ref::<Outer>().unwrap().0.kind(),
        io::ErrorKind::BrokenPipe
    );
    assert_eq!(error.to_string(), "an error was emitted that nobody listens for");
    let sources: Vec<String> = std::iter::successors(error.source(), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    assert_eq!(sources, ["outer", "broken pipe"]);
    assert!(error.into_inner().is::<Outer>());
}

// EE-13: Node's error may be anything.
#[test]
fn a_text_is_an_error_too() {
    let emitter = EventEmitter::new();
    let unhandled = emitter.emit_error("disk full").unwrap_err();
    assert_eq!(
        (unhandled.error().to_string(), unhandled.error().is::<io::Error>()),
        ("disk full".to_owned(), false)
    );
}

#[test]
fn an_emitted_error_reads_as_the_error_it_is() {
    let emitter = EventEmitter::new();
    let seen = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&seen);
    emitter.on(&ERROR, move |error| *slot.lock().unwrap() = Some(error.clone()));
    emitter.emit_error(outer()).unwrap();
    let error = seen.lock().unwrap().take().unwrap();
    assert_eq!(error.to_string(), "outer");
    assert_eq!(format!("{error:?}"), format!("{:?}", outer()));
    assert_eq!(error.source().unwrap().to_string(), "broken pipe");
    assert!(error.get_ref().is::<Outer>() && !error.is::<io::Error>());
}

// An error that is handed from emitter to emitter is not wrapped each time.
#[test]
fn an_emitted_error_emitted_again_is_the_same() {
    let (inner, outer_) = (EventEmitter::new(), EventEmitter::new());
    let address = Arc::new(AtomicUsize::new(0));
    let from = Arc::clone(&address);
    let address_of = |error: &EmittedError| error.downcast_ref::<Outer>().unwrap() as *const Outer as usize;
    let next = outer_.clone();
    inner.on(&ERROR, move |error| {
        from.store(address_of(error), Ordering::SeqCst);
        next.emit_error(error.clone()).unwrap();
    });
    let lines = Lines::new();
    let log = lines.clone();
    outer_.on(&ERROR, move |error| log.push(address_of(error)));
    inner.emit_error(outer()).unwrap();
    assert_eq!(lines.take(), [address.load(Ordering::SeqCst).to_string()]);
}
