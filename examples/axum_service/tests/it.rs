//! Runs the service as a user does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_axum_service"))
        .args(args)
        .output()
        .unwrap()
}

/// The end of what was printed.
fn tail(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let from = text.lines().count().saturating_sub(30);
    let last = text.lines().skip(from).collect::<Vec<_>>().join("\n");
    last + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_tour_shows_what_it_says() {
    let output = run(&[]);
    assert!(output.status.success(), "{}", tail(&output));
}

#[test]
fn clients_who_hang_up_as_they_like_mix_nothing_up_and_lose_nothing() {
    let output = run(&["--load", "600"]);
    assert!(output.status.success(), "{}", tail(&output));
    let last = tail(&output);
    assert!(
        last.contains("0 mixed, 0 lost; 0 frames and 0 resources left"),
        "{last}"
    );
    assert!(!last.contains("(0 had begun"), "somebody hung up: {last}");
}

#[test]
fn the_load_test_shows_a_query_that_was_not_given_the_context() {
    let output = run(&["--load", "100", "--forget", "query"]);
    assert_eq!(output.status.code(), Some(1), "{}", tail(&output));
    assert!(tail(&output).contains("lost: no id: "), "{}", tail(&output));
}

#[test]
fn wrong_arguments_are_named() {
    let wrong: [(&[&str], &str); 4] = [
        (&["--fast"], "--fast"),
        (&["--load", "0"], "from 1 to"),
        (&["--load", "9", "--serve"], "either"),
        (&["--forget", "all"], "knows only `query`"),
    ];
    for (args, named) in wrong {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(named), "{args:?}: {said}");
    }
}

#[test]
fn what_is_no_number_or_item_gets_into_no_log() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_axum_service"))
        .args(["--serve", "--addr", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.trim().rsplit('/').next().unwrap();
    for path in [
        "/orders/po-1%0Aforged/tea",
        "/orders/po-1/tea%0Aforged",
        "/orders/7/tea",
    ] {
        let mut client = TcpStream::connect(address).unwrap();
        let id = "x-request-id: r-1 forged\r\nx-caller: \tforged\"\r\n";
        write!(
            client,
            "POST {path} HTTP/1.1\r\nhost: it\r\nconnection: close\r\n{id}\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    server.kill().unwrap();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    server.wait().unwrap();
    for line in rest.lines() {
        // The path as it was sent, and the caller in quotes, are all that is shown.
        let shown = line.replace("%0Aforged", "").replace(r#"caller="forged\"""#, "");
        assert!(
            line.starts_with("request_id=") && !shown.contains("forged"),
            "{line}"
        );
    }
    assert_eq!(rest.lines().count(), 6, "{rest}");
}
