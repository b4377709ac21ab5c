//! What a task inherits that was spawned by somebody else's code.

use crate::HandOver;
use ::tokio::runtime::TaskMeta;

/// Crates whose tasks outlive the work that happened to make them: connections of a client's pool, a buffer's worker, a pool's upkeep. All requests
/// that come after share these, so that they must not have the context of the first.
const SHARED: [&str; 12] = [
    "hyper",
    "hyper-util",
    "h2",
    "reqwest",
    "tonic",
    "tower",
    "hickory-proto",
    "hickory-resolver",
    "bb8",
    "sqlx-core",
    "redis",
    "async-nats",
];

/// Which hand-over the spawn of a task is: [`Detached`](HandOver::Detached) where it was spawned by a crate whose tasks are known to outlive the work
/// that makes them (hyper, hyper-util, h2, reqwest, tonic, tower, hickory, bb8, sqlx, redis, async-nats), else a [`Task`](HandOver::Task).
///
/// What [`Hooks`](super::Hooks) ask by default. It goes by the file that the task was spawned in, as Cargo has them in its registry, in checkouts of git and in vendored folders.
#[must_use = "asking has no effect but its answer"]
pub fn hand_over_of(meta: &TaskMeta<'_>) -> HandOver {
    if is_shared(meta.spawned_at().file()) {
        HandOver::Detached
    } else {
        HandOver::Task
    }
}

fn is_shared(file: &str) -> bool {
    // The folder of a crate is the one that its `src` is in.
    let Some((folder, _)) = file.rsplit_once("/src/").or_else(|| file.rsplit_once("\\src\\")) else {
        return false;
    };
    let folder = folder.rsplit(['/', '\\']).next().unwrap_or(folder);
    SHARED.contains(&without_version(folder))
}

/// `tower` of `tower-0.5.3`.
fn without_version(folder: &str) -> &str {
    match folder.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => name,
        _ => folder,
    }
}

#[cfg(test)]
mod tests {
    use super::is_shared;

    #[test]
    fn crates_are_told_by_the_folder_of_their_source() {
        let registry = "/home/ada/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
        for shared in [
            "tower-0.5.3/src/buffer/service.rs",
            "hyper-util-0.1.21/src/rt/tokio.rs",
            "h2-0.4.0-rc.1/src/lib.rs",
        ] {
            assert!(is_shared(&format!("{registry}/{shared}")), "{shared}");
        }
        for other in [
            "tower-http-0.6.11/src/lib.rs",
            "async-graphql-7.0.0/src/lib.rs",
            "tokio-util-0.7.20/src/task/join_map.rs",
        ] {
            assert!(!is_shared(&format!("{registry}/{other}")), "{other}");
        }
        assert!(is_shared("vendor/sqlx-core/src/pool/inner.rs"));
        assert!(is_shared(
            r"C:\Users\ada\.cargo\registry\src\index.crates.io-1\tower-0.5.3\src\buffer\service.rs"
        ));
        assert!(!is_shared("src/tower/buffer.rs"));
        assert!(!is_shared("/home/ada/tower/shop/src/main.rs"));
    }
}
