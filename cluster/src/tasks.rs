//! Background tasks that have a name, an owner and an end.
//!
//! Whoever starts tasks holds a [`Tasks`]. Its owner stops them in order with [`Tasks::stop`], which returns once all of
//! them are gone. A task that panics has met a defect of ours: what it had to do is not done any more, so the node must not
//! go on as if it were. [`Tasks::failed`] tells the owner, who stops the node loudly.
//!
//! - [`Tasks::spawn`] starts a task that is dropped at its next `await` when the tasks stop.
//! - [`Tasks::spawn_draining`] starts a task that is awaited instead: it watches [`Tasks::stopping`] and ends by itself.
//! - [`Tasks::spawn_contained`] starts a task that serves one stranger. Its panic is logged and counted and ends this task
//!   only, or one malformed request could stop every node that it is sent to.
//! - [`Tasks::spawn_restarting`] starts a task that reads what other organisations' servers answer. It is begun again after a
//!   panic, or one malformed answer could stop all nodes at once.
//!
//! Dropping the last `Tasks` stops nothing: a runtime that ends drops its tasks anyway.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Pause before a task that panicked begins again.
const RESTART: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 5_000 });

/// The tasks of one owner. Cheap to clone; all clones are the same tasks.
#[derive(Clone)]
pub struct Tasks {
    shared: Arc<Shared>,
}

struct Shared {
    owner: &'static str,
    running: TaskTracker,
    stop: CancellationToken,
    failed: watch::Sender<Option<String>>,
    contained: AtomicU64,
}

impl Tasks {
    /// No tasks yet. `owner` names them in messages.
    pub fn new(owner: &'static str) -> Tasks {
        let shared = Shared {
            owner,
            running: TaskTracker::new(),
            stop: CancellationToken::new(),
            failed: watch::Sender::new(None),
            contained: AtomicU64::new(0),
        };
        Tasks { shared: Arc::new(shared) }
    }

    /// Starts a task. It is dropped at its next `await` once the tasks stop; nothing starts after that.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.shared.stop.clone();
        self.spawn_draining(name, async move {
            stop.run_until_cancelled(task).await;
        });
    }

    /// Starts a task that ends by itself after [`Tasks::stopping`]; stopping waits for it.
    pub fn spawn_draining(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        if self.shared.stop.is_cancelled() {
            tracing::debug!(task = name, owner = self.shared.owner, "not started: the tasks have stopped");
            return;
        }
        let shared = self.shared.clone();
        self.run(task, move |panic| {
            tracing::error!(task = name, owner = shared.owner, panic, "a task has panicked: this node must not go on");
            let reason = format!("task {name} of {} panicked: {panic}", shared.owner);
            // The first panic is the cause; later ones may only follow from it.
            shared.failed.send_if_modified(|failed| {
                let is_first = failed.is_none();
                failed.get_or_insert(reason);
                is_first
            });
        });
    }

    /// Starts a task that reads what strangers answer: dropped when the tasks stop, and made again some seconds after a panic.
    pub fn spawn_restarting<F>(&self, name: &'static str, mut make: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let shared = self.shared.clone();
        self.spawn(name, async move {
            while let Err(panic) = AssertUnwindSafe(make()).catch_unwind().await {
                let panic = panic_message(panic.as_ref());
                tracing::error!(task = name, owner = shared.owner, panic, "a task has panicked; it begins again in a moment");
                shared.contained.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(RESTART).await;
            }
        });
    }

    /// Starts a task that serves one client: it drains like [`Tasks::spawn_draining`], and its panic ends nothing else. It
    /// starts also while the tasks stop: a connection that finishes its open requests may get some more until its client
    /// knows.
    pub fn spawn_contained(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let shared = self.shared.clone();
        self.run(task, move |panic| {
            tracing::error!(task = name, owner = shared.owner, panic, "a task has panicked; only its client is affected");
            shared.contained.fetch_add(1, Ordering::Relaxed);
        });
    }

    fn run(&self, task: impl Future<Output = ()> + Send + 'static, panicked: impl FnOnce(&str) + Send + 'static) {
        self.shared.running.spawn(async move {
            // What the task has borrowed is gone with it: nobody sees it half-changed.
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                panicked(panic_message(panic.as_ref()));
            }
        });
    }

    /// Resolves once the tasks are asked to stop.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        self.shared.stop.clone().cancelled_owned()
    }

    /// Asks all tasks to stop and waits until they have ended. Called again, it waits again.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.running.close();
        self.shared.running.wait().await;
    }

    /// Asks all tasks to stop, and does not wait for them: for a node that must not answer anything more.
    pub fn cancel(&self) {
        self.shared.stop.cancel();
    }

    /// Waits until a task has panicked; returns which, of whom and why. Contained tasks do not count.
    pub async fn failed(&self) -> String {
        let mut failed = self.shared.failed.subscribe();
        match failed.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            // The sender lives as long as self does.
            Err(_) => std::future::pending().await,
        }
    }

    /// How often contained and restarting tasks have panicked.
    pub fn contained_panics(&self) -> u64 {
        self.shared.contained.load(Ordering::Relaxed)
    }
}

/// What a panic said.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn stop_drops_tasks_and_waits_for_those_that_drain() {
        let tasks = Tasks::new("test");
        let (dropped, was_dropped) = oneshot::channel::<()>();
        tasks.spawn("endless", async move {
            let _held = dropped;
            std::future::pending::<()>().await;
        });
        let drained = Arc::new(AtomicBool::new(false));
        let (stopping, done) = (tasks.stopping(), drained.clone());
        tasks.spawn_draining("draining", async move {
            stopping.await;
            tokio::task::yield_now().await;
            done.store(true, Ordering::Relaxed);
        });
        tasks.stop().await;
        assert!(drained.load(Ordering::Relaxed), "stop returned before the draining task had ended");
        assert!(was_dropped.await.is_err(), "the endless task is still there");
        tasks.spawn("late", async { panic!("must not run") });
        tasks.stop().await;
    }

    #[tokio::test]
    async fn a_draining_connection_may_still_start_streams() {
        let tasks = Tasks::new("test");
        let (owner, stopping, streamed) = (tasks.clone(), tasks.stopping(), Arc::new(AtomicBool::new(false)));
        let stream = streamed.clone();
        tasks.spawn_contained("connection", async move {
            stopping.await;
            owner.spawn_contained("stream", async move { stream.store(true, Ordering::Relaxed) });
        });
        tasks.stop().await;
        assert!(streamed.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_panic_is_reported_with_the_names_of_task_and_owner() {
        let tasks = Tasks::new("test");
        tasks.spawn("broken", async { panic!("out of {}", "luck") });
        assert_eq!(tasks.failed().await, "task broken of test panicked: out of luck");
    }

    #[tokio::test]
    async fn a_panic_is_told_to_whoever_asks_later_too() {
        let tasks = Tasks::new("test");
        tasks.spawn("broken", async { panic!("early") });
        while !tasks.shared.running.is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..2 {
            assert_eq!(tasks.failed().now_or_never().as_deref(), Some("task broken of test panicked: early"));
        }
    }

    #[tokio::test]
    async fn a_restarting_task_begins_again_after_a_panic() {
        let tasks = Tasks::new("test");
        let (begun, counter) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (times, done) = (begun.clone(), counter.clone());
        tasks.spawn_restarting("reader", move || {
            let (time, done) = (times.fetch_add(1, Ordering::Relaxed), done.clone());
            async move {
                assert!(time > 0, "the first answer is malformed");
                done.fetch_add(1, Ordering::Relaxed);
                std::future::pending().await
            }
        });
        while counter.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!((begun.load(Ordering::Relaxed), tasks.contained_panics()), (2, 1));
        assert!(tasks.failed().now_or_never().is_none());
        tasks.stop().await;
    }

    #[tokio::test]
    async fn a_contained_panic_is_counted_and_fails_nobody() {
        let tasks = Tasks::new("test");
        tasks.spawn_contained("client", async { panic!("by a stranger") });
        tasks.stop().await;
        assert_eq!(tasks.contained_panics(), 1);
        assert!(tasks.failed().now_or_never().is_none());
    }
}
