//! An object store that is away for a while: acknowledgements go on, commits catch up.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use watchkeeper_stats::random::Xoshiro256;

use super::load::Load;
use super::s3::Store;
use super::verify::{apply, verify};
use super::{faults, seed, variable};
use crate::service::process::{Service, Setup, wait_for};
use crate::support::Dir;

/// Seconds that the store is away each time.
fn outage() -> Duration {
    Duration::from_secs(variable("WATCHKEEPER_TORTURE_OUTAGE", 4))
}

/// How the store is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    /// Connections are refused.
    Refused,
    /// Requests are taken and not answered.
    Frozen,
}

fn leave(store: &mut Store, away: Away) {
    match away {
        Away::Refused => store.proxy.cut(),
        Away::Frozen => store.freeze(),
    }
}

fn come_back(store: &mut Store, away: Away) {
    match away {
        Away::Refused => store.proxy.mend(),
        Away::Frozen => store.thaw(),
    }
}

/// Requests that are acknowledged while the store is away.
fn goes_on(service: &Service, load: &Load, wait: Duration) -> u64 {
    let (start, before) = (Instant::now(), load.acknowledged());
    wait_for("the outage to end", || {
        service.get("/healthz").json(200);
        (load.failed() || start.elapsed() >= wait).then_some(())
    });
    let during = load.acknowledged() - before;
    assert!(load.failed() || during >= 10, "{during} requests acknowledged while the store was away");
    during
}

/// A start while the store is away: it lives and says that it is not ready, or why it ended.
fn start_without(setup: &Setup, seed: u64) -> Service {
    let service = Service::begin(setup, Duration::from_secs(30))
        .unwrap_or_else(|log| panic!("seed {seed}: no start without the store: {log}"));
    service.get("/healthz").json(200);
    let problem = service.get("/readyz").problem(503, "unavailable");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("journal")), "{problem}");
    service
}

#[test]
fn a_store_that_is_away_stops_no_acknowledgement() {
    let Some(mut store) = Store::start() else { return };
    let (outages, seed) = (2 * faults(), seed());
    let started = Instant::now();
    let mut random = Xoshiro256::new(seed);
    let folder = Dir::new("store");
    let (url, env) = store.lead();
    let upkeep = ["commit.interval=1s", "maintenance.compact=3s", "maintenance.checkpoint=5s", url.as_str()];
    let setup = Setup { env, ..Setup::new(&folder.path().join("data"), &upkeep) };
    let base = Timestamp::now().as_second();
    let mut service = setup.start();
    apply(&folder, &service);
    // None of them waits for the tables: all of them go on.
    let load = Load::start(&service, &mut random, base, false);
    let mut during = 0;
    for number in 0..outages {
        load.more(20);
        // Each way as often as the other, in turn with a crash and without.
        let away = if number % 2 == 0 { Away::Refused } else { Away::Frozen };
        let crash = number % 4 < 2 && away == Away::Refused || number % 4 == 3;
        leave(&mut store, away);
        during += goes_on(&service, &load, outage());
        if crash {
            service.kill();
            service = start_without(&setup, seed);
            load.follow(&service);
        }
        come_back(&mut store, away);
        load.more(20);
        service.get("/readyz").json(200);
        if random.below(2) == 0 {
            service.kill();
            service = setup.start();
            load.follow(&service);
        }
    }
    let written = load.end(&service, seed);
    service.stop();
    let lake = folder.path().join("lake");
    store.download(&lake);
    let rows = verify(&folder, &setup, &lake, base, &written, seed);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{outages} outages of {:?}, {during} requests acknowledged meanwhile, {rows} rows in {} requests, {seconds:.0} s",
        outage(),
        written.requests
    );
}
