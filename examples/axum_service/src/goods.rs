//! What can be ordered, and under which numbers: nothing else gets further than its path, and so into no log.

use std::fmt;

use serde::Deserialize;

/// The number that a customer gives an order: `po-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Number(pub(crate) u64);

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Item {
    Tea,
    Coffee,
    Cocoa,
    Milk,
}

impl Item {
    pub(crate) const ALL: [Item; 4] = [Item::Tea, Item::Coffee, Item::Cocoa, Item::Milk];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Item::ALL.into_iter().find(|item| item.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Item::Tea => "tea",
            Item::Coffee => "coffee",
            Item::Cocoa => "cocoa",
            Item::Milk => "milk",
        }
    }

    pub(crate) const fn price(self) -> u32 {
        match self {
            Item::Tea => 430,
            Item::Coffee => 610,
            Item::Cocoa => 520,
            Item::Milk => 120,
        }
    }
}

impl TryFrom<String> for Number {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = text.strip_prefix("po-").and_then(|digits| digits.parse().ok());
        number.map(Number).ok_or("a number is as in po-17")
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "po-{}", self.0)
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
