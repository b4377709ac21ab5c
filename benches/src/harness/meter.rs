//! The meter: what an operation is handed, to repeat itself and be timed.

use std::hint::{black_box, spin_loop};
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What an operation is handed: it says how often to repeat, and holds the clock.
#[derive(Debug)]
pub struct Meter {
    iterations: u64,
    counting: bool,
    took: Duration,
}

impl Meter {
    pub(crate) fn new(iterations: u64, counting: bool) -> Self {
        Meter {
            iterations,
            counting,
            took: Duration::ZERO,
        }
    }

    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Repeats `op`, which is handed the number of the repetition; what was set up before is not measured.
    // Inlined, and with it `op`, so that an operation of three instructions is not measured as a call.
    #[inline(always)]
    pub fn each(&mut self, mut op: impl FnMut(u64)) {
        let started = self.start();
        for i in 0..self.iterations {
            op(i);
            // Nothing is carried over in a register from one repetition to the next.
            black_box(());
        }
        self.stop(started);
    }

    /// Runs `body` on two threads at once; the slower one's time counts.
    pub fn on_two_threads(&mut self, body: impl Fn(&mut Meter) + Sync) {
        if self.counting {
            return body(self); // Instructions do not depend on the company.
        }
        // Somebody else may have one of the cores, and then our threads take turns on the other.
        let tries = iter::repeat_with(|| two_at_once(self.iterations, &body)).take(TRIES);
        let mut together = tries.skip_while(|[one, other]| !one.overlaps(other));
        let [one, other] = together
            .next()
            .unwrap_or_else(|| two_at_once(self.iterations, &body));
        self.took = one.took().max(other.took());
    }

    #[inline(never)]
    fn start(&self) -> Instant {
        let now = Instant::now();
        if self.counting {
            counting_starts_here();
        }
        now
    }

    #[inline(never)]
    fn stop(&mut self, started: Instant) {
        if self.counting {
            counting_ends_here();
        }
        self.took = started.elapsed();
    }
}

/// How often to try to have two threads run at the same time.
const TRIES: usize = 20;

/// When a thread did its part.
struct Stretch {
    start: Instant,
    end: Instant,
}

impl Stretch {
    fn took(&self) -> Duration {
        self.end - self.start
    }

    /// Whether nearly all of both was at the same time.
    fn overlaps(&self, other: &Stretch) -> bool {
        let common = self
            .end
            .min(other.end)
            .saturating_duration_since(self.start.max(other.start));
        common >= self.took().max(other.took()).mul_f64(0.8)
    }
}

fn two_at_once(iterations: u64, body: &(impl Fn(&mut Meter) + Sync)) -> [Stretch; 2] {
    let waiting = AtomicUsize::new(2);
    let one = || {
        let mut meter = Meter::new(iterations, false);
        meet(&waiting);
        let start = Instant::now();
        body(&mut meter);
        Stretch {
            start,
            end: start + meter.took,
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(one);
        [one(), other.join().unwrap()]
    })
}

/// Spins, because a thread that sleeps wakes up when the other one is half through.
fn meet(waiting: &AtomicUsize) {
    waiting.fetch_sub(1, Ordering::AcqRel);
    while waiting.load(Ordering::Acquire) != 0 {
        spin_loop();
    }
}

/// Callgrind zeroes its counters when it comes by here: see `count`, which names it.
// It does something of its own, lest the compiler makes one function of the two.
#[inline(never)]
fn counting_starts_here() {
    black_box("starts");
}

/// Callgrind writes its counters down when it comes by here.
#[inline(never)]
fn counting_ends_here() {
    black_box("ends");
}
