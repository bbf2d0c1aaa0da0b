//! A wall clock that jumps by hours and days, under load and between starts.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use watchkeeper_stats::random::Xoshiro256;

use super::load::Load;
use super::verify::{apply, verify};
use super::{DAY, SETTINGS, faults, seed};
use crate::service::process::Setup;
use crate::support::Dir;

/// The library that tells a process another time, as packages install it.
fn library() -> PathBuf {
    let folders = |path: &str| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let roots =
        [folders("/usr/lib"), folders("/usr/local/lib"), folders("/usr"), folders("/opt/homebrew/lib")].concat();
    let found = roots.iter().map(|root| root.join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    found.expect("libfaketime is missing: `scripts/require.sh faketime` installs it (Debian and Ubuntu: apt-get install faketime)")
}

/// From now on the server's wall clock is `seconds` ahead.
fn set(clock: &Path, seconds: i64) {
    let next = clock.with_extension("next");
    std::fs::write(&next, format!("{seconds:+}\n")).unwrap();
    std::fs::rename(next, clock).unwrap();
}

/// Hours or days, ahead or behind; sometimes the true time.
fn jump(random: &mut Xoshiro256) -> i64 {
    let size = match random.below(5) {
        0 => 0,
        1 | 2 => 60 + random.below(24 * 3600) as i64,
        _ => DAY + random.below(20 * DAY as u64) as i64,
    };
    if random.below(2) == 0 { size } else { -size }
}

#[test]
fn a_clock_that_jumps_loses_nothing_and_counts_nothing_twice() {
    let (jumps, seed) = (6 * faults(), seed());
    let library = library();
    let started = Instant::now();
    let mut random = Xoshiro256::new(seed);
    let folder = Dir::new("clock");
    let clock = folder.path().join("clock");
    set(&clock, 0);
    let settings = [&SETTINGS[..], &["limits.past=36500d", "limits.future=36500d"]].concat();
    let plain = Setup::new(&folder.path().join("data"), &settings);
    let env = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".into()),
        // A machine's other clock does not jump. Nor do the times of files that are there.
        ("DONT_FAKE_MONOTONIC", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ("NO_FAKE_STAT", "1".into()),
    ];
    let setup = Setup { env: env.into(), ..plain.clone() };
    let base = Timestamp::now().as_second();
    let mut service = setup.start();
    apply(&folder, &service);
    let load = Load::start(&service, &mut random, base, true);
    let (mut furthest, mut restarts) = (0, 0);
    for _ in 0..jumps {
        load.more(10 + random.below(60));
        let ahead = jump(&mut random);
        furthest = ahead.abs().max(furthest);
        if random.below(3) == 0 {
            service.kill();
            set(&clock, ahead);
            service = setup.start();
            load.follow(&service);
            restarts += 1;
        } else {
            set(&clock, ahead);
        }
        // Long enough for commits and upkeep at this time.
        std::thread::sleep(Duration::from_millis(random.below(1500)));
    }
    let written = load.end(&service, seed);
    service.stop();
    let rows = verify(&folder, &plain, &plain.data.join("lake"), base, &written, seed);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{jumps} jumps of up to {} days, {restarts} kills, {rows} rows in {} requests, {} corrected rows, {seconds:.0} s",
        furthest / DAY,
        written.requests,
        written.corrected
    );
}
