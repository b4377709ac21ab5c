//! Pages that belong to no item.

#[doc = include_str!("../docs/differences.md")]
pub mod differences {}

#[doc = include_str!("../docs/limitations.md")]
pub mod limitations {}

#[doc = include_str!("../docs/laws.md")]
pub mod laws {}

#[doc = include_str!("../docs/clauses.md")]
pub mod clauses {}

/// The guide: a page for each thing one wants to do. Its programs are compiled and run with the tests.
///
/// [Getting started](guide::getting_started), [storages and scopes](guide::storages), [what crosses what](guide::crossing),
/// [tokio, drop-in](guide::drop_in), [resources and hooks](guide::resources), [emitters](guide::emitters), [pools](guide::pools),
/// [databases](guide::databases), [testing](guide::testing), [security](guide::security), [coming from somewhere else](guide::migrating),
/// [how a frame works](guide::design).
// Its programs use most features.
#[cfg(all(
    feature = "audit",
    feature = "hyper",
    feature = "log",
    feature = "pool",
    feature = "rayon",
    feature = "stream",
    feature = "test-util",
    feature = "tokio-util",
    feature = "tower"
))]
pub mod guide {
    #[doc = include_str!("../docs/guide/getting_started.md")]
    pub mod getting_started {}

    #[doc = include_str!("../docs/guide/storages.md")]
    pub mod storages {}

    #[doc = include_str!("../docs/guide/crossing.md")]
    pub mod crossing {}

    #[doc = include_str!("../docs/guide/drop_in.md")]
    pub mod drop_in {}

    #[doc = include_str!("../docs/guide/resources.md")]
    pub mod resources {}

    #[doc = include_str!("../docs/guide/emitters.md")]
    pub mod emitters {}

    #[doc = include_str!("../docs/guide/pools.md")]
    pub mod pools {}

    #[doc = include_str!("../docs/guide/databases.md")]
    pub mod databases {}

    #[doc = include_str!("../docs/guide/testing.md")]
    pub mod testing {}

    #[doc = include_str!("../docs/guide/security.md")]
    pub mod security {}

    #[doc = include_str!("../docs/guide/migrating.md")]
    pub mod migrating {}

    #[doc = include_str!("../docs/guide/design.md")]
    pub mod design {}
}
