//! The builder of runtimes.

use super::{LocalRuntime, Runtime};
use ::tokio::runtime::LocalOptions;
#[cfg(tokio_unstable)]
use ::tokio::runtime::{HistogramConfiguration, HistogramScale, RngSeed, TaskMeta, UnhandledPanic};
use std::io;
use std::time::Duration;

/// A [`tokio::runtime::Builder`](::tokio::runtime::Builder) of runtimes whose tasks inherit.
///
/// It does not dereference to tokio's: a chain of calls would go on with that, and build a runtime whose own methods do not inherit, without a word. A
/// function that wants `&mut tokio::runtime::Builder` is given [`builder.as_mut()`](#impl-AsMut<Builder>-for-Builder). The callbacks it takes do not get
/// the context of whoever builds: runtimes outlive it.
///
/// # Examples
/// ```
/// # use throughline_tokio as tokio;
/// use throughline::AsyncLocalStorage;
/// use tokio::runtime::Builder;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
/// let task = USER.run("ada", || runtime.spawn(async { USER.get_store() }));
/// assert_eq!(runtime.block_on(task).unwrap(), Some("ada"));
/// ```
#[derive(Debug)]
pub struct Builder(::tokio::runtime::Builder);

/// The settings, given to tokio's builder as they are.
macro_rules! settings {
    ($($(#[$attribute:meta])* $name:ident($($value:ident: $Value:ty)?);)*) => {
        impl Builder {
            $(
                #[doc = concat!("As tokio's [`", stringify!($name), "`](::tokio::runtime::Builder::", stringify!($name), ").")]
                $(#[$attribute])*
                #[track_caller]
                #[allow(deprecated)] // In tokio; here too, then.
                pub fn $name(&mut self $(, $value: $Value)?) -> &mut Self {
                    self.0.$name($($value)?);
                    self
                }
            )*
        }
    };
}

settings! {
    enable_all();
    worker_threads(count: usize);
    max_blocking_threads(count: usize);
    name(name: impl Into<String>);
    thread_name(name: impl Into<String>);
    thread_name_fn(name: impl Fn() -> String + Send + Sync + 'static);
    thread_stack_size(bytes: usize);
    thread_keep_alive(duration: Duration);
    on_thread_start(f: impl Fn() + Send + Sync + 'static);
    on_thread_stop(f: impl Fn() + Send + Sync + 'static);
    on_thread_park(f: impl Fn() + Send + Sync + 'static);
    on_thread_unpark(f: impl Fn() + Send + Sync + 'static);
    global_queue_interval(ticks: u32);
    event_interval(ticks: u32);
    #[cfg(feature = "time")]
    enable_time();
    #[cfg(feature = "test-util")]
    start_paused(paused: bool);
}

// The condition of tokio's `cfg_io_driver!`.
#[cfg(any(
    feature = "net",
    all(unix, any(feature = "process", feature = "signal")),
    all(tokio_unstable, feature = "io-uring", feature = "fs", target_os = "linux")
))]
settings! {
    enable_io();
    max_io_events_per_tick(count: usize);
    max_io_events_per_busy_tick(count: usize);
}

// What tokio may change in any release.
#[cfg(tokio_unstable)]
settings! {
    #[cfg(all(feature = "time", feature = "rt-multi-thread"))]
    enable_alt_timer();
    #[cfg(feature = "rt-multi-thread")]
    enable_eager_driver_handoff();
    enable_sharded_blocking_queue();
    on_task_spawn(f: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static);
    on_before_task_poll(f: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static);
    on_after_task_poll(f: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static);
    on_task_terminate(f: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static);
    unhandled_panic(behavior: UnhandledPanic);
    disable_lifo_slot();
    rng_seed(seed: RngSeed);
    enable_metrics_poll_time_histogram();
    #[deprecated = "renamed `enable_metrics_poll_time_histogram`"]
    enable_metrics_poll_count_histogram();
    #[deprecated = "use `metrics_poll_time_histogram_configuration`"]
    metrics_poll_count_histogram_scale(scale: HistogramScale);
    metrics_poll_time_histogram_configuration(configuration: HistogramConfiguration);
    #[deprecated = "use `metrics_poll_time_histogram_configuration`"]
    metrics_poll_count_histogram_resolution(resolution: Duration);
    #[deprecated = "use `metrics_poll_time_histogram_configuration`"]
    metrics_poll_count_histogram_buckets(buckets: usize);
    #[cfg(all(feature = "io-uring", feature = "fs", target_os = "linux"))]
    enable_io_uring();
    #[cfg(feature = "schedule-latency")]
    track_task_schedule_latency();
    #[cfg(feature = "schedule-latency")]
    enable_metrics_schedule_latency_histogram();
    #[cfg(feature = "schedule-latency")]
    metrics_schedule_latency_histogram_configuration(configuration: HistogramConfiguration);
}

impl Builder {
    /// As tokio's.
    pub fn new_current_thread() -> Self {
        Builder(::tokio::runtime::Builder::new_current_thread())
    }

    /// As tokio's.
    #[cfg(feature = "rt-multi-thread")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rt-multi-thread")))]
    pub fn new_multi_thread() -> Self {
        Builder(::tokio::runtime::Builder::new_multi_thread())
    }

    /// As tokio's, of a runtime whose tasks inherit.
    ///
    /// # Errors
    /// As tokio's.
    pub fn build(&mut self) -> io::Result<Runtime> {
        self.0.build().map(Runtime::from)
    }

    /// As tokio's, of a runtime whose tasks inherit.
    ///
    /// # Errors
    /// As tokio's.
    ///
    /// # Panics
    /// As tokio's.
    #[track_caller]
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        self.0.build_local(options).map(LocalRuntime::from)
    }
}

/// For a function that takes tokio's own.
impl AsMut<::tokio::runtime::Builder> for Builder {
    fn as_mut(&mut self) -> &mut ::tokio::runtime::Builder {
        &mut self.0
    }
}

impl From<::tokio::runtime::Builder> for Builder {
    fn from(tokio: ::tokio::runtime::Builder) -> Self {
        Builder(tokio)
    }
}
