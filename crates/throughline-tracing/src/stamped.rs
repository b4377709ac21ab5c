//! The format of an event, with a stamp on it.

use std::fmt;
use throughline::Stamp;
use tracing_core::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// A [`FormatEvent`] that writes a stamp, and what another writes.
///
/// Where no storage of the stamp is set it writes what the other writes, and no more.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, Stamp};
/// use throughline_tracing::Stamped;
/// use tracing_subscriber::layer::SubscriberExt as _;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("user");
///
/// // As a layer, beside others:
/// let lines = tracing_subscriber::fmt::layer()
///     .compact()
///     .map_event_format(|format| Stamped::text(Stamp::new().with(&USER), format));
/// let subscriber = tracing_subscriber::registry().with(lines);
/// # let _ = subscriber;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a format does nothing until a subscriber has it"]
pub struct Stamped<F> {
    stamp: Stamp,
    format: F,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Front,
    Object,
}

impl<F> Stamped<F> {
    /// Puts the stamp, as `name=value`, in front of what `format` writes: at the beginning of the line, and where an event takes several (the pretty format, a message with
    /// line breaks) of the first of them.
    pub const fn text(stamp: Stamp, format: F) -> Self {
        Stamped {
            stamp,
            format,
            place: Place::Front,
        }
    }

    /// Puts the stamp into the object that `format` writes, as its first field, `"context": {…}`: for [`Json`](https://docs.rs/tracing-subscriber/0.3/tracing_subscriber/fmt/format/struct.Json.html),
    /// or a format of your own that begins with a `{`. If it does not, it is left as it is.
    pub const fn json(stamp: Stamp, format: F) -> Self {
        Stamped {
            stamp,
            format,
            place: Place::Object,
        }
    }

    /// The format inside.
    pub const fn get_ref(&self) -> &F {
        &self.format
    }
}

impl<S, N, F> FormatEvent<S, N> for Stamped<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match self.place {
            Place::Front => {
                let stamp = self.stamp.to_string();
                if !stamp.is_empty() {
                    write!(writer, "{stamp} ")?;
                }
                self.format.format_event(context, writer, event)
            }
            Place::Object => {
                let stamp = self.stamp.json();
                if stamp == NOTHING {
                    return self.format.format_event(context, writer, event);
                }
                let mut object = String::new();
                self.format
                    .format_event(context, Writer::new(&mut object), event)?;
                writer.write_str(&with_first_field(&object, &stamp))
            }
        }
    }
}

/// A stamp that says nothing, in JSON.
const NOTHING: &str = "{}";

fn with_first_field(object: &str, stamp: &str) -> String {
    match object.strip_prefix('{') {
        None => object.to_owned(),
        Some(rest) if rest.trim_start().starts_with('}') => format!(r#"{{"context":{stamp}{rest}"#),
        Some(rest) => format!(r#"{{"context":{stamp},{rest}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::with_first_field;

    #[test]
    fn the_stamp_is_the_first_field_of_an_object_and_of_nothing_else() {
        let stamp = r#"{"id":"1"}"#;
        assert_eq!(
            with_first_field("{\"a\":1}\n", stamp),
            "{\"context\":{\"id\":\"1\"},\"a\":1}\n"
        );
        assert_eq!(with_first_field("{}\n", stamp), "{\"context\":{\"id\":\"1\"}}\n");
        assert_eq!(with_first_field("plain\n", stamp), "plain\n");
    }
}
