//! A PostgreSQL of the tests' own: made in a temporary folder, reached by a socket in it, stopped and removed when the
//! tests end, however they end.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

const MISSING: &str = "PostgreSQL is missing: the catalog is tested on a real one. On Debian and Ubuntu: \
                       apt-get install postgresql (its programs may also be on the PATH). To leave it out: \
                       WATCHKEEPER_SKIP_POSTGRES=1";

static SERVER: OnceCell<Server> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A new, empty database: its address. `None` if PostgreSQL is left out on purpose.
pub(super) async fn new_database() -> Option<String> {
    if std::env::var_os("WATCHKEEPER_SKIP_POSTGRES").is_some_and(|value| value == "1") {
        eprintln!("skipped on PostgreSQL: WATCHKEEPER_SKIP_POSTGRES=1");
        return None;
    }
    let server = SERVER.get_or_init(|| async { Server::start() }).await;
    let name = format!("catalog_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&server.url("postgres")).await.unwrap();
    // With a language's order of letters, where the server can: the catalog must not depend on it.
    let order = if server.version >= 15 { "LOCALE_PROVIDER icu ICU_LOCALE 'en'" } else { "" };
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {order}");
    admin.execute(AssertSqlSafe(sql)).await.unwrap();
    admin.close().await.unwrap();
    Some(server.url(&name))
}

struct Server {
    folder: PathBuf,
    version: u32,
    /// Its standard input is open as long as the tests run: the script stops the server when it closes.
    _keeper: Child,
}

impl Server {
    fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("watchkeeper-pg-").tempdir().unwrap().keep();
        let user = user();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let script = r#"
            trap 'cd /; rm -rf "$2"' EXIT
            cd "$2" || exit 1
            "$1/initdb" -D "$2/data" -A trust -U watchkeeper -E UTF8 --no-locale --no-sync >"$2/initdb.log" 2>&1 \
                || { cat "$2/initdb.log" >&2; exit 1; }
            "$1/pg_ctl" start -w -t 120 -D "$2/data" -l "$2/server.log" \
                -o "-c listen_addresses='' -c unix_socket_directories='$2' -c max_connections=400" >"$2/start.log" 2>&1 \
                || { cat "$2/start.log" "$2/server.log" >&2; exit 1; }
            echo ready
            cat >/dev/null
            "$1/pg_ctl" stop -w -m immediate -D "$2/data" >/dev/null 2>&1
        "#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "postgres-for-tests"]).arg(&programs).arg(&folder);
        // A group of its own, so that an interrupt from the keyboard does not end it before it has tidied up.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let mut keeper = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL did not start; what it said is above");
        Self { folder, version: version(&programs), _keeper: keeper }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://watchkeeper@localhost/{database}?host={}", self.folder.display())
    }
}

/// The folder of `initdb`, `pg_ctl` and `postgres`: the newest one of Debian's, else that of the PATH.
fn programs() -> PathBuf {
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|entry| entry.path().join("bin")).filter(complete).max_by_key(|path| version(path));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.or_else(|| std::env::split_paths(&path).find(complete)).unwrap_or_else(|| panic!("{MISSING}"))
}

fn version(programs: &Path) -> u32 {
    // `postgres (PostgreSQL) 15.6 (Debian …)`
    let output = Command::new(programs.join("postgres")).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let number = text.split_whitespace().nth(2).and_then(|word| word.split(|c: char| !c.is_ascii_digit()).next());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Whom to run it as: PostgreSQL refuses to be root. `None`: as ourselves.
fn user() -> Option<(u32, u32)> {
    let probe = tempfile::tempdir().unwrap();
    let own = std::os::unix::fs::MetadataExt::uid(&fs::metadata(probe.path()).unwrap());
    if own != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    })
}
