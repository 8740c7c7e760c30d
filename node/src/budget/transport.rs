//! What hyper holds for a connection besides the bodies: streams whose answers the client has not read, and what arrived near bytes of
//! bodies that no handler has read.

/// What a stream costs: hyper's record of it and the head of its answer. hyper keeps the memory for the connection's next streams.
pub(super) const STREAM_BYTES: usize = 4 << 10;
/// What arrived is counted in such steps. The first step is a part of the connection's own bytes.
pub(super) const STEP: usize = 32 << 10;

/// What hyper holds for a connection.
#[derive(Debug)]
pub(super) struct Transport {
    /// The streams that were open when everything was last sent, and those that began since.
    unsent: usize,
    /// The most of these so far.
    streams: usize,
    /// Bytes of bodies that no handler has read.
    unread: usize,
    /// Everything that arrived since the handlers had read all bodies. One byte of a body keeps the whole piece in memory with which it
    /// arrived.
    arrived: usize,
    /// How much of that is counted.
    counted: usize,
    /// The open bodies of requests.
    bodies: usize,
}

impl Transport {
    /// A connection without requests. One stream is a part of the connection's own bytes.
    pub(super) fn new() -> Transport {
        Transport { unsent: 0, streams: 1, unread: 0, arrived: 0, counted: 0, bodies: 0 }
    }

    /// A stream begins. Returns the bytes to count more.
    pub(super) fn stream_begins(&mut self) -> usize {
        self.unsent += 1;
        if self.unsent <= self.streams {
            return 0;
        }
        self.streams = self.unsent;
        STREAM_BYTES
    }

    /// Everything was sent but the answers of `open` requests.
    pub(super) fn all_sent(&mut self, open: usize) {
        self.unsent = open;
    }

    /// Bytes arrived, some of them of bodies. Returns the bytes to count more.
    pub(super) fn arrives(&mut self, bytes: usize, of_bodies: usize) -> usize {
        if self.bodies > 0 {
            self.unread += of_bodies;
        }
        if self.unread == 0 {
            return 0;
        }
        self.arrived += bytes;
        let more = self.arrived.saturating_sub(self.counted + STEP).next_multiple_of(STEP);
        self.counted += more;
        more
    }

    /// A handler has read bytes of a body. Returns the bytes to count less.
    pub(super) fn is_read(&mut self, bytes: usize) -> usize {
        self.unread = self.unread.saturating_sub(bytes);
        self.arrived = self.arrived.saturating_sub(bytes);
        if self.unread == 0 { self.nothing_waits() } else { 0 }
    }

    /// A request with a body begins.
    pub(super) fn body_begins(&mut self) {
        self.bodies += 1;
    }

    /// A handler reads no more of a body. Returns the bytes to count less.
    pub(super) fn body_ends(&mut self) -> usize {
        self.bodies = self.bodies.saturating_sub(1);
        if self.bodies == 0 { self.nothing_waits() } else { 0 }
    }

    fn nothing_waits(&mut self) -> usize {
        (self.unread, self.arrived) = (0, 0);
        std::mem::take(&mut self.counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_streams_at_once_are_counted_until_the_connection_ends() {
        let mut transport = Transport::new();
        let begin = |transport: &mut Transport, count: usize| (0..count).map(|_| transport.stream_begins()).sum::<usize>();
        assert_eq!(begin(&mut transport, 1), 0);
        assert_eq!(begin(&mut transport, 9), 9 * STREAM_BYTES, "nothing was sent");
        transport.all_sent(4);
        assert_eq!(begin(&mut transport, 6), 0, "the memory is there already");
        assert_eq!(begin(&mut transport, 2), 2 * STREAM_BYTES);
        transport.all_sent(0);
        assert_eq!(begin(&mut transport, 12), 0);
    }

    #[test]
    fn what_arrives_counts_while_bytes_of_a_body_wait() {
        let mut transport = Transport::new();
        assert_eq!(transport.arrives(10 * STEP, 9 * STEP), 0, "no handler can read it: hyper drops it");
        transport.body_begins();
        assert_eq!(transport.arrives(10 * STEP, 0), 0, "heads and settings leave no memory");
        assert_eq!(transport.arrives(STEP, 1), 0, "a part of the connection");
        assert_eq!(transport.arrives(1, 1), STEP);
        assert_eq!(transport.arrives(5 * STEP, 1), 5 * STEP);
        assert_eq!(transport.is_read(2), 0);
        assert_eq!(transport.is_read(1), 6 * STEP, "all is read");
        assert_eq!(transport.arrives(STEP / 2, 9), 0);
        transport.body_begins();
        assert_eq!(transport.arrives(STEP, 9), STEP);
        assert_eq!((transport.body_ends(), transport.body_ends()), (0, STEP), "nobody reads any more");
        assert_eq!(transport.is_read(7), 0);
    }

    #[test]
    fn a_body_that_is_read_as_it_arrives_costs_nothing() {
        let mut transport = Transport::new();
        transport.body_begins();
        for _ in 0..10_000 {
            assert_eq!(transport.arrives(16_393, 16_384), 0);
            assert_eq!(transport.is_read(16_384), 0);
        }
    }
}
