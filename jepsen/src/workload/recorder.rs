//! Records the operations and faults of a run.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::history::{Call, Fault, Op, Outcome};

/// The record of a run, shared by all callers and nemeses.
pub struct Recorder {
    began: Instant,
    next: AtomicU64,
    processes: AtomicU32,
    ops: Mutex<Vec<Op>>,
    faults: Mutex<Vec<Fault>>,
    answered: AtomicU64,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            began: Instant::now(),
            next: AtomicU64::new(0),
            processes: AtomicU32::new(0),
            ops: Mutex::default(),
            faults: Mutex::default(),
            answered: AtomicU64::new(0),
        }
    }
}

impl Recorder {
    /// Nanoseconds since the run began.
    pub fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// A new process number. A caller without an answer continues under a new one, because its call may still take effect.
    pub fn process(&self) -> u32 {
        self.processes.fetch_add(1, Ordering::Relaxed)
    }

    /// Starts an operation that is about to be sent.
    pub fn invoke(&self, process: u32, workload: &str, call: Call) -> Op {
        let id = self.next.fetch_add(1, Ordering::SeqCst);
        Op {
            id,
            process,
            workload: workload.to_owned(),
            call,
            invoked_ns: self.now_ns(),
            returned_ns: None,
            outcome: Outcome::Unknown { why: "never answered".into() },
            tries: 0,
            resolved_late: false,
            node: 0,
        }
    }

    /// Records an operation that has ended.
    pub fn complete(&self, op: Op) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        lock(&self.ops).push(op);
    }

    /// Records a fault.
    pub fn fault(&self, nemesis: &str, phase: &str, what: impl Into<String>, nodes: &[u32]) {
        let fault = Fault {
            nemesis: nemesis.into(),
            phase: phase.into(),
            what: what.into(),
            at_ns: self.now_ns(),
            nodes: nodes.to_vec(),
        };
        lock(&self.faults).push(fault);
    }

    /// The number of operations that have ended.
    pub fn count(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// All operations that have ended, by id, and all faults by time.
    pub fn so_far(&self) -> (Vec<Op>, Vec<Fault>) {
        let mut ops = lock(&self.ops).clone();
        ops.sort_by_key(|op| op.id);
        let mut faults = lock(&self.faults).clone();
        faults.sort_by_key(|fault| fault.at_ns);
        (ops, faults)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
