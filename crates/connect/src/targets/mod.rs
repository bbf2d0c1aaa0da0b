//! The tools that notices go to. One module a tool: how a notice renders for it, as a pure function.
//!
//! The same notice at the same time renders to the same bytes. What is longer than a tool takes is cut, with a sign that
//! it was; what comes from data is escaped for the tool's markup.

pub mod alertmanager;
mod config;
pub mod email;
pub mod jira;
pub mod opsgenie;
pub mod pagerduty;
mod request;
mod send;
pub mod slack;
pub mod teams;
pub mod template;
mod text;
pub mod webhook;

pub use config::{ConfigError, TargetConfig};
pub use request::{InvalidUrl, Request, parse_url};
pub use send::Courier;

use url::Url;
use watchkeeper_watch::notice::{Action, Notice};

use crate::Secret;
use email::Mail;
use template::Template;

/// Where notices go, with everything resolved that its resource only refers to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name, unique in its tenant.
    pub name: String,
    /// The tool.
    pub channel: Channel,
    /// Further headers of each request; not for mail.
    pub headers: Vec<(String, Secret)>,
    /// The body instead of the tool's own; not for mail and Alertmanager. At Opsgenie that of new alerts.
    pub template: Option<Template>,
    /// How long an attempt may take, in milliseconds; 10,000 where the user says nothing.
    pub timeout_ms: u64,
    /// Whether it is told that an incident is over.
    pub send_resolved: bool,
    /// The target that is told what this one could not be told.
    pub fallback: Option<String>,
}

/// A tool, and what it needs to be reached.
#[derive(Clone)]
pub enum Channel {
    /// Alertmanager, API version 2.
    Alertmanager {
        /// Its root, such as `http://alertmanager:9093/`.
        url: Url,
    },
    /// PagerDuty, Events API version 2.
    PagerDuty {
        /// Where events go; [`pagerduty::URL`] unless the account is in another region.
        url: Url,
        /// The integration's key.
        routing_key: Secret,
    },
    /// Slack, an incoming webhook: the address is the secret.
    Slack {
        /// The webhook's address.
        url: Url,
    },
    /// Microsoft Teams, a workflow that takes webhook requests: the address is the secret.
    Teams {
        /// The workflow's address.
        url: Url,
    },
    /// Mail by SMTP.
    Email(email::Settings),
    /// Opsgenie, or the part of Jira Service Management that took its API.
    Opsgenie {
        /// The root of the API; [`opsgenie::URL`] unless the account is in another region.
        url: Url,
        /// The integration's key.
        key: Secret,
    },
    /// Issues in Jira.
    Jira(jira::Settings),
    /// Any receiver of webhooks.
    Webhook(webhook::Settings),
}

impl Channel {
    /// The word that resources and logs use.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Alertmanager { .. } => "alertmanager",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Slack { .. } => "slack",
            Self::Teams { .. } => "teams",
            Self::Email(_) => "email",
            Self::Opsgenie { .. } => "opsgenie",
            Self::Jira(_) => "jira",
            Self::Webhook(_) => "webhook",
        }
    }
}

impl std::fmt::Debug for Channel {
    /// Only the kind: addresses can be secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.kind())
    }
}

/// What a notice becomes.
#[derive(Debug)]
pub enum Rendered {
    /// A request to send.
    Request(Request),
    /// A mail to send.
    Mail(Box<Mail>),
    /// Nothing: this target is not told such notices, and why.
    Nothing(&'static str),
}

/// Why a notice cannot be rendered. It would fail each time: there is nothing to try again.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The user's template.
    #[error(transparent)]
    Template(#[from] template::TemplateError),
    /// The mail.
    #[error(transparent)]
    Mail(#[from] email::MailError),
    /// A tool without a body of its own.
    #[error("the target has no template; expected one, as its tool has no form of its own")]
    NoTemplate,
    /// The target's address does not take further parts.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
}

impl Target {
    /// What `notice` becomes for this target at `now` (microseconds since 1970, UTC).
    ///
    /// # Errors
    /// [`RenderError`]: the template or the mail settings of the target do not fit.
    pub fn render(&self, notice: &Notice, now: i64) -> Result<Rendered, RenderError> {
        if notice.action == Action::Resolve && !self.send_resolved {
            return Ok(Rendered::Nothing("the target is not told resolutions"));
        }
        let own = self.template.as_ref().map(|template| template.render(notice)).transpose()?;
        let mut rendered = match &self.channel {
            Channel::Alertmanager { url } => Rendered::Request(alertmanager::render(notice, url, now)?),
            Channel::PagerDuty { url, routing_key } => Rendered::Request(pagerduty::render(notice, url, routing_key)),
            Channel::Slack { url } => Rendered::Request(slack::render(notice, url)),
            Channel::Teams { url } => Rendered::Request(teams::render(notice, url)),
            Channel::Email(settings) => Rendered::Mail(Box::new(email::render(notice, settings)?)),
            Channel::Opsgenie { url, key } => opsgenie::render(notice, url, key)?,
            Channel::Jira(settings) => jira::render(notice, settings, own.as_ref().ok_or(RenderError::NoTemplate)?)?,
            Channel::Webhook(settings) => Rendered::Request(webhook::render(notice, settings, own.as_ref(), now)),
        };
        if let Rendered::Request(request) = &mut rendered {
            if let (Some(own), true) = (&own, self.takes_template(notice)) {
                request.body = own.to_string().into_bytes();
            }
            request.headers.extend(self.headers.iter().cloned());
        }
        Ok(rendered)
    }

    /// Whether the body of the tool's own is replaced. Webhooks and Jira were given the template's before.
    fn takes_template(&self, notice: &Notice) -> bool {
        match self.channel {
            Channel::PagerDuty { .. } | Channel::Slack { .. } | Channel::Teams { .. } => true,
            Channel::Opsgenie { .. } => notice.action == Action::Trigger,
            Channel::Alertmanager { .. } | Channel::Email(_) | Channel::Jira(_) | Channel::Webhook(_) => false,
        }
    }

    /// When a notice that was delivered at `now` has to be sent again, and with it the tool's knowledge that the alerts
    /// still fire. `None` for tools that remember.
    #[must_use]
    pub fn again_at(&self, notice: &Notice, now: i64) -> Option<i64> {
        match self.channel {
            Channel::Alertmanager { .. } => alertmanager::again_at(notice, now),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod sample;
