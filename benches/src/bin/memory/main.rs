//! What is exact: how many bytes things take, and how often memory is asked for. A program of its own, since its allocator counts, which
//! would slow down all that is timed. Prints JSON, for `throughline-benches`.

mod blocks;
mod bytes;

use std::thread;

use throughline_benches::Memory;

fn main() {
    // Scopes a thousand deep want a deep stack.
    let deep = thread::Builder::new().stack_size(256 << 20);
    let memory = deep.spawn(measure).unwrap().join().unwrap();
    println!("{}", serde_json::to_string(&memory).unwrap());
}

fn measure() -> Memory {
    let mut memory = Memory::new();
    // Before a thousand storages have their slots.
    blocks::measure(&mut memory);
    bytes::measure(&mut memory);
    memory
}
