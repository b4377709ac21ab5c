//! The check: each line and each row is of one request, by its id and by its number; and none is missing.

use std::collections::HashMap;

use super::clients::{Ask, Outcome, Sent};
use crate::goods::Item;
use crate::orders::Written;

/// All that the clients and the service have to show.
pub(crate) struct Found<'a> {
    pub(crate) sent: &'a [Sent],
    pub(crate) log: &'a str,
    pub(crate) orders: &'a [Written],
    pub(crate) receipts: &'a [Written],
}

/// What is wrong, a sentence each.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// With another id, or another caller, than is theirs.
    pub(crate) mixed: Vec<String>,
    /// Missing, or there without an id.
    pub(crate) lost: Vec<String>,
    /// How many requests closed as hung up. Nothing is wrong with these.
    pub(crate) hung_up: usize,
}

pub(crate) fn check(found: &Found<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    let mut lines = lines_by_number(found.log, &mut verdict);
    let orders = rows_by_number(found.orders, &mut verdict);
    let receipts = rows_by_number(found.receipts, &mut verdict);
    for sent in found.sent {
        let messages = lines.remove(&sent.number).unwrap_or_default();
        match &sent.outcome {
            Outcome::Mixed(what) => verdict.mixed.push(what.clone()),
            Outcome::Lost(what) => verdict.lost.push(format!("po-{}: {what}", sent.number)),
            Outcome::Answered => check_answered(sent, &messages, &mut verdict),
            Outcome::Left => {}
        }
        check_ends(sent, &messages, &mut verdict);
        let rows = [&orders, &receipts].map(|rows| rows.get(&sent.number).copied().unwrap_or(0));
        check_rows(sent, rows, &mut verdict);
    }
    for (number, messages) in lines {
        verdict.mixed.push(format!(
            "nobody sent po-{number}, of which is logged {messages:?}"
        ));
    }
    verdict
}

/// A line of the log, taken apart.
struct Line<'a> {
    stamp: HashMap<&'a str, &'a str>,
    message: &'a str,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let (head, message) = ["INFO ", "ERROR "]
            .iter()
            .find_map(|level| line.split_once(level))
            .unwrap_or(("", line));
        let stamp = head.split(' ').filter_map(|field| field.split_once('='));
        Line {
            stamp: stamp.collect(),
            message,
        }
    }

    /// The number that travelled by hand.
    fn number(&self) -> Option<&'a str> {
        let from = self.message.find("po-")? + 3;
        let rest = &self.message[from..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        Some(&rest[..digits])
    }

    /// What a field of the stamp says of itself, without what stands before the number.
    fn stamped(&self, field: &str, before: &str) -> Option<&'a str> {
        self.stamp
            .get(field)
            .map(|value| value.strip_prefix(before).unwrap_or(value))
    }
}

/// The messages of each request, after each line was held to be of one.
fn lines_by_number<'a>(log: &'a str, verdict: &mut Verdict) -> HashMap<usize, Vec<&'a str>> {
    let mut lines: HashMap<usize, Vec<&str>> = HashMap::new();
    for text in log.lines() {
        let line = Line::of(text);
        let (id, caller) = (line.stamped("request_id", "r-"), line.stamped("caller", "c-"));
        match (line.number(), id) {
            // Of no request, and known to be.
            (None, None) => continue,
            (number, Some(id)) if number != Some(id) => verdict.mixed.push(text.to_owned()),
            (Some(_), None) => verdict.lost.push(format!("no id: {text}")),
            _ if caller.is_some() && caller != line.number() => verdict.mixed.push(text.to_owned()),
            _ => {}
        }
        // What belongs to a job knows the id and no more; all else knows its caller.
        let is_job = line.stamp.len() == 1;
        let may_be_job = ["receipt", "INSERT INTO receipts"]
            .iter()
            .any(|it| line.message.contains(it));
        if is_job != may_be_job {
            verdict
                .mixed
                .push(format!("knows more, or less, than it should: {text}"));
        }
        if let Some(number) = line.number().and_then(|number| number.parse().ok()) {
            lines.entry(number).or_default().push(line.message);
        }
    }
    lines
}

/// How many rows there are of each number, after each row was held to be written in its request.
fn rows_by_number(rows: &[Written], verdict: &mut Verdict) -> HashMap<usize, usize> {
    let mut found = HashMap::new();
    for Written { number, request, .. } in rows {
        let number = number.trim_start_matches("po-");
        match request.as_deref() {
            Some(request) if request == format!("r-{number}") => {}
            Some(request) => verdict
                .mixed
                .push(format!("the row po-{number} was written in {request}")),
            None => verdict
                .lost
                .push(format!("the row po-{number} was written in no request")),
        }
        *found.entry(number.parse().unwrap_or(usize::MAX)).or_default() += 1;
    }
    found
}

/// Everything that a request logs that was answered to its end is there once.
fn check_answered(sent: &Sent, messages: &[&str], verdict: &mut Verdict) {
    let mut left = messages.to_vec();
    for expected in expected(sent) {
        match left.iter().position(|message| message.starts_with(&expected)) {
            Some(at) => drop(left.swap_remove(at)),
            None => verdict
                .lost
                .push(format!("po-{}: no line {expected:?}", sent.number)),
        }
    }
    for more in left {
        verdict
            .mixed
            .push(format!("po-{}: one line too many: {more:?}", sent.number));
    }
}

fn expected(sent: &Sent) -> Vec<String> {
    let (number, ask) = (format!("po-{}", sent.number), sent.ask);
    let request = format!("{} {}", ask.method(), ask.path(sent.number));
    let asked = |item: Item| {
        let request = format!("GET /prices/{number}/{item}");

        [
            format!("{request}: begins"),
            format!("{number}: {item} is {}", item.price()),
            format!("{request}: finished"),
        ]
    };
    let mut lines = vec![format!("{request}: begins"), format!("{request}: finished")];
    match ask {
        Ask::Order(item) => {
            lines.extend(asked(item));
            lines.extend(["INSERT INTO orders", "INSERT INTO receipts"].map(|it| format!("sqlite: {it}")));
            lines.extend(["c-", "ordered for", "receipt over"].map(|it| format!("{number}: {it}")));
        }
        Ask::Export => {
            lines.push(format!("{number}: exports"));
            lines.extend((1..=3).map(|page| format!("{number}: page {page} of")));
            lines.extend((1..=3).map(|_| "sqlite: SELECT".to_owned()));
        }
        Ask::Quotes => {
            lines.extend(Item::ALL.into_iter().flat_map(asked));
            lines.extend(["begin", "end"].map(|it| format!("{number}: quotes {it}")));
        }
    }
    lines
}

/// What began has ended, once, whoever left.
fn check_ends(sent: &Sent, messages: &[&str], verdict: &mut Verdict) {
    let mut open: HashMap<&str, [usize; 2]> = HashMap::new();
    for message in messages {
        let Some((request, what)) = message
            .rsplit_once(": ")
            .filter(|(request, _)| request.contains(" /"))
        else {
            continue;
        };
        open.entry(request).or_default()[usize::from(what != "begins")] += 1;
        verdict.hung_up += usize::from(what == "hung up");
    }
    for (request, [begun, ended]) in open {
        if (begun, ended) != (1, 1) {
            verdict.lost.push(format!(
                "po-{}: {request} began {begun} times, and ended {ended}",
                sent.number
            ));
        }
    }
}

/// An order that was answered has its row and its receipt; one that was given up may have neither, or the first, or both.
fn check_rows(sent: &Sent, [orders, receipts]: [usize; 2], verdict: &mut Verdict) {
    let is_right = match (&sent.outcome, sent.ask) {
        (Outcome::Answered, Ask::Order(_)) => (orders, receipts) == (1, 1),
        (_, Ask::Order(_)) => orders <= 1 && receipts <= orders,
        _ => orders + receipts == 0,
    };
    if !is_right {
        verdict.lost.push(format!(
            "po-{}: {orders} orders and {receipts} receipts",
            sent.number
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
        TIME  INFO listening on http://127.0.0.1:1
request_id=r-7 caller=c-7 route=/x TIME  INFO GET /exports/po-7: begins
request_id=r-7 caller=c-7 route=/x TIME  INFO po-7: exports
TIME  INFO sqlite: SELECT 1
request_id=r-7 caller=c-7 route=/x TIME  INFO sqlite: SELECT a /* po-7 */
request_id=r-7 caller=c-7 route=/x TIME  INFO po-7: page 1 of the export
request_id=r-7 caller=c-7 route=/x TIME  INFO sqlite: SELECT a /* po-7 */
request_id=r-7 caller=c-7 route=/x TIME  INFO po-7: page 2 of the export
request_id=r-7 caller=c-7 route=/x TIME  INFO sqlite: SELECT a /* po-7 */
request_id=r-7 caller=c-7 route=/x TIME  INFO po-7: page 3 of the export
request_id=r-7 caller=c-7 route=/x TIME  INFO GET /exports/po-7: finished
";

    fn export(outcome: Outcome) -> Sent {
        Sent {
            number: 7,
            ask: Ask::Export,
            outcome,
        }
    }

    fn judge(sent: &Sent, log: &str, orders: &[Written], receipts: &[Written]) -> Verdict {
        check(&Found {
            sent: std::slice::from_ref(sent),
            log,
            orders,
            receipts,
        })
    }

    fn row(request: Option<&str>) -> Written {
        Written {
            number: "po-7".to_owned(),
            what: String::new(),
            request: request.map(str::to_owned),
        }
    }

    /// How much is mixed and lost.
    fn wrongs(log: &str) -> [usize; 2] {
        let verdict = judge(&export(Outcome::Answered), log, &[], &[]);
        [verdict.mixed.len(), verdict.lost.len()]
    }

    #[test]
    fn a_request_that_logged_what_it_should_is_fine() {
        assert_eq!(wrongs(LOG), [0, 0]);
    }

    #[test]
    fn a_line_of_another_request_is_mixed() {
        let at = |from: &str, to: &str| wrongs(&LOG.replace(from, to));
        let page = "request_id=r-7 caller=c-7 route=/x TIME  INFO po-7: page 2";
        assert_eq!(at(page, &page.replacen("r-7", "r-8", 1)), [1, 0]);
        assert_eq!(at(page, &page.replacen("c-7", "c-8", 1)), [1, 0]);
        // A number by hand that nobody sent, and the line that is missing in its place.
        assert_eq!(at(page, &page.replacen("po-7", "po-8", 1)), [2, 1]);
        // What belongs to no request knows none.
        assert_eq!(
            at(
                "TIME  INFO sqlite: SELECT 1",
                "request_id=r-7 caller=c-7 TIME  INFO sqlite: SELECT 1"
            ),
            [1, 0]
        );
    }

    #[test]
    fn a_line_that_is_missing_or_has_no_id_is_lost() {
        let at = |from: &str, to: &str| wrongs(&LOG.replace(from, to));
        let page = "request_id=r-7 caller=c-7 route=/x TIME  INFO po-7: page 2 of the export\n";
        assert_eq!(at(page, ""), [0, 1]);
        assert_eq!(at(page, &page.repeat(2)), [1, 0]);
        // It knows less than it should, too.
        assert_eq!(at(page, page.split_at(33).1), [0, 1]);
    }

    #[test]
    fn a_request_that_began_ends_once_though_its_client_left() {
        let ended = "request_id=r-7 caller=c-7 route=/x TIME  INFO GET /exports/po-7: finished\n";
        let left = export(Outcome::Left);
        let hung_up = LOG.replace(": finished", ": hung up");
        assert_eq!(
            judge(&left, &hung_up, &[], &[]),
            Verdict {
                hung_up: 1,
                ..Verdict::default()
            }
        );
        assert_eq!(judge(&left, &LOG.replace(ended, ""), &[], &[]).lost.len(), 1);
        assert_eq!(
            judge(&left, &LOG.replace(ended, &ended.repeat(2)), &[], &[])
                .lost
                .len(),
            1
        );
    }

    #[test]
    fn a_row_is_written_in_its_own_request() {
        let wrongs = |request| {
            let sent = Sent {
                ask: Ask::Order(Item::Tea),
                ..export(Outcome::Left)
            };
            let verdict = judge(&sent, "", &[row(request)], &[]);
            [verdict.mixed.len(), verdict.lost.len()]
        };
        assert_eq!(wrongs(Some("r-7")), [0, 0]);
        assert_eq!(wrongs(Some("r-8")), [1, 0]);
        assert_eq!(wrongs(None), [0, 1]);
    }

    #[test]
    fn a_receipt_has_an_order_and_an_answered_order_has_both() {
        let row = || row(Some("r-7"));
        let sent = |outcome| Sent {
            ask: Ask::Order(Item::Tea),
            ..export(outcome)
        };
        assert_eq!(judge(&sent(Outcome::Left), "", &[], &[row()]).lost.len(), 1);
        let answered = judge(&sent(Outcome::Answered), "", &[row()], &[]);
        assert!(
            answered
                .lost
                .contains(&"po-7: 1 orders and 0 receipts".to_owned()),
            "{answered:?}"
        );
    }
}
