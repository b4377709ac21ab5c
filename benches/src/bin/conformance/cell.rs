//! A cell of the table.

use std::fmt;

use crate::peer::How;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Yes,
    ByHand,
    /// It has no such function.
    Absent,
    /// The question makes no sense there.
    NoSense,
    /// It does something, and that is wrong.
    Wrong(String),
}

impl Cell {
    pub(crate) fn of(how: How) -> Self {
        match how {
            How::Own => Cell::Yes,
            How::ByHand => Cell::ByHand,
        }
    }

    pub(crate) fn if_same<T: PartialEq + fmt::Debug>(seen: T, expected: T, how: How) -> Self {
        if seen == expected {
            Cell::of(how)
        } else {
            Cell::Wrong(format!("{seen:?} where {expected:?} belongs"))
        }
    }

    pub(crate) fn sign(&self) -> &'static str {
        match self {
            Cell::Yes => "●",
            Cell::ByHand => "◐",
            Cell::Absent => "○",
            Cell::NoSense => "–",
            Cell::Wrong(_) => "✗",
        }
    }

    /// As one line, between processes.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        Some(match line {
            "yes" => Cell::Yes,
            "by hand" => Cell::ByHand,
            "absent" => Cell::Absent,
            "no sense" => Cell::NoSense,
            other => Cell::Wrong(other.strip_prefix("wrong: ")?.to_owned()),
        })
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Yes => f.write_str("yes"),
            Cell::ByHand => f.write_str("by hand"),
            Cell::Absent => f.write_str("absent"),
            Cell::NoSense => f.write_str("no sense"),
            Cell::Wrong(what) => write!(f, "wrong: {}", what.replace('\n', " ")),
        }
    }
}
