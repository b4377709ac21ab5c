//! The demo's check, held to logs that are wrong in one way each.

#[path = "../request_logger/check.rs"]
mod check;
#[path = "../request_logger/record.rs"]
mod record;

use check::{Answer, Verdict};
use record::{CHUNKS, Place, Record, Token};

#[test]
fn a_right_log_is_fine() {
    assert!(Case::right().verdict().is_fine());
}

#[test]
fn a_line_with_the_id_of_another_request_is_mixed_up() {
    let mut case = Case::right();
    case.line(0, Place::AfterWait).id = Some(1);
    assert_eq!(case.verdict().mixed_up.len(), 1);
}

#[test]
fn a_line_without_an_id_is_mixed_up() {
    for place in Place::of_a_request().skip(1) {
        let mut case = Case::right();
        case.line(0, place).id = None;
        assert_eq!(case.verdict().mixed_up.len(), 1);
    }
}

#[test]
fn a_request_that_never_had_an_id_is_mixed_up_throughout() {
    let mut case = Case::right();
    for place in Place::of_a_request() {
        case.line(0, place).id = None;
    }
    case.answers[0].chunk_ids = Ok(vec![None; CHUNKS.into()]);
    let all = Place::of_a_request().count() + usize::from(CHUNKS);
    assert_eq!(case.verdict().mixed_up.len(), all);
}

#[test]
fn an_id_that_serves_two_requests_is_mixed_up() {
    let mut case = Case::right();
    for place in Place::of_a_request() {
        case.line(0, place).id = Some(1);
    }
    case.answers[0].chunk_ids = Ok(vec![Some(1); CHUNKS.into()]);
    assert_eq!(case.verdict().mixed_up.len(), 1);
}

#[test]
fn a_line_outside_a_request_has_no_id() {
    let mut case = Case::right();
    case.log[0].id = Some(0);
    assert_eq!(case.verdict().mixed_up.len(), 1);
}

#[test]
fn a_line_is_there_once() {
    for place in Place::of_a_request().skip(1) {
        let mut case = Case::right();
        let twice = case.line(0, place.clone()).clone();
        case.log.push(twice);
        assert_eq!(case.verdict().mixed_up.len(), 1);

        case.log
            .retain(|line| line.place != place || line.by_hand != Some(Token::nth(0)));
        assert_eq!(case.verdict().lost.len(), 1);
    }
}

#[test]
fn a_token_that_nobody_sent_is_mixed_up() {
    let mut case = Case::right();
    case.log.push(Record {
        id: Some(7),
        place: Place::Start,
        by_hand: Some(Token::nth(7)),
    });
    assert_eq!(case.verdict().mixed_up.len(), 1);
}

#[test]
fn a_cut_off_body_has_no_finish() {
    let mut case = Case::right();
    case.line(0, Place::Finish).place = Place::CutOff;
    assert_eq!(case.verdict().lost.len(), 1);
}

#[test]
fn a_missing_or_failed_answer_is_lost() {
    let mut case = Case::right();
    case.answers[0].chunk_ids = Err("status 500".to_owned());
    assert_eq!(case.verdict().lost.len(), 1);
    case.answers.remove(0);
    assert_eq!(case.verdict().lost.len(), 1);
}

#[test]
fn the_chunks_of_an_answer_are_all_there_under_its_own_id() {
    let mut case = Case::right();
    case.answers[0].chunk_ids = Ok(vec![Some(0), Some(1), None]);
    assert_eq!(case.verdict().mixed_up.len(), 2);
    case.answers[0].chunk_ids = Ok(vec![Some(0); 2]);
    assert_eq!(case.verdict().lost.len(), 1);
}

/// A line outside a request, and two requests with the ids 0 and 1.
struct Case {
    sent: Vec<Token>,
    log: Vec<Record>,
    answers: Vec<Answer>,
}

impl Case {
    fn right() -> Self {
        let mut case = Self {
            sent: Vec::new(),
            log: Vec::new(),
            answers: Vec::new(),
        };
        case.log.push(Record {
            id: None,
            place: Place::Outside("start".into()),
            by_hand: None,
        });
        for id in 0..2 {
            let token = Token::nth(id);
            let line = |place| Record {
                id: Some(id),
                place,
                by_hand: Some(token),
            };
            case.sent.push(token);
            case.log.extend(Place::of_a_request().map(line));
            let chunk_ids = Ok(vec![Some(id); CHUNKS.into()]);
            case.answers.push(Answer { token, chunk_ids });
        }
        case
    }

    fn line(&mut self, request: u64, place: Place) -> &mut Record {
        let token = Some(Token::nth(request));
        let mut lines = self.log.iter_mut();
        lines
            .find(|line| line.by_hand == token && line.place == place)
            .unwrap()
    }

    fn verdict(&self) -> Verdict {
        check::check(&self.sent, &self.log, &self.answers)
    }
}
