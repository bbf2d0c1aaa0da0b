//! A full disk: the server refuses, answers on, and goes on when there is room again.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use watchkeeper_stats::random::Xoshiro256;

use super::load::Load;
use super::verify::{apply, verify};
use super::{SETTINGS, faults, seed, skipped};
use crate::service::process::{Service, Setup, wait_for};
use crate::support::Dir;

/// A small disk of its own, gone with the test.
struct Disk(PathBuf);

impl Disk {
    /// Mounts one; why not, when the system does not let us.
    fn mount(at: &Path, size: &str) -> Result<Self, String> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at);
        let output = mount.output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(Self(at.to_owned())) } else { Err(said) }
    }

    /// Kilobytes that are free.
    fn free(&self) -> u64 {
        let output = Command::new("df").args(["-k", "--output=avail"]).arg(&self.0).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().nth(1).unwrap().trim().parse().unwrap()
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes all room but `leave` kilobytes, or what others leave.
    fn fill(&self, leave: u64) {
        let mut ballast = File::create(self.ballast()).unwrap();
        for _ in 0..self.free().saturating_sub(leave) / 64 {
            if let Err(error) = ballast.write_all(&[1; 64 * 1024]) {
                assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                break;
            }
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A process that is only just ending may still hold it: then it goes with that.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Waits until writers are refused, and for some commits and rounds of upkeep that fail; the server answers meanwhile.
fn stays_full(service: &Service, load: &Load, random: &mut Xoshiro256) {
    let before = load.refused().0;
    wait_for("a refusal for want of room", || (load.failed() || load.refused().0 > before).then_some(()));
    let (start, wait) = (Instant::now(), Duration::from_millis(2500 + random.below(2500)));
    wait_for("some time without room", || {
        service.get("/healthz").json(200);
        service.get("/api/v1/models/m/columns").json(200);
        (start.elapsed() >= wait).then_some(())
    });
}

#[test]
fn a_full_disk_is_refused_and_forgotten() {
    let (faults, seed) = (faults(), seed());
    let started = Instant::now();
    let mut random = Xoshiro256::new(seed);
    let folder = Dir::new("disk");
    let disk = match Disk::mount(&folder.path().join("data"), &format!("{}m", 48 + 16 * faults)) {
        Ok(disk) => disk,
        Err(reason) => {
            skipped(&format!("no disk of its own for the test of a full disk: {reason}"));
            return;
        }
    };
    let setup = Setup::new(&disk.0, &SETTINGS);
    let base = Timestamp::now().as_second();
    let mut service = setup.start();
    apply(&folder, &service);
    // Those that wait for the tables would wait without a refusal.
    let load = Load::start(&service, &mut random, base, false);
    let (mut refused_starts, mut said) = (0, String::new());
    for fault in 0..faults {
        load.more(20);
        disk.fill(500 + random.below(3000));
        stays_full(&service, &load, &mut random);
        said = load.refused().1;
        // A full disk and a crash.
        let crash = fault > 0 && random.below(2) == 0;
        if crash {
            service.kill();
            match Service::begin(&setup, Duration::from_secs(30)) {
                Ok(started) => {
                    service = started;
                    load.follow(&service);
                    load_is_refused_or_taken(&load);
                    disk.make_room();
                }
                Err(log) => {
                    let last = log.lines().last().unwrap_or_default();
                    assert!(last.contains("full") || last.contains("space"), "seed {seed}: {log}");
                    refused_starts += 1;
                    disk.make_room();
                    service = setup.start();
                    load.follow(&service);
                }
            }
        } else {
            disk.make_room();
        }
        // Without another start.
        load.more(20);
        service.kill();
        service = setup.start();
        load.follow(&service);
    }
    let refused = load.refused().0;
    let written = load.end(&service, seed);
    service.stop();
    let rows = verify(&folder, &setup, &setup.data.join("lake"), base, &written, seed);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{faults} times a full disk, {refused} requests refused, {refused_starts} starts refused, {rows} rows in {} requests, {seconds:.0} s; last refusal: {said}",
        written.requests
    );
}

/// Either is right while it is full.
fn load_is_refused_or_taken(load: &Load) {
    let (requests, refusals) = (load.acknowledged(), load.refused().0);
    wait_for("an answer of any kind", || {
        (load.failed() || load.acknowledged() > requests || load.refused().0 > refusals).then_some(())
    });
}
