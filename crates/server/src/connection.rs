//! One connection: how many there may be, and how long each may do nothing.
//!
//! Time-outs within a request are kept where its body is read. What is kept here is what no handler sees: a head that
//! never ends, a connection that lies idle, a client that does not take its answer, one that still sends when it has its
//! answer, and the end of a stopping server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, Sleep, sleep};

use crate::linger::{Bounds, Linger};
use crate::peer::Peer;
use crate::settings::Settings;

/// First bytes of HTTP/2 with prior knowledge. All of them: a head of HTTP/1 that begins alike stays timed as a head.
const H2: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a connection may do nothing.
#[derive(Debug, Clone, Copy)]
struct Patience {
    head: Duration,
    idle: Duration,
    write: Duration,
    linger: Bounds,
}

/// What ends connections of a stopping server.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    /// Turning true ends what only waits for its client.
    pub(crate) stopped: watch::Receiver<bool>,
    /// Turning true ends every connection at once.
    pub(crate) cut: watch::Receiver<bool>,
}

/// A listener whose connections are counted and timed.
pub(crate) struct GuardedListener<L> {
    inner: L,
    places: Arc<Semaphore>,
    patience: Patience,
    ends: Ends,
}

impl<L> GuardedListener<L> {
    pub(crate) fn new(inner: L, places: Arc<Semaphore>, settings: &Settings, ends: Ends) -> Self {
        let Settings { head_timeout: head, idle_timeout: idle, write_timeout: write, .. } = *settings;
        Self { inner, places, patience: Patience { head, idle, write, linger: Bounds::of(settings) }, ends }
    }
}

impl<L: Listener> Listener for GuardedListener<L> {
    type Io = GuardedIo<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // Further connections wait in the backlog of the socket. The semaphore is never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (io, address) = self.inner.accept().await;
        (GuardedIo::new(io, self.patience, self.ends.clone(), place), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl<L: Listener> Connected<IncomingStream<'_, GuardedListener<L>>> for Peer {
    fn connect_info(stream: IncomingStream<'_, GuardedListener<L>>) -> Self {
        stream.io().peer.clone()
    }
}

/// What a connection that reads nothing is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has sent a part of a head, or nothing yet since it was opened.
    Head,
    /// A request is at work.
    Busy,
    /// Between requests.
    Idle,
}

/// A timed connection.
pub(crate) struct GuardedIo<T> {
    inner: T,
    peer: Peer,
    patience: Patience,
    phase: Phase,
    /// Requests that had begun when it last waited.
    begun: usize,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    /// Leading bytes that were those of HTTP/2; `usize::MAX` after another one.
    preface: usize,
    is_h2: bool,
    /// Whether the client has closed its side.
    ended: bool,
    linger: Option<Linger>,
    stopped: watch::Receiver<bool>,
    cut: BoxFuture<'static, ()>,
    _place: Option<OwnedSemaphorePermit>,
}

impl<T> GuardedIo<T> {
    fn new(inner: T, patience: Patience, ends: Ends, place: Option<OwnedSemaphorePermit>) -> Self {
        let Ends { stopped, mut cut } = ends;
        let cut = Box::pin(async move {
            // A sender that is gone cannot cut any more.
            if cut.wait_for(|cut| *cut).await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        Self {
            inner,
            peer: Peer::default(),
            patience,
            phase: Phase::Head,
            begun: 0,
            read_timer: Box::pin(sleep(patience.head)),
            write_timer: None,
            preface: 0,
            is_h2: false,
            ended: false,
            linger: None,
            stopped,
            cut,
            _place: place,
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        let patience = if phase == Phase::Head { self.patience.head } else { self.patience.idle };
        self.read_timer.as_mut().reset(Instant::now() + patience);
    }

    /// Looks at new bytes.
    fn received(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let Some(expected) = H2.get(self.preface) else { break };
            self.preface = if byte == expected { self.preface + 1 } else { usize::MAX };
            if self.preface == H2.len() {
                self.is_h2 = true;
            }
        }
        if self.is_h2 {
            // Frames come between requests too (pings, windows), so any byte is life.
            self.enter(Phase::Idle);
        } else if self.phase == Phase::Idle && !self.peer.is_busy() {
            self.enter(Phase::Head);
        }
    }

    /// Looks at the requests: whether one is at work. One may begin and end between two looks.
    fn look(&mut self) -> bool {
        let (busy, begun) = (self.peer.is_busy(), self.peer.begun());
        if begun != self.begun || busy != (self.phase == Phase::Busy) {
            self.begun = begun;
            self.enter(if busy { Phase::Busy } else { Phase::Idle });
        }
        busy
    }

    /// Waits for bytes as long as the phase allows.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let busy = self.look();
        loop {
            ready!(self.read_timer.as_mut().poll(context));
            if !busy {
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the client sent nothing for too long"));
            }
            // The last request of an HTTP/2 connection may end without a word to it: look again later.
            self.enter(Phase::Busy);
        }
    }

    /// Whether the client may be sending what nobody reads: the rest of a body, or of a head that was refused. Streams of
    /// HTTP/2 end one by one.
    fn is_sending(&mut self) -> bool {
        self.look();
        let refused_head = self.phase == Phase::Head && self.preface > 0;
        !self.is_h2 && !self.ended && (self.peer.is_unread() || refused_head)
    }

    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        self.cut.as_mut().poll(context).is_ready()
    }

    /// Times a write that does not get on.
    fn written<R>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if result.is_ready() {
            self.write_timer = None;
            if !self.look() && self.phase == Phase::Idle {
                self.enter(Phase::Idle);
            }
            return result;
        }
        let patience = self.patience.write;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client took nothing for too long")))
    }
}

fn was_cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the server stops")
}

impl<T: AsyncRead + Unpin> AsyncRead for GuardedIo<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut(context) {
            return Poll::Ready(Err(was_cut()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.inner).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                this.ended |= buffer.filled().len() == before;
                this.received(buffer.filled().get(before..).unwrap_or_default());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => this.wait(context).map(Err),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedIo<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_cut(context) {
            return Poll::Ready(Err(was_cut()));
        }
        let result = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.written(context, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_cut(context) {
            return Poll::Ready(Err(was_cut()));
        }
        let result = Pin::new(&mut this.inner).poll_write_vectored(context, slices);
        this.written(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
            if !this.is_sending() {
                return Poll::Ready(Ok(()));
            }
        }
        let linger = this.linger.get_or_insert_with(|| Linger::new(this.patience.linger, this.stopped.clone()));
        let over = linger.poll(&mut this.inner, context).is_ready();
        if over || this.is_cut(context) { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
