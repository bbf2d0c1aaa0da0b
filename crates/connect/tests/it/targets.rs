//! Each tool's requests as a receiver sees them, and what its answers come to.

use watchkeeper_connect::Secret;
use watchkeeper_connect::delivery::{Outcome, Sender as _};
use watchkeeper_connect::targets::template::Template;
use watchkeeper_connect::targets::webhook::{Settings, SigningKey};
use watchkeeper_connect::targets::{Channel, Courier, Target, jira, parse_url};
use watchkeeper_watch::notice::Action;

use crate::support::recorder::{Recorder, Reply};
use crate::support::{AT, local_egress, notice, target};

async fn send(target: &Target) -> Outcome {
    Courier::new(local_egress()).send(target, &notice("inc-1", &target.name, 1, Action::Trigger, AT), AT).await
}

#[tokio::test]
async fn each_tool_gets_its_request() {
    let receiver = Recorder::always(Reply::status(202));
    let key = || Secret::from("s3cr3t");
    let jira = jira::Settings { url: receiver.url("/"), user: None, token: key() };
    let channels = [
        (Channel::PagerDuty { url: receiver.url("/v2/enqueue"), routing_key: key() }, "/v2/enqueue", "routing_key"),
        (Channel::Slack { url: receiver.url("/services/T/B/X") }, "/services/T/B/X", "blocks"),
        (Channel::Teams { url: receiver.url("/workflows/w?sig=s") }, "/workflows/w?sig=s", "attachments"),
        (Channel::Opsgenie { url: receiver.url("/"), key: key() }, "/v2/alerts", "alias"),
        (Channel::Jira(jira), "/rest/api/3/issue", "fields"),
    ];
    for (channel, path, field) in channels {
        let kind = channel.kind();
        let mut target = target(kind, channel);
        target.template = (kind == "jira").then(|| Template::parse(jira::EXAMPLE).unwrap());
        assert_eq!(send(&target).await, Outcome::Delivered, "{kind}");
        let received = receiver.next();
        assert_eq!((received.method.as_str(), received.path.as_str()), ("POST", path));
        assert_eq!(received.header("content-type"), Some("application/json"));
        assert!(received.header("user-agent").unwrap().starts_with("watchkeeper/"));
        assert!(received.json().get(field).is_some(), "{kind}: {}", received.json());
    }
}

#[tokio::test]
async fn a_webhook_can_be_verified_by_what_was_sent() {
    let receiver = Recorder::always(Reply::status(204));
    let secret = Secret::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let key = SigningKey::parse(&secret).unwrap();
    let settings = Settings { url: receiver.url("/in"), keys: vec![key.clone()] };
    let mut target = target("hook", Channel::Webhook(settings));
    target.headers.push(("x-team".to_owned(), Secret::from("risk")));
    assert_eq!(send(&target).await, Outcome::Delivered);
    let received = receiver.next();
    let (id, seconds) = (received.header("webhook-id").unwrap(), received.header("webhook-timestamp").unwrap());
    assert_eq!((id, seconds), ("inc-1.hook.1", "1790000000"));
    let expected = key.sign(id, seconds.parse().unwrap(), &received.body);
    assert_eq!(received.header("webhook-signature"), Some(expected.as_str()));
    assert_eq!(received.header("x-team"), Some("risk"));
    assert_eq!(received.json()["data"]["incident"], "inc-1");
}

#[tokio::test]
async fn answers_become_outcomes() {
    for (reply, expected) in [
        (Reply::status(200).with_body(b"ok"), Outcome::Delivered),
        (
            Reply::status(429).with_header("Retry-After", "30").with_body(b"slow down"),
            Outcome::Failed { retry_after_ms: Some(30_000), why: "status 429: slow down".to_owned() },
        ),
        (Reply::status(500), Outcome::Failed { retry_after_ms: None, why: "status 500".to_owned() }),
        (Reply::status(410), Outcome::Gone { why: "status 410".to_owned() }),
        (
            Reply::status(400).with_body(b"bad token-1234 here"),
            Outcome::Rejected { why: "status 400: bad [secret] here".to_owned() },
        ),
    ] {
        let receiver = Recorder::always(reply);
        let mut target = target("chat", Channel::Slack { url: receiver.url("/services/x") });
        target.headers.push(("authorization".to_owned(), Secret::from("token-1234")));
        assert_eq!(send(&target).await, expected);
    }
}

#[tokio::test]
async fn a_resolution_is_told_only_to_those_who_want_it() {
    let receiver = Recorder::always(Reply::status(200));
    let mut target = target("chat", Channel::Slack { url: parse_url(receiver.url("/x").as_str()).unwrap() });
    target.send_resolved = false;
    let courier = Courier::new(local_egress());
    let outcome = courier.send(&target, &notice("inc-1", "chat", 2, Action::Resolve, AT), AT).await;
    assert_eq!(outcome, Outcome::Skipped { why: "the target is not told resolutions" });
    assert!(receiver.requests().is_empty());
}
