//! The lake on S3: a server of another make, started for the test, with the same promises as on a disk.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::FutureExt;
use jiff::{Span, Timestamp};
use watchkeeper_lake::maintain::CompactOptions;
use watchkeeper_lake::query::Scan;
use watchkeeper_lake::{Committed, Lake, Replace, Root, Selection, Wanted};

use crate::support::{HOUR, START, predictions, read_back, rows, write};

const DAY: i32 = (START / (24 * HOUR)) as i32;
const BUCKET: &str = "lake-test";

/// A running S3 server, ended with the test.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts one; `None` when such tests are to be skipped.
    #[expect(clippy::print_stderr, reason = "a skipped test tells why")]
    fn start() -> Option<Self> {
        if std::env::var_os("WATCHKEEPER_SKIP_PEERS").is_some_and(|value| value == "1") {
            eprintln!("skipped: WATCHKEEPER_SKIP_PEERS=1, so no S3 server is installed");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers.sh");
        let found = Command::new(&script).arg("s3").output().unwrap();
        let told = String::from_utf8_lossy(&found.stderr);
        assert!(
            found.status.success(),
            "`scripts/peers.sh s3` failed, so there is no S3 server to test against (WATCHKEEPER_SKIP_PEERS=1 skips): {told}"
        );
        let program = String::from_utf8(found.stdout).unwrap();
        let mut process = Command::new(program.trim())
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut server = Self { process, port: 0 };
        let mut told = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            if let Some(address) = line.split("http://127.0.0.1:").nth(1) {
                server.port = address.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
                break;
            }
            told.push(line);
        }
        assert_ne!(server.port, 0, "the S3 server ended at its start: {}", told.join("\n"));
        // It logs each request; nobody reading would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(server)
    }

    fn create_bucket(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn lake(&self) -> Lake {
        let options = [
            ("aws_endpoint_url", format!("http://127.0.0.1:{}", self.port)),
            ("aws_access_key_id", "test".into()),
            ("aws_secret_access_key", "test".into()),
            ("aws_region", "us-east-1".into()),
            ("aws_allow_http", "true".into()),
        ];
        let options: HashMap<String, String> = options.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Lake::new(Root::open(&format!("s3://{BUCKET}/some/root"), &options).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_round_trip_holds_on_s3() {
    let Some(server) = Server::start() else { return };
    server.create_bucket();
    let lake = server.lake();
    let id = predictions();
    assert!(lake.report().await.unwrap().is_empty());
    assert!(lake.schema(&id).await.unwrap().is_none());
    for n in 0..12 {
        lake.commit(&id, &write(vec![rows(n * 4..n * 4 + 4, |i| i as f64)], n + 1)).await.unwrap();
    }
    let repeated = write(vec![rows(0..4, |i| i as f64)], 12);
    assert_eq!(server.lake().commit(&id, &repeated).await.unwrap(), Committed::Before);
    let mut correction = write(vec![rows(4..5, |_| 99.0)], 13);
    correction.replace = vec![Replace { id: "p4".into(), day: DAY }];
    lake.commit(&id, &correction).await.unwrap();
    let before = read_back(&lake, &id).await;
    assert_eq!((before.len(), before.iter().filter(|(_, value)| *value == Some(99.0)).count()), (48, 1));

    let version = lake.version(&id).await.unwrap().unwrap();
    let options = CompactOptions { min_files: 2, ..CompactOptions::default() };
    let done = lake.compact(&id, &options).await.unwrap();
    assert_eq!((done.files_before, done.files_after, done.rows), (13, 2, 48));
    assert_eq!(read_back(&server.lake(), &id).await, before);
    let changes = lake.changes(&id, Some(version), 10).await.unwrap();
    assert!(changes.len() == 2 && changes.iter().all(|change| change.added.is_empty() && change.removed.is_empty()));
    assert_eq!(lake.changes(&id, None, 100).await.unwrap().last().unwrap().version, version + 2);

    let noon = Scan { from_us: Some(START + 12 * HOUR), to_us: Some(START + 30 * HOUR), ..Scan::default() };
    assert_eq!(lake.count(&id, &noon).await.unwrap(), 18);
    let which = Selection::new([("prediction_id".to_owned(), Wanted::texts(["p7".to_owned()]))]);
    assert_eq!(lake.erase(&id, &which, &|_, _| {}).await.unwrap().rows, 1);
    lake.checkpoint(&id, None, Timestamp::now()).await.unwrap().unwrap();
    let later = Timestamp::now() + Span::new().seconds(2);
    let gone = lake.vacuum(&id, Duration::ZERO, None, later).await.unwrap();
    assert_eq!(gone.files, 14 + 1, "12 commits, one of them rewritten, its correction, and a merge that lost a row");
    assert_eq!(lake.vacuum(&id, Duration::ZERO, None, later).await.unwrap().files, 0);
    assert_eq!(read_back(&server.lake(), &id).await.len(), 47);
    assert_eq!(lake.expire(&id, DAY + 1).await.unwrap().rows, 23);
    let report = server.lake().report().await.unwrap();
    assert_eq!(report.iter().map(|(id, size)| (id.clone(), size.rows)).collect::<Vec<_>>(), [(id, 24)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_lakes_and_a_compaction_share_a_table_on_s3() {
    let Some(server) = Server::start() else { return };
    server.create_bucket();
    let (one, two, third) = (server.lake(), server.lake(), server.lake());
    let id = predictions();
    let writers = AtomicU32::new(2);
    let append = async |lake: &Lake, name: &str, first: i64| {
        for n in 0..10 {
            let start = first + n * 5;
            let mut batch = write(vec![rows(start..start + 5, |i| i as f64)], n + 1);
            batch.applications = vec![(name.to_owned(), n + 1)];
            assert!(matches!(lake.commit(&id, &batch).await.unwrap(), Committed::At(_)));
        }
        writers.fetch_sub(1, Ordering::Relaxed);
    };
    let compactions = async {
        let options = CompactOptions { min_files: 2, ..CompactOptions::default() };
        while writers.load(Ordering::Relaxed) > 0 {
            third.compact(&id, &options).await.unwrap();
        }
        third.compact(&id, &options).await.unwrap()
    };
    let appends = append(&one, "journal:one", 0).map(drop);
    let ((), (), done) = tokio::join!(appends, append(&two, "journal:two", 1000), compactions);
    assert_eq!(done.dropped, 0);
    let found = read_back(&server.lake(), &id).await;
    let expected: BTreeSet<String> = (0..50).chain(1000..1050).map(|i| format!("p{i}")).collect();
    assert_eq!(found.len(), 100);
    assert_eq!(found.into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>(), expected);
}
