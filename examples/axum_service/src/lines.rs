//! A log in memory, for the tour and the load test.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tracing_subscriber::fmt::MakeWriter;

/// The lines of the log.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    text: Mutex<String>,
    changed: Notify,
    is_shown: bool,
}

impl Lines {
    /// Lines that are printed as well.
    pub(crate) fn shown() -> Self {
        Lines(Arc::new(Shared {
            is_shown: true,
            ..Shared::default()
        }))
    }

    /// All lines so far, which are no longer kept.
    pub(crate) fn take(&self) -> String {
        mem::take(&mut *self.0.text.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for a line with that in it, and answers it.
    pub(crate) async fn with(&self, what: &str) -> String {
        loop {
            let changed = self.0.changed.notified();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            if let Some(line) = self.find(what) {
                return line;
            }
            changed.await;
        }
    }

    fn find(&self, what: &str) -> Option<String> {
        let text = self.0.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.lines().find(|line| line.contains(what)).map(str::to_owned)
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(line);
        if self.0.is_shown {
            print!("{line}");
        }
        self.0
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_str(&line);
        self.0.changed.notify_waiters();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
