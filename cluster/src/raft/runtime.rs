//! tokio as openraft's runtime, with random numbers that a simulation draws from a seed.
//!
//! openraft draws random election timeouts from its runtime. In a node they come from the operating system. Within
//! [`Runtime::seeded`] and every task that openraft spawns there they come from the seed, so that a simulated run can be
//! repeated. Nothing else differs from openraft's own `TokioRuntime`.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openraft::{AsyncRuntime, OptionalSend, TokioRuntime};
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// The runtime of every group.
#[derive(Debug)]
pub struct Runtime;

tokio::task_local! {
    static SEED: Cell<u64>;
}

impl Runtime {
    /// Runs `task` with random numbers that are drawn from `seed`. From then on this process is a simulation: drawing a
    /// number without a seed panics, because such a run could not be repeated.
    pub async fn seeded<T>(seed: u64, task: impl Future<Output = T>) -> T {
        IS_SIMULATION.store(true, Ordering::Relaxed);
        SEED.scope(Cell::new(seed), task).await
    }

    /// Returns this task's seed within [`Runtime::seeded`], and stores the next seed in its place.
    fn take_seed() -> Option<u64> {
        let taken = SEED.try_with(|seed| seed.replace(mixed(seed.get(), NEXT))).ok();
        assert!(taken.is_some() || !IS_SIMULATION.load(Ordering::Relaxed), "a simulation drew a random number without a seed");
        taken
    }
}

/// Whether [`Runtime::seeded`] was ever called in this process.
static IS_SIMULATION: AtomicBool = AtomicBool::new(false);

/// Distances to a task's next seed and to a child's first seed: the fractions of the square root of 2 and of the golden ratio.
/// They differ, so that a task and its child draw different numbers.
const NEXT: u64 = 0x6a09_e667_f3bc_c908;
const CHILD: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64 (Steele, Lea, Flood, 2014): similar seeds give unrelated numbers.
fn mixed(seed: u64, gamma: u64) -> u64 {
    let seed = seed.wrapping_add(gamma);
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

impl AsyncRuntime for Runtime {
    type JoinError = <TokioRuntime as AsyncRuntime>::JoinError;
    type JoinHandle<T: OptionalSend + 'static> = <TokioRuntime as AsyncRuntime>::JoinHandle<T>;
    type Sleep = <TokioRuntime as AsyncRuntime>::Sleep;
    type Instant = <TokioRuntime as AsyncRuntime>::Instant;
    type TimeoutError = <TokioRuntime as AsyncRuntime>::TimeoutError;
    type Timeout<R, T: Future<Output = R> + OptionalSend> = <TokioRuntime as AsyncRuntime>::Timeout<R, T>;
    type ThreadLocalRng = SmallRng;
    type Mpsc = <TokioRuntime as AsyncRuntime>::Mpsc;
    type Watch = <TokioRuntime as AsyncRuntime>::Watch;
    type Oneshot = <TokioRuntime as AsyncRuntime>::Oneshot;
    type Mutex<T: OptionalSend + 'static> = <TokioRuntime as AsyncRuntime>::Mutex<T>;

    #[inline]
    fn spawn<T>(future: T) -> Self::JoinHandle<T::Output>
    where
        T: Future + OptionalSend + 'static,
        T::Output: OptionalSend + 'static,
    {
        match Runtime::take_seed() {
            None => TokioRuntime::spawn(future),
            Some(seed) => TokioRuntime::spawn(SEED.scope(Cell::new(mixed(seed, CHILD)), future)),
        }
    }

    #[inline]
    fn sleep(duration: Duration) -> Self::Sleep {
        TokioRuntime::sleep(duration)
    }

    #[inline]
    fn sleep_until(deadline: Self::Instant) -> Self::Sleep {
        TokioRuntime::sleep_until(deadline)
    }

    #[inline]
    fn timeout<R, F: Future<Output = R> + OptionalSend>(duration: Duration, future: F) -> Self::Timeout<R, F> {
        TokioRuntime::timeout(duration, future)
    }

    #[inline]
    fn timeout_at<R, F: Future<Output = R> + OptionalSend>(deadline: Self::Instant, future: F) -> Self::Timeout<R, F> {
        TokioRuntime::timeout_at(deadline, future)
    }

    #[inline]
    fn is_panic(join_error: &Self::JoinError) -> bool {
        TokioRuntime::is_panic(join_error)
    }

    #[inline]
    fn thread_rng() -> SmallRng {
        match Runtime::take_seed() {
            None => SmallRng::from_rng(&mut TokioRuntime::thread_rng()),
            Some(seed) => SmallRng::seed_from_u64(seed),
        }
    }

    fn new(_threads: usize) -> Self {
        Runtime
    }

    fn block_on<F, T>(&mut self, future: F) -> T
    where
        F: Future<Output = T>,
    {
        TokioRuntime::new(1).block_on(future)
    }

    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = Result<T, io::Error>> + Send
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        TokioRuntime::spawn_blocking(f)
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    async fn drawn() -> (u64, u64) {
        let mine = Runtime::thread_rng().next_u64();
        let of_a_task = Runtime::spawn(async { Runtime::thread_rng().next_u64() }).await.expect("ended");
        (mine, of_a_task)
    }

    #[tokio::test]
    async fn equal_seeds_give_equal_numbers_in_a_task_and_in_its_children() {
        let one = Runtime::seeded(1, drawn()).await;
        assert_eq!(one, Runtime::seeded(1, drawn()).await);
        assert_ne!(one, Runtime::seeded(2, drawn()).await);
        assert_ne!(one.0, one.1, "a task and its child draw different numbers");
        let (of_a_task, next) = Runtime::seeded(1, async {
            let of_a_task = Runtime::spawn(async { Runtime::thread_rng().next_u64() }).await.expect("ended");
            (of_a_task, Runtime::thread_rng().next_u64())
        })
        .await;
        assert_ne!(of_a_task, next, "a task's next number differs from its child's");
        let unseeded = std::panic::catch_unwind(Runtime::thread_rng);
        assert!(unseeded.is_err(), "a simulation cannot draw without a seed");
    }
}
