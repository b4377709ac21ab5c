//! Random programs, run at once on the library and on a model of it, which is a map per boundary and no more.
//!
//! After every operation, and in every destructor:
//!
//! * each storage reads what the model says, on the thread at hand: so a boundary puts back what it found (law 1), a snapshot
//!   observes its moment (2), futures never see each other's stores however their polls mix (3), are dropped in their own
//!   context (4), and what is entered stays in its boundary (10);
//! * the stores that are alive are exactly those that can be reached (6): a hidden store is dropped at once, a dropped storage
//!   leaves nothing to new frames. Where it is not exact `Map::unclear` tells;
//! * nothing panics that should not, and no panic of a store is lost.
//!
//! At the end each store was dropped once, and all threads are outside any boundary.
//!
//! `PROPTEST_CASES` sets the number of programs of each property. A failure prints the smallest program that fails; it can be
//! pasted into `found.rs`, where old ones are kept. With `PROPERTIES_TRACE` set each program is printed before it runs, for the case
//! that one ends the process.

use properties::program::Mix;

const CALM: Mix = Mix {
    entering: 2,
    keeping: 2,
    visits: 0,
    panics: 0,
    storages: 0,
    futures: 0,
    threads: 0,
    destructors: 0,
    panicking_destructors: 0,
};

#[test]
fn closures_keep_the_laws() {
    properties::hold_for(CALM);
}

#[test]
fn panics_break_nothing() {
    properties::hold_for(Mix { panics: 1, ..CALM });
}

#[test]
fn storages_come_and_go() {
    properties::hold_for(Mix {
        storages: 2,
        futures: 2,
        destructors: 1,
        panicking_destructors: 1,
        ..CALM
    });
}

#[test]
fn destructors_may_do_anything() {
    properties::hold_for(Mix {
        destructors: 6,
        ..CALM
    });
}

#[test]
fn destructors_may_panic() {
    properties::hold_for(Mix {
        panics: 1,
        futures: 1,
        destructors: 2,
        panicking_destructors: 4,
        ..CALM
    });
}

#[test]
fn futures_keep_the_laws() {
    properties::hold_for(Mix {
        panics: 1,
        futures: 4,
        ..CALM
    });
}

#[test]
fn work_moves_between_threads() {
    properties::hold_for(Mix {
        futures: 3,
        threads: 3,
        ..CALM
    });
}

#[test]
fn visits_nest_with_closures() {
    properties::hold_for(Mix {
        visits: 3,
        panics: 1,
        futures: 1,
        destructors: 1,
        panicking_destructors: 1,
        ..CALM
    });
}

#[test]
fn all_at_once() {
    properties::hold_for(Mix {
        entering: 2,
        keeping: 2,
        visits: 1,
        panics: 1,
        storages: 1,
        futures: 2,
        threads: 1,
        destructors: 3,
        panicking_destructors: 1,
    });
}

/// The same with threads that do not wait for each other: the order of things is chance, what is read is not.
#[test]
fn threads_share_frames() {
    properties::stress::threads_share_frames(4, 100 * properties::config().cases as usize);
}

mod properties {
    pub(crate) mod found;
    pub(crate) mod interpret;
    pub(crate) mod model;
    pub(crate) mod program;
    mod resources;
    pub(crate) mod store;
    pub(crate) mod stress;
    pub(crate) mod tasks;
    pub(crate) mod workers;
    pub(crate) mod world;

    use model::THREADS;
    use program::{Mix, Ops, program};
    use proptest::strategy::BoxedStrategy;
    use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
    use std::sync::Arc;
    use workers::Workers;
    use world::World;

    /// `PROPTEST_CASES`, or our own default.
    pub(crate) fn config() -> Config {
        let mut config = Config {
            max_shrink_iters: 20_000,
            failure_persistence: None,
            ..Config::default()
        };
        if std::env::var_os("PROPTEST_CASES").is_none() {
            config.cases = 600;
        }
        config
    }

    /// Runs many programs of a mix.
    pub(crate) fn hold_for(mix: Mix) {
        hold(|| program(mix), run);
    }

    /// Runs many programs.
    pub(crate) fn hold<P: std::fmt::Debug>(
        programs: impl FnOnce() -> BoxedStrategy<P> + Send,
        run: impl Fn(&Arc<Workers>, &P) -> Result<(), String> + Send + Sync,
    ) {
        let trace = std::env::var_os("PROPERTIES_TRACE").is_some();
        Workers::with(THREADS, |workers| {
            let result = TestRunner::new(config()).run(&programs(), |program| {
                if trace {
                    eprintln!("{program:?}");
                }
                run(workers, &program).map_err(TestCaseError::fail)
            });
            match result {
                Err(TestError::Fail(why, program)) => panic!("{why}: {program:?}"),
                Err(TestError::Abort(why)) => panic!("{why}"),
                Ok(()) => {}
            }
        });
    }

    /// Runs one program on both worlds.
    pub(crate) fn run(workers: &Arc<Workers>, ops: &Ops) -> Result<(), String> {
        let world = World::new(workers);
        world.check();
        interpret::catch(&world, || interpret::run(&world, ops));
        world.end();
        world.failure().map_or(Ok(()), Err)
    }
}
