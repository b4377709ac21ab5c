//! A panic hook belongs to a process: each test has one of its own, this program again with one test to run.

use std::process::Command;
use throughline::panic_hook::{self, PanicHook};
use throughline::{AsyncLocalStorage, AsyncResource};

static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new().named("request_id").shown();
static SESSION: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("session");

const INSIDE: &str = "THROUGHLINE_TEST_PANIC_HOOK";

/// What is printed to stderr where `test` runs `inside`, in a process of its own.
fn printed(test: &str, inside: impl FnOnce()) -> Option<String> {
    if std::env::var_os(INSIDE).is_some() {
        inside();
        return None;
    }
    let name = format!("panic_hook::{test}");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("1 passed"));
    Some(stderr)
}

fn panics(f: impl FnOnce()) {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_err();
}

/// The lines that are ours, with ids left out.
fn ours(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().filter(|line| {
        line.starts_with("  in context") || line.starts_with("  running") || line.starts_with("  caused")
    });
    lines
        .map(|line| line.trim().chars().filter(|c| !c.is_ascii_digit()).collect())
        .collect()
}

#[test]
fn a_panic_says_what_was_set_and_shows_no_secret() {
    let printed = printed("a_panic_says_what_was_set_and_shows_no_secret", || {
        PanicHook::new().install();
        PanicHook::new().install();
        panics(|| REQUEST_ID.run(7, || SESSION.run("s3cret", || panic!("no such table"))));
        panics(|| panic!("outside"));
    });
    let Some(printed) = printed else { return };
    let message = printed
        .find("no such table")
        .expect("the usual message is printed first");
    let context = printed
        .find("  in context: Snapshot { request_id: 7, session: .. }\n")
        .unwrap();
    assert!(message < context);
    assert_eq!(
        ours(&printed).len(),
        1,
        "once, and nothing where nothing is set: {printed}"
    );
    assert!(!printed.contains("s3cret"));
}

#[test]
fn a_panic_says_what_was_running_and_what_that_was_caused_by_also_if_that_is_gone() {
    let name = "a_panic_says_what_was_running_and_what_that_was_caused_by_also_if_that_is_gone";
    let printed = printed(name, || {
        let before = AsyncResource::new("BEFORE");
        PanicHook::new().with_causes().install();
        let server = before.run_in_async_scope(|| AsyncResource::new("SERVER"));
        let query = {
            let request = server.run_in_async_scope(|| AsyncResource::new("REQUEST"));
            request.run_in_async_scope(|| AsyncResource::new("QUERY"))
        };
        panics(|| query.run_in_async_scope(|| panic!("no such table")));
    });
    let Some(printed) = printed else { return };
    let expected = [
        "running: QUERY( by )",
        "caused by: REQUEST( by )",
        "caused by: SERVER( by )",
    ];
    assert_eq!(ours(&printed), expected, "{printed}");
}

#[test]
fn without_causes_only_what_was_running_is_said() {
    let printed = printed("without_causes_only_what_was_running_is_said", || {
        PanicHook::new().install();
        let query = AsyncResource::new("SERVER").run_in_async_scope(|| AsyncResource::new("QUERY"));
        panics(|| query.run_in_async_scope(|| panic!("no such table")));
    });
    let Some(printed) = printed else { return };
    assert_eq!(ours(&printed), ["running: QUERY( by )"], "{printed}");
}

/// Law 7.
#[test]
fn a_panic_in_a_destructor_at_thread_exit_is_said_of_too() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panics(|| REQUEST_ID.run(7, || panic!("late")));
        }
    }
    thread_local!(static LATE: Panics = const { Panics });
    let printed = printed("a_panic_in_a_destructor_at_thread_exit_is_said_of_too", || {
        PanicHook::new().with_causes().install();
        std::thread::spawn(|| LATE.with(|_| {})).join().unwrap();
    });
    let Some(printed) = printed else { return };
    assert!(
        printed.contains("  in context: Snapshot { request_id: 7 }\n"),
        "{printed}"
    );
}

#[test]
fn here_is_what_would_be_printed() {
    let query = REQUEST_ID.run(7, || AsyncResource::new("QUERY"));
    let here = query.run_in_async_scope(|| panic_hook::here().to_string());
    let expected = format!(
        "  in context: Snapshot {{ request_id: 7 }}\n  running: {:?}\n",
        query.info()
    );
    assert_eq!(here, expected);
    assert_eq!(panic_hook::here().to_string(), "");
}
