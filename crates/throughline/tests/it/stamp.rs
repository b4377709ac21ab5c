//! What log lines say of their context, and that nothing in it breaks them.

use std::fmt;
use throughline::{AsyncLocalStorage, FutureContextExt as _, Stamp};

static ID: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("id");
static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("user");

fn stamp() -> Stamp {
    Stamp::new().with(&ID).with(&USER)
}

fn text_of(value: &str) -> String {
    ID.run(value.to_owned(), || stamp().to_string())
}

fn json_of(value: &str) -> String {
    ID.run(value.to_owned(), || stamp().json())
}

#[test]
fn it_says_what_is_set_where_it_is_shown_in_the_order_of_the_storages() {
    let stamp = stamp();
    assert_eq!(stamp.to_string(), "");
    assert_eq!(stamp.json(), "{}");
    USER.run("ada", || {
        assert_eq!(stamp.to_string(), "user=ada");
        ID.run("r-1".to_owned(), || {
            assert_eq!(stamp.to_string(), "id=r-1 user=ada");
            assert_eq!(stamp.json(), r#"{"id":"r-1","user":"ada"}"#);
        });
    });
}

#[test]
fn it_can_be_shown_in_a_task_that_inherited() {
    let shown = USER.run("ada", || async { stamp().to_string() }.in_context());
    assert_eq!(futures::executor::block_on(shown), "user=ada");
}

#[test]
fn a_value_of_harmless_characters_stands_as_it_is() {
    for plain in ["r-17", "127.0.0.1:80", "[::1]", "/a/{id}?q#f", "Zoë", "日本"] {
        assert_eq!(text_of(plain), format!("id={plain}"));
    }
}

#[test]
fn no_value_breaks_a_line_or_ends_its_quotes() {
    let cases = [
        ("", r#"id="""#),
        ("two words", r#"id="two words""#),
        ("a\nb\r\nc", r#"id="a\nb\r\nc""#),
        (r#"a" user="root"#, r#"id="a\" user=\"root""#),
        (r"a\", r#"id="a\\""#),
        ("a=b", r#"id="a=b""#),
        ("it's", r#"id="it's""#),
        // A terminal's colours, its bell; line separators; what turns the direction of text.
        ("\u{1b}[31m\u{7}", r#"id="\u{1b}[31m\u{7}""#),
        ("\u{85}\u{2028}\u{2029}", r#"id="\u{85}\u{2028}\u{2029}""#),
        ("\u{202e}x", r#"id="\u{202e}x""#),
    ];
    for (value, line) in cases {
        assert_eq!(text_of(value), line);
    }
}

#[test]
fn a_value_in_json_is_a_string_of_json() {
    let cases = [
        ("", r#"{"id":""}"#),
        (r#"a"b\c"#, r#"{"id":"a\"b\\c"}"#),
        ("a\nb\u{1b}", r#"{"id":"a\u000ab\u001b"}"#),
        ("\u{2028}\u{202e}", r#"{"id":"\u2028\u202e"}"#),
        // Beyond the first plane, and not printable: two units.
        ("\u{e0001}", r#"{"id":"\udb40\udc01"}"#),
        ("it's 日本 😀", r#"{"id":"it's 日本 😀"}"#),
    ];
    for (value, object) in cases {
        assert_eq!(json_of(value), object);
    }
}

#[test]
fn every_character_leaves_a_line_one_line_of_printable_characters() {
    for first in (0..=char::MAX as u32).step_by(1 << 10) {
        let all: String = (first..first + (1 << 10)).filter_map(char::from_u32).collect();
        for shown in [text_of(&all), json_of(&all)] {
            assert!(!shown.chars().any(char::is_control), "{first:x}");
            assert!(!shown.contains(['\u{85}', '\u{2028}', '\u{2029}']), "{first:x}");
        }
    }
}

#[test]
fn what_a_function_shows_of_a_store_is_escaped_as_any_value_and_the_rest_is_not_shown() {
    struct Session {
        user: &'static str,
        token: &'static str,
    }
    static SESSION: AsyncLocalStorage<Session> = AsyncLocalStorage::new();
    let stamp = Stamp::new().with_fn("user", &SESSION, |session, f| f.write_str(session.user));
    let session = Session {
        user: "ada\nroot",
        token: "s3cret",
    };
    assert!(!session.token.is_empty());
    SESSION.run(session, || {
        assert_eq!(stamp.to_string(), r#"user="ada\nroot""#);
        assert_eq!(stamp.json(), r#"{"user":"ada\u000aroot"}"#);
    });
    assert_eq!(stamp.to_string(), "");
}

#[test]
#[should_panic(expected = "the storage has no name")]
fn a_storage_without_a_name_is_refused() {
    static NAMELESS: AsyncLocalStorage<u8> = AsyncLocalStorage::new();
    let _ = Stamp::new().with(&NAMELESS);
}

#[test]
#[should_panic(expected = "is in the stamp already")]
fn two_of_one_name_are_refused() {
    let _ = stamp().with_as("user", &ID);
}

#[test]
#[should_panic(expected = "is no name for a log line")]
fn a_name_that_would_break_a_line_is_refused() {
    let _ = Stamp::new().with_as("a\nb", &ID);
}

// Law 5: no borrow is held while a store is shown.
#[test]
fn a_store_may_read_and_run_while_it_is_shown() {
    struct Curious;
    impl fmt::Display for Curious {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let user = USER.run("grace", || USER.get_store());
            write!(f, "{:?}/{:?}", user, USER.get_store())
        }
    }
    static CURIOUS: AsyncLocalStorage<Curious> = AsyncLocalStorage::new().named("curious");
    let stamp = Stamp::new().with(&CURIOUS);
    let shown = USER.run("ada", || CURIOUS.run(Curious, || stamp.to_string()));
    assert_eq!(shown, r#"curious="Some(\"grace\")/Some(\"ada\")""#);
}

#[test]
fn debug_names_the_storages_and_shows_no_store() {
    let shown = ID.run("secret".to_owned(), || format!("{:?}", stamp()));
    assert_eq!(shown, r#"Stamp ["id", "user"]"#);
}

#[cfg(feature = "log")]
mod log {
    use super::{ID, USER, stamp};
    use ::log::kv::{Key, Value, VisitSource};
    use ::log::{Level, LevelFilter, Log, Metadata, Record};
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use throughline::Stamp;
    use throughline::stamp::log::StampedLogger;

    /// Keeps each record as a line: its place, its message, its pairs.
    #[derive(Clone, Debug, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl Log for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.level() <= Level::Info
        }

        fn log(&self, record: &Record<'_>) {
            let mut pairs = Shown(String::new());
            record.key_values().visit(&mut pairs).unwrap();
            let line = format!(
                "{} {}:{:?} {}{}",
                record.level(),
                record.target(),
                record.line(),
                record.args(),
                pairs.0
            );
            self.0.lock().unwrap().push(line);
        }

        fn flush(&self) {
            self.0.lock().unwrap().push("flush".to_owned());
        }
    }

    struct Shown(String);

    impl<'kvs> VisitSource<'kvs> for Shown {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), ::log::kv::Error> {
            self.0 += &format!(" {key}:{value}");
            Ok(())
        }
    }

    impl Lines {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    fn log(logger: &dyn Log, level: Level, message: &str) {
        let own = [("size", 3)];
        let args = format_args!("{message}");
        logger.log(
            &Record::builder()
                .level(level)
                .target("web")
                .line(Some(7))
                .key_values(&own)
                .args(args)
                .build(),
        );
    }

    #[test]
    fn a_line_begins_with_the_stamp_and_loses_nothing() {
        let lines = Lines::default();
        let logger = StampedLogger::text(stamp(), lines.clone());
        log(&logger, Level::Info, "before");
        ID.run("r\n1".to_owned(), || log(&logger, Level::Info, "within"));
        let expected = [
            "INFO web:Some(7) before size:3",
            r#"INFO web:Some(7) id="r\n1" within size:3"#,
        ];
        assert_eq!(lines.take(), expected);
    }

    #[test]
    fn stores_are_pairs_after_the_record_s_own() {
        let lines = Lines::default();
        let logger = StampedLogger::key_values(stamp(), lines.clone());
        log(&logger, Level::Info, "before");
        let two = || USER.run("ada", || log(&logger, Level::Info, "within"));
        ID.run("r-1".to_owned(), two);
        let expected = [
            "INFO web:Some(7) before size:3",
            "INFO web:Some(7) within size:3 id:r-1 user:ada",
        ];
        assert_eq!(lines.take(), expected);
    }

    #[test]
    fn no_store_is_shown_for_a_line_that_nobody_wants() {
        struct Loud;
        impl std::fmt::Display for Loud {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                panic!("it was shown")
            }
        }
        static LOUD: throughline::AsyncLocalStorage<Loud> =
            throughline::AsyncLocalStorage::new().named("loud");
        let lines = Lines::default();
        let logger = StampedLogger::text(Stamp::new().with(&LOUD), lines.clone());
        LOUD.run(Loud, || log(&logger, Level::Debug, "quiet"));
        assert_eq!(lines.take(), [""; 0]);
        logger.flush();
        assert_eq!(lines.take(), ["flush"]);
    }

    // The whole path, macros and all. This process has one logger: no other test may install one.
    #[test]
    fn a_real_logger_prints_stamped_lines() {
        #[derive(Clone, Default)]
        struct Out(Arc<Mutex<Vec<u8>>>);
        impl Write for Out {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let out = Out::default();
        let logger = env_logger::Builder::new()
            .filter_module("stamped", LevelFilter::Info)
            .target(env_logger::Target::Pipe(Box::new(out.clone())))
            .build();
        let most = logger.filter();
        StampedLogger::text(stamp(), logger).install(most).unwrap();

        ID.run("r-1".to_owned(), || {
            ::log::info!(target: "stamped", "hello");
            ::log::debug!(target: "stamped", "not this");
        });
        ::log::info!(target: "stamped", "bye");
        ::log::logger().flush();
        let printed = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert_eq!(printed, "[INFO  stamped] id=r-1 hello\n[INFO  stamped] bye\n");
        assert!(
            StampedLogger::text(stamp(), Lines::default())
                .install(most)
                .is_err()
        );
    }
}
