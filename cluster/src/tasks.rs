//! Background tasks that have a name and an owner.
//!
//! A [`Tasks`] starts tasks and stops them: [`Tasks::stop`] returns when all of them have ended. A panic in a task is a bug
//! in Keyrack, and the task's work is not done any more, so the node must stop. [`Tasks::failed`] returns the panic to the
//! owner, which stops the node with that reason.
//!
//! - [`Tasks::spawn`] starts a task that is dropped at its next `await` when the tasks stop.
//! - [`Tasks::spawn_draining`] starts a task that is awaited instead: it watches [`Tasks::stopping`] and then ends.
//! - [`Tasks::spawn_contained`] starts a task that serves one client's connection. Its panic is logged and counted and ends
//!   this task only. Otherwise one malformed request could stop every node that receives it.
//! - [`Tasks::spawn_restarting`] starts a task that reads answers of other organisations' servers. It starts again after a
//!   panic. Otherwise one malformed answer could stop all nodes at once.
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

/// Pause before a restarting task starts again after a panic.
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
    /// Without tasks. `owner` names them in messages.
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

    /// Starts a task. It is dropped at its next `await` when the tasks stop. No task starts after that.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.shared.stop.clone();
        self.spawn_draining(name, async move {
            stop.run_until_cancelled(task).await;
        });
    }

    /// Starts a task that must end after [`Tasks::stopping`]. [`Tasks::stop`] waits for it.
    pub fn spawn_draining(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        if self.shared.stop.is_cancelled() {
            tracing::debug!(task = name, owner = self.shared.owner, "not started: the tasks have stopped");
            return;
        }
        let shared = self.shared.clone();
        self.run(task, move |panic| {
            tracing::error!(
                event = "task_panicked",
                task = name,
                owner = shared.owner,
                panic,
                "a task panicked: this node stops"
            );
            let reason = format!("task {name} of {} panicked: {panic}", shared.owner);
            // Later panics may only be a consequence of the first.
            shared.failed.send_if_modified(|failed| {
                let is_first = failed.is_none();
                failed.get_or_insert(reason);
                is_first
            });
        });
    }

    /// Starts a task that reads answers from outside the cluster. It is dropped when the tasks stop, and starts again 5 s
    /// after a panic.
    pub fn spawn_restarting<F>(&self, name: &'static str, mut make: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let shared = self.shared.clone();
        self.spawn(name, async move {
            while let Err(panic) = AssertUnwindSafe(make()).catch_unwind().await {
                let panic = panic_message(panic.as_ref());
                tracing::warn!(
                    event = "task_restarted",
                    task = name,
                    owner = shared.owner,
                    panic,
                    "a task panicked and starts again"
                );
                shared.contained.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(RESTART).await;
            }
        });
    }

    /// Starts a task that serves one client. It drains like [`Tasks::spawn_draining`], and its panic ends only this task. It
    /// also starts while the tasks stop: a draining connection may receive more requests until its client learns of the stop.
    pub fn spawn_contained(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let shared = self.shared.clone();
        self.run(task, move |panic| {
            tracing::warn!(
                event = "connection_panicked",
                task = name,
                owner = shared.owner,
                panic,
                "a task panicked: its connection ends"
            );
            shared.contained.fetch_add(1, Ordering::Relaxed);
        });
    }

    fn run(&self, task: impl Future<Output = ()> + Send + 'static, panicked: impl FnOnce(&str) + Send + 'static) {
        self.shared.running.spawn(async move {
            // Unwind safe: a panic drops the task with all its state, so no half-changed state is used again.
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                panicked(panic_message(panic.as_ref()));
            }
        });
    }

    /// Resolves when the tasks must stop.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        self.shared.stop.clone().cancelled_owned()
    }

    /// Asks all tasks to stop and waits until they have ended. It can be called again.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.running.close();
        self.shared.running.wait().await;
    }

    /// Asks all tasks to stop and does not wait for them: for a node that must send no further answers.
    pub fn cancel(&self) {
        self.shared.stop.cancel();
    }

    /// Waits until a task has panicked. Returns its name, its owner and the panic's message. Contained tasks do not count.
    pub async fn failed(&self) -> String {
        let mut failed = self.shared.failed.subscribe();
        let reason = failed.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives as long as self does.
            None => std::future::pending().await,
        }
    }

    /// How often contained and restarting tasks have panicked.
    pub fn contained_panics(&self) -> u64 {
        self.shared.contained.load(Ordering::Relaxed)
    }
}

/// The message of a panic.
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
        assert!(was_dropped.await.is_err(), "the endless task still runs");
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
    async fn a_panic_is_returned_to_every_later_caller() {
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
    async fn a_restarting_task_starts_again_after_a_panic() {
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
    async fn a_contained_panic_is_counted_and_does_not_fail_the_tasks() {
        let tasks = Tasks::new("test");
        tasks.spawn_contained("client", async { panic!("malformed request") });
        tasks.stop().await;
        assert_eq!(tasks.contained_panics(), 1);
        assert!(tasks.failed().now_or_never().is_none());
    }
}
