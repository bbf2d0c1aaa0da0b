//! Connections in memory: on a stopped clock, time passes only when everybody waits for it.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use watchkeeper_server::{Drained, run};

use super::Server;

/// Accepts what [`Wire::connect`] sends.
struct FakeListener(mpsc::UnboundedReceiver<DuplexStream>);

impl axum::serve::Listener for FakeListener {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A running server that is reached in memory.
pub(crate) struct Wire {
    connect: mpsc::UnboundedSender<DuplexStream>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) running: JoinHandle<io::Result<Drained>>,
}

impl Wire {
    pub(crate) fn start(server: &Server) -> Self {
        let (connect, listener) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { stopped.await.unwrap_or(()) };
        let running = tokio::spawn(run(vec![FakeListener(listener)], shutdown, server.deps.clone()));
        Self { connect, stop, running }
    }

    pub(crate) fn connect(&self, buffer: usize) -> Client {
        let (near, far) = duplex(buffer);
        self.connect.send(far).unwrap();
        Client { stream: near, start: Instant::now() }
    }
}

/// One side of a connection.
pub(crate) struct Client {
    pub(crate) stream: DuplexStream,
    start: Instant,
}

impl Client {
    pub(crate) async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Everything until the server closes, and when it did.
    pub(crate) async fn rest(&mut self) -> (String, Duration) {
        let mut bytes = Vec::new();
        // A connection that is cut may end in an error.
        let _ = self.stream.read_to_end(&mut bytes).await;
        (String::from_utf8_lossy(&bytes).into_owned(), self.start.elapsed())
    }

    /// Everything up to and with `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let byte = self.stream.read_u8().await.unwrap_or_else(|_| panic!("closed after {text:?}"));
            text.push(char::from(byte));
        }
        text
    }
}
