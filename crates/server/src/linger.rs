//! The end of a connection whose client is still sending.
//!
//! Closing a socket with unread bytes in it resets the connection, and the reset takes the answer with it: a client that
//! sends its whole body before it looks would see a broken pipe instead of a 413. So the answer is sent, the sending side
//! is closed, and what still comes is thrown away until the client has read the answer and closes as well.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep};

use crate::settings::Settings;

/// Bytes that are read, and thrown away, at a time.
const SCRATCH: usize = 16 << 10;

/// Bounds of lingering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) pause: Duration,
    pub(crate) whole: Duration,
    pub(crate) bytes: usize,
}

impl Bounds {
    pub(crate) const fn of(settings: &Settings) -> Self {
        Self { pause: settings.linger_pause, whole: settings.linger_time, bytes: settings.linger_bytes }
    }
}

/// Throws away what comes, for as long and as much as its bounds allow.
pub(crate) struct Linger {
    bounds: Bounds,
    left: usize,
    pause: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
    stopped: BoxFuture<'static, ()>,
}

impl Linger {
    /// Begins now; `stopped` turning true ends it.
    pub(crate) fn new(bounds: Bounds, mut stopped: watch::Receiver<bool>) -> Self {
        let stopped = Box::pin(async move {
            // A sender that is gone means that the server is.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
        let (pause, whole) = (Box::pin(sleep(bounds.pause)), Box::pin(sleep(bounds.whole)));
        Self { bounds, left: bounds.bytes, pause, whole, stopped }
    }

    /// Ready when the client has closed, or has had its time.
    pub(crate) fn poll<T: AsyncRead + Unpin>(&mut self, io: &mut T, context: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [MaybeUninit::uninit(); SCRATCH];
        loop {
            let over = self.whole.as_mut().poll(context).is_ready() || self.stopped.as_mut().poll(context).is_ready();
            if over || self.left == 0 {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::uninit(&mut scratch);
            match Pin::new(&mut *io).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.left = self.left.saturating_sub(buffer.filled().len());
                    self.pause.as_mut().reset(Instant::now() + self.bounds.pause);
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.pause.as_mut().poll(context),
            }
        }
    }
}
