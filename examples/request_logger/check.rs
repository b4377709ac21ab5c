//! Compares two ids of each line: the one from our storage with the one that travelled by hand.

use std::collections::HashMap;

use crate::record::{CHUNKS, Place, Record, Token, id_or_dash};

/// What the client got for a request: the id that each chunk of the body was made under.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) token: Token,
    pub(crate) chunk_ids: Result<Vec<Option<u64>>, String>,
}

/// What is wrong with a log, a sentence each.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Lines and chunks that carry another id than that of their request.
    pub(crate) mixed_up: Vec<String>,
    /// Lines, chunks and answers that are missing.
    pub(crate) lost: Vec<String>,
}

impl Verdict {
    pub(crate) fn is_fine(&self) -> bool {
        self.mixed_up.is_empty() && self.lost.is_empty()
    }

    fn mix_up(&mut self, what: String) {
        self.mixed_up.push(what);
    }

    fn lose(&mut self, what: String) {
        self.lost.push(what);
    }
}

/// Judges a log and the answers to the requests `sent`.
pub(crate) fn check(sent: &[Token], log: &[Record], answers: &[Answer]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut lines = lines_by_token(log, &mut verdict);
    let answers: HashMap<Token, &Answer> = answers.iter().map(|it| (it.token, it)).collect();
    let mut owners = HashMap::new();
    for &token in sent {
        let request = Request::new(token, lines.remove(&token).unwrap_or_default());
        request.check_ids(&mut verdict);
        request.check_places(&mut verdict);
        request.check_answer(answers.get(&token).copied(), &mut verdict);
        request.check_owner(&mut owners, &mut verdict);
    }
    for line in lines.into_values().flatten() {
        verdict.mix_up(format!("{line}   (with a token that nobody sent)"));
    }
    verdict
}

/// Sorts the lines by their tokens, and judges those that have none.
fn lines_by_token<'a>(log: &'a [Record], verdict: &mut Verdict) -> HashMap<Token, Vec<&'a Record>> {
    let mut lines = HashMap::<_, Vec<_>>::new();
    for line in log {
        match (line.by_hand, &line.place) {
            (Some(token), _) => lines.entry(token).or_default().push(line),
            (None, Place::Outside(_)) if line.id.is_some() => {
                verdict.mix_up(format!("{line}   (outside a request)"));
            }
            // Either as it should be, or a request that is none of the demo's.
            (None, _) => {}
        }
    }
    lines
}

/// A request of the demo, and what it logged.
struct Request<'a> {
    token: Token,
    lines: Vec<&'a Record>,
    /// The id under which it started.
    id: Option<u64>,
}

impl<'a> Request<'a> {
    fn new(token: Token, lines: Vec<&'a Record>) -> Self {
        let id = lines.first().and_then(|line| line.id);
        Self { token, lines, id }
    }

    fn check_ids(&self, verdict: &mut Verdict) {
        for line in self.lines.iter().filter(|line| !self.is_own(line.id)) {
            verdict.mix_up(format!("{line}   ({self})"));
        }
    }

    fn check_places(&self, verdict: &mut Verdict) {
        for place in Place::of_a_request() {
            match self.lines.iter().filter(|line| line.place == place).count() {
                0 => verdict.lose(format!("no line `{place}`   ({self})")),
                1 => {}
                n => verdict.mix_up(format!("{n} lines `{place}`   ({self})")),
            }
        }
    }

    fn check_answer(&self, answer: Option<&Answer>, verdict: &mut Verdict) {
        match answer.map(|it| &it.chunk_ids) {
            None => verdict.lose(format!("no answer   ({self})")),
            Some(Err(error)) => verdict.lose(format!("no answer: {error}   ({self})")),
            Some(Ok(ids)) => self.check_chunks(ids, verdict),
        }
    }

    fn check_chunks(&self, ids: &[Option<u64>], verdict: &mut Verdict) {
        for id in ids.iter().filter(|id| !self.is_own(**id)) {
            let id = id_or_dash(*id);
            verdict.mix_up(format!("the client got a chunk of {id}   ({self})"));
        }
        if ids.len() != usize::from(CHUNKS) {
            verdict.lose(format!(
                "the client got {} chunks of {CHUNKS}   ({self})",
                ids.len()
            ));
        }
    }

    /// No id may serve two requests, or two mixed-up requests could vouch for each other.
    fn check_owner(&self, owners: &mut HashMap<u64, Token>, verdict: &mut Verdict) {
        let Some(id) = self.id else { return };
        if let Some(other) = owners.insert(id, self.token) {
            verdict.mix_up(format!("{id} also serves the token {other}   ({self})"));
        }
    }

    fn is_own(&self, id: Option<u64>) -> bool {
        id.is_some() && id == self.id
    }
}

impl std::fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "of request {}, token {}", id_or_dash(self.id), self.token)
    }
}
