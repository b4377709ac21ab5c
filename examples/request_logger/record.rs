//! What the log keeps of a line, so that it can be judged later.

use std::fmt;
use std::str::FromStr;

/// How many chunks the body of an answer has.
pub(crate) const CHUNKS: u8 = 3;

/// One line of the log.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// What our storage said where the line was written.
    pub(crate) id: Option<u64>,
    pub(crate) place: Place,
    /// What came to the same place as an argument: the witness against `id`.
    pub(crate) by_hand: Option<Token>,
}

/// Where a line was written; it is also the line's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In no request.
    Outside(String),
    Start,
    AfterWait,
    SpawnedTask,
    BlockingCall,
    /// While the body was polled for this chunk.
    Chunk(u8),
    Finish,
    /// Instead of `Finish`, when the client left before the end of the body.
    CutOff,
}

/// A number that the demo's client chose for a request. It has nothing to do with the id that the
/// server gives, so that neither can pass for the other by luck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(u64);

impl Place {
    /// The places of a request that went well, each of which logs exactly one line.
    pub(crate) fn of_a_request() -> impl Iterator<Item = Place> {
        [
            Place::Start,
            Place::AfterWait,
            Place::SpawnedTask,
            Place::BlockingCall,
        ]
        .into_iter()
        .chain((1..=CHUNKS).map(Place::Chunk))
        .chain([Place::Finish])
    }
}

impl Token {
    /// The token of the demo's `n`th request. An odd factor makes them all different.
    pub(crate) fn nth(n: u64) -> Token {
        Token((n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// An id as the log shows it: `-` where there is none.
pub(crate) fn id_or_dash(id: Option<u64>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| id.to_string())
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", id_or_dash(self.id), self.place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Outside(what) => f.write_str(what),
            Place::Start => f.write_str("start"),
            Place::AfterWait => f.write_str("after the wait"),
            Place::SpawnedTask => f.write_str("in the spawned task"),
            Place::BlockingCall => f.write_str("in the blocking call"),
            Place::Chunk(n) => write!(f, "chunk {n}"),
            Place::Finish => f.write_str("finish"),
            Place::CutOff => f.write_str("cut off"),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Token {
    type Err = std::num::ParseIntError;

    fn from_str(hex: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(hex, 16).map(Token)
    }
}
