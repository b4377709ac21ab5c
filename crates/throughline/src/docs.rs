//! Pages that belong to no item.

#[doc = include_str!("../docs/differences.md")]
pub mod differences {}

#[doc = include_str!("../docs/limitations.md")]
pub mod limitations {}

#[doc = include_str!("../docs/laws.md")]
pub mod laws {}

#[doc = include_str!("../docs/clauses.md")]
pub mod clauses {}
