//! Programs that failed once.

use super::model::THREADS;
use super::program::{
    Kind::{ExitScope, Scope},
    OnPanic::Caught,
    Op::*,
    Ops,
    Val::{Panics, Plain, Runs},
};
use super::workers::Workers;

fn holds_for(ops: Ops) {
    Workers::with(THREADS, |workers| {
        assert_eq!(super::run(workers, &ops), Ok(()));
    });
}

/// The destructor frees what the boundary's own frame borrowed from, which then settled.
#[test]
fn a_store_is_replaced_by_a_destructor_at_the_end_of_the_boundary_inside() {
    let enters = Runs(vec![Enter(0, Plain)]);
    let inside = vec![Snapshot, Enter(2, enters)];
    holds_for(vec![Root(vec![
        Enter(0, Plain),
        Run(1, Plain, inside),
        Get(0, 0),
    ])]);
}

/// The destructor frees what the frame borrowed from, whose other parts were then looked for.
#[test]
fn a_store_is_replaced_by_the_destructor_of_one_of_several() {
    let all = || vec![(0, Plain), (1, Plain), (2, Plain), (3, Plain)];
    let enters = Runs(vec![Enter(1, Plain), Enter(2, Plain), Enter(3, Plain)]);
    holds_for(vec![
        RunWith(all(), vec![]),
        Root(vec![
            Enter(1, Plain),
            Enter(2, Plain),
            Enter(3, Plain),
            RunWith(vec![(0, enters), (2, Plain)], vec![]),
        ]),
    ]);
}

/// The destructor frees what the boundary stood on, and the visit under it was asked afterwards whether that is its own. (Memory is read that is free: it takes
/// AddressSanitizer or valgrind to see.)
#[test]
fn a_store_is_replaced_by_a_destructor_at_the_end_of_a_boundary_with_two_visits() {
    let enters = Runs(vec![Enter(0, Plain)]);
    holds_for(vec![Root(vec![
        Run(1, enters, vec![Snapshot]),
        Rest(0),
        DropSnapshot(0),
        Rest(0),
        Enter(0, Plain),
        Boundary(vec![Visit(1), Visit(0)]),
    ])]);
}

/// The new storage has the slot of the old one.
#[test]
fn a_storage_goes_before_its_scope_is_polled() {
    holds_for(vec![
        Make,
        Spawn(Scope(4, Plain), vec![]),
        Unmake(0),
        Make,
        Run(4, Plain, vec![Poll(0, 0, Caught)]),
    ]);
}

#[test]
fn a_storage_goes_before_its_exit_scope_is_polled() {
    holds_for(vec![
        Make,
        Spawn(ExitScope(4), vec![]),
        Unmake(0),
        Make,
        Run(4, Plain, vec![Poll(0, 0, Caught)]),
    ]);
}

#[test]
fn a_storage_goes_before_its_guard() {
    let inside = vec![Make, Open(4, Plain), Unmake(0), Make, Enter(4, Plain), Close(0)];
    holds_for(vec![Root(inside)]);
}

/// The future was not dropped, since the store's destructor panicked first.
#[test]
fn a_storage_goes_before_its_scope_is_dropped_and_the_store_panics() {
    holds_for(vec![
        Make,
        Spawn(Scope(4, Panics), vec![]),
        Unmake(0),
        Make,
        Run(4, Plain, vec![DropTask(0)]),
    ]);
}

/// The destructor still read the storage that was disabled.
#[test]
fn a_storage_is_disabled_with_a_guard_over_a_store() {
    let reads = Runs(vec![Yield]);
    holds_for(vec![Root(vec![Enter(0, reads), Open(0, Plain), Disable(0)])]);
}
