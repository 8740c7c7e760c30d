//! hyper's settings for a connection.

use std::time::Duration;

use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;

use super::executor::StreamExecutor;
use super::limits::Limits;

/// The most bytes of bodies that a connection holds before the node reads them.
const WINDOW_BYTES: u32 = 256 << 10;
/// The most bytes of an answer that hyper holds after they left the body.
const SEND_BYTES: usize = 64 << 10;

/// The most open requests of a connection.
const STREAMS: u32 = 256;

/// The settings of one connection.
pub fn builder(limits: Limits, executor: StreamExecutor) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        // This time begins at the end of the last answer, so it also ends idle connections.
        .header_read_timeout(limits.read_timeout)
        // hyper answers 431 when the head does not fit.
        .max_buf_size(limits.header_bytes.max(8_192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.header_bytes as u32)
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(64)
        .max_local_error_reset_streams(128)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(SEND_BYTES)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}
