//! Emitters. Clauses (`EE-…`, `EEA-…`) are Node's.

mod node;
mod support;
