//! Sending many requests at once, with bounded memory: as many bodies are held as there are workers, twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::{AppendAnswer, ClientError, Request};

/// Requests that are sent one after the other, such as predictions and then their labels.
#[derive(Debug)]
pub struct Job<T> {
    /// Requests with what is told back beside their answers.
    pub requests: Vec<(Request, T)>,
}

/// Nothing more is sent: a request failed, and [`send_all`] returns why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Sends what `produce` pushes over `workers` connections and hands each answer to `done`. The first failure stops
/// everything.
///
/// * `append` sends one request: [`super::Client::append`].
/// * `produce` runs on this thread; its push blocks while all workers are busy, and says when to stop.
///
/// # Errors
/// The first failure of a request, else that of `produce`.
pub fn send_all<T: Send, E: From<ClientError>>(
    workers: usize,
    append: impl Fn(&Request) -> Result<AppendAnswer, ClientError> + Sync,
    done: impl Fn(&Request, T, AppendAnswer) + Sync,
    produce: impl FnOnce(&mut dyn FnMut(Job<T>) -> Result<(), Stopped>) -> Result<(), E>,
) -> Result<(), E> {
    let workers = workers.max(1);
    let (sender, receiver): (SyncSender<Job<T>>, Receiver<Job<T>>) = sync_channel(workers);
    let receiver = Mutex::new(receiver);
    let failure: Mutex<Option<ClientError>> = Mutex::new(None);
    let stopped = AtomicBool::new(false);
    let work = || {
        loop {
            // The lock is held while waiting: the others wait for it instead of for the channel.
            let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            for (request, told) in job.requests {
                if stopped.load(Ordering::Acquire) {
                    break;
                }
                match append(&request) {
                    Ok(answer) => done(&request, told, answer),
                    Err(error) => {
                        stopped.store(true, Ordering::Release);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            }
        }
    };
    let produced = std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
        // Workers drain the channel after a failure, so a push never blocks for good.
        let outcome = produce(&mut |job| {
            if stopped.load(Ordering::Acquire) {
                return Err(Stopped);
            }
            sender.send(job).map_err(|_| Stopped)
        });
        drop(sender);
        outcome
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(E::from(error)),
        None => produced,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use reqwest::Method;

    use super::*;

    fn job(number: usize) -> Job<usize> {
        let request = |part: &str| Request::new(Method::POST, &[part, &number.to_string()]);
        Job { requests: vec![(request("first"), number), (request("second"), number)] }
    }

    fn ok() -> AppendAnswer {
        AppendAnswer { accepted: 1, ..AppendAnswer::default() }
    }

    #[test]
    fn every_request_is_sent_once_and_those_of_a_job_in_order() {
        let seen = Mutex::new(Vec::new());
        let done = |request: &Request, told: usize, answer: AppendAnswer| {
            assert_eq!(answer.accepted, 1);
            seen.lock().unwrap().push((told, request.path[0].clone()));
        };
        send_all::<_, ClientError>(
            4,
            |_| Ok(ok()),
            done,
            |push| {
                for number in 0..500 {
                    push(job(number)).unwrap();
                }
                Ok(())
            },
        )
        .unwrap();
        let seen = seen.into_inner().unwrap();
        assert_eq!(seen.len(), 1000);
        for number in 0..500 {
            let order: Vec<&str> =
                seen.iter().filter(|(told, _)| *told == number).map(|(_, part)| part.as_str()).collect();
            assert_eq!(order, ["first", "second"]);
        }
    }

    #[test]
    fn the_first_failure_stops_and_is_told() {
        let (sent, pushed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let append = |_: &Request| {
            if sent.fetch_add(1, Ordering::SeqCst) >= 10 { Err(ClientError::Key("no".into())) } else { Ok(ok()) }
        };
        let outcome = send_all::<usize, ClientError>(
            3,
            append,
            |_, _, _| {},
            |push| {
                for number in 0..100_000 {
                    if push(job(number)) == Err(Stopped) {
                        break;
                    }
                    pushed.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            },
        );
        assert!(matches!(outcome, Err(ClientError::Key(_))));
        assert!(pushed.into_inner() < 100, "the producer was stopped");
    }

    #[test]
    fn a_producer_without_jobs_or_with_a_failure_ends() {
        send_all::<usize, ClientError>(0, |_| Ok(ok()), |_, _, _| {}, |_| Ok(())).unwrap();
        let failed = send_all::<usize, ClientError>(
            2,
            |_| Ok(ok()),
            |_, _, _| {},
            |push| {
                push(job(1)).unwrap();
                Err(ClientError::Key("mine".into()))
            },
        );
        assert!(matches!(failed, Err(ClientError::Key(text)) if text == "mine"));
    }
}
