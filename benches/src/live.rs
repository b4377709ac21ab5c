//! Programs with many storages, and with deep scopes.

use throughline::AsyncLocalStorage;

/// A storage of the bench.
pub type Storage = AsyncLocalStorage<u64>;

/// As many as one can want, and one more. A storage takes its slot on first use; all that is here uses
/// them from the first one on, so that the index of a storage is its slot or near it.
static STORAGES: [Storage; 1001] = [const { Storage::new() }; 1001];

/// Runs `f` with `n` storages set, and hands it another one that is not: the one with the last slot.
pub fn with_live(n: usize, f: &mut dyn FnMut(&'static Storage)) {
    nest(&STORAGES[..n], &mut || f(&STORAGES[n]));
}

/// Runs `f` in `depth` scopes: the outermost one sets the storage that `f` is handed, all others set the
/// same other one, each hiding the one before.
pub fn at_depth(depth: usize, f: &mut dyn FnMut(&'static Storage)) {
    let [outermost, others, ..] = &STORAGES;
    outermost.run(7, || deeper(others, depth - 1, &mut || f(outermost)));
}

fn nest(storages: &'static [Storage], f: &mut dyn FnMut()) {
    match storages.split_first() {
        Some((first, rest)) => first.run(1, || nest(rest, f)),
        None => f(),
    }
}

fn deeper(storage: &'static Storage, scopes: usize, f: &mut dyn FnMut()) {
    match scopes {
        0 => f(),
        _ => storage.run(1, || deeper(storage, scopes - 1, f)),
    }
}
