//! Storages made at run time, and dropped; which nobody else can do: their keys are declared once and for all.

use std::hint::black_box;

use crate::Bench;
use crate::Under::Live;
use crate::live::{Storage, with_live};

pub(super) fn define(bench: &mut Bench) {
    bench.floor(|m| m.each(|i| _ = black_box(i)));
    bench.row("a storage made and dropped, never set", Live(1));
    bench.ours(|m| with_live(1, &mut |_| m.each(|_| drop(black_box(Storage::new())))));
    bench.row("a storage made, set once, and dropped", Live(1));
    bench.ours(|m| {
        with_live(1, &mut |_| {
            m.each(|i| {
                let storage = Storage::new();
                storage.run(i, || black_box(()));
            });
        });
    });
    bench.why("its slot is taken and given back under a lock, and the first frame after each drop looks through its index for stores of the dead");
    bench.row("the first run after a storage was dropped", Live(64));
    bench.ours(|m| {
        with_live(64, &mut |storage| {
            m.each(|i| {
                let another = Storage::new();
                another.run(i, || ());
                drop(another);
                storage.run(i, || black_box(()));
            });
        });
    });
}
