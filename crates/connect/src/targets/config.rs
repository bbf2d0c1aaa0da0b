//! A target as its resource says it, with what its references lead to, made into one that can be used.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::email::{MailError, Security, parse_mailbox};
use super::template::{Template, TemplateError};
use super::webhook::{InvalidKey, SigningKey};
use super::{Channel, InvalidUrl, Target, email, jira, opsgenie, pagerduty, parse_url, webhook};
use crate::Secret;

/// The fields of a `NotificationTarget`. Whoever fills it has read the secrets that the resource refers to.
#[derive(Debug, Clone, Default)]
pub struct TargetConfig {
    /// Its name.
    pub name: String,
    /// `alertmanager`, `pagerduty`, `slack`, `teams`, `email`, `opsgenie`, `jira` or `webhook`.
    pub kind: String,
    /// Where it is. For Slack and Teams it is a secret; for mail `smtp://host:587` or `smtps://host:465`.
    pub url: Option<Secret>,
    /// Secrets by name: `routing_key`, `api_key`, `user`, `token`, `password`, `signing_key`, `bearer`. A signing key can be
    /// several, with spaces between them, while they are changed.
    pub secrets: BTreeMap<String, Secret>,
    /// Further headers.
    pub headers: BTreeMap<String, Secret>,
    /// The sender of mail.
    pub from: Option<String>,
    /// The receivers of mail.
    pub to: Vec<String>,
    /// The body.
    pub template: Option<String>,
    /// How long an attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// Whether it is told resolutions.
    pub send_resolved: bool,
    /// Who is told instead.
    pub fallback: Option<String>,
}

/// Why a target cannot be used. The texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No such kind.
    #[error(
        "unknown kind of target `{0}`; expected alertmanager, pagerduty, slack, teams, email, opsgenie, jira or webhook"
    )]
    Kind(String),
    /// Something is missing.
    #[error("a target of kind `{kind}` needs `{field}`")]
    Missing {
        /// The kind.
        kind: String,
        /// What.
        field: &'static str,
    },
    /// A header that cannot be sent.
    #[error(
        "invalid header `{0}`; expected a name of letters, digits and `-` that HTTP itself does not need, and a value on one line"
    )]
    Header(String),
    /// A template where none can be.
    #[error("a target of kind `{0}` takes no template")]
    Template(String),
    /// The address.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The template.
    #[error(transparent)]
    InvalidTemplate(#[from] TemplateError),
    /// The signing key.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// An address of mail.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl TargetConfig {
    /// The target.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn target(&self) -> Result<Target, ConfigError> {
        if self.template.is_some() && matches!(self.kind.as_str(), "alertmanager" | "email") {
            return Err(ConfigError::Template(self.kind.clone()));
        }
        Ok(Target {
            name: self.name.clone(),
            channel: self.channel()?,
            headers: self.headers()?,
            template: self.template.as_deref().map(Template::parse).transpose()?,
            timeout_ms: self.timeout_ms,
            send_resolved: self.send_resolved,
            fallback: self.fallback.clone(),
        })
    }

    fn channel(&self) -> Result<Channel, ConfigError> {
        Ok(match self.kind.as_str() {
            "alertmanager" => Channel::Alertmanager { url: self.url(None)? },
            "pagerduty" => {
                Channel::PagerDuty { url: self.url(Some(pagerduty::URL))?, routing_key: self.secret("routing_key")? }
            }
            "slack" => Channel::Slack { url: self.url(None)? },
            "teams" => Channel::Teams { url: self.url(None)? },
            "email" => Channel::Email(self.email()?),
            "opsgenie" => Channel::Opsgenie { url: self.url(Some(opsgenie::URL))?, key: self.secret("api_key")? },
            "jira" => {
                if self.template.is_none() {
                    return Err(self.missing("template"));
                }
                let (url, user) = (self.url(None)?, self.secrets.get("user").cloned());
                Channel::Jira(jira::Settings { url, user, token: self.secret("token")? })
            }
            "webhook" => Channel::Webhook(webhook::Settings { url: self.url(None)?, keys: self.signing_keys()? }),
            _ => return Err(ConfigError::Kind(crate::show::cut(&self.kind, 40))),
        })
    }

    fn missing(&self, field: &'static str) -> ConfigError {
        ConfigError::Missing { kind: self.kind.clone(), field }
    }

    fn secret(&self, name: &'static str) -> Result<Secret, ConfigError> {
        self.secrets.get(name).cloned().ok_or_else(|| self.missing(name))
    }

    fn url(&self, default: Option<&str>) -> Result<Url, ConfigError> {
        let text = self.url.as_ref().map(Secret::expose).or(default).ok_or_else(|| self.missing("url"))?;
        Ok(parse_url(text)?)
    }

    fn signing_keys(&self) -> Result<Vec<SigningKey>, ConfigError> {
        let text = self.secrets.get("signing_key").map(Secret::expose).unwrap_or_default();
        text.split_whitespace().map(|key| Ok(SigningKey::parse(&Secret::from(key))?)).collect()
    }

    /// The user's headers, and the one of a bearer token or of user and password, for tools that have no other way.
    fn headers(&self) -> Result<Vec<(String, Secret)>, ConfigError> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let sound = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && reqwest::header::HeaderValue::from_str(value.expose()).is_ok();
            // What HTTP itself needs is not the user's: it could lead the request elsewhere.
            let reserved = ["host", "content-length", "transfer-encoding", "connection", "te", "upgrade"];
            if !sound || reserved.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                return Err(ConfigError::Header(crate::show::cut(name, 60)));
            }
            headers.push((name.to_ascii_lowercase(), value.clone()));
        }
        if let Some(token) = self.secrets.get("bearer") {
            headers.push(("authorization".to_owned(), Secret::new(format!("Bearer {}", token.expose()))));
        } else if let (Some(user), Some(password)) = (self.secrets.get("user"), self.secrets.get("password")) {
            let pair = STANDARD.encode(format!("{}:{}", user.expose(), password.expose()));
            headers.push(("authorization".to_owned(), Secret::new(format!("Basic {pair}"))));
        }
        Ok(if self.kind == "email" { Vec::new() } else { headers })
    }

    /// `smtps` is TLS from the start, `smtp` insists on STARTTLS; only `smtp://host:25?tls=none` does without.
    fn email(&self) -> Result<email::Settings, ConfigError> {
        let invalid = InvalidUrl("of the mail server is not `smtp://host:587` or `smtps://host:465`");
        let text = self.url.as_ref().ok_or_else(|| self.missing("url"))?;
        let url = Url::parse(text.expose().trim()).map_err(|_| invalid.clone())?;
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Tls, 465),
            ("smtp", None) => (Security::StartTls, 587),
            ("smtp", Some("tls=none")) => (Security::None, 25),
            _ => return Err(invalid.into()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(invalid)?;
        let credentials = match (self.secrets.get("user"), self.secrets.get("password")) {
            (Some(user), Some(password)) => Some((user.expose().to_owned(), password.clone())),
            (None, None) => None,
            (Some(_), None) => return Err(self.missing("password")),
            (None, Some(_)) => return Err(self.missing("user")),
        };
        if self.to.is_empty() {
            return Err(self.missing("to"));
        }
        Ok(email::Settings {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            security,
            credentials,
            from: parse_mailbox(self.from.as_deref().ok_or_else(|| self.missing("from"))?)?,
            to: self.to.iter().map(|to| parse_mailbox(to)).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigError, TargetConfig};
    use crate::Secret;
    use crate::targets::email::Security;
    use crate::targets::{Channel, jira};

    fn config(kind: &str, url: Option<&str>, secrets: &[(&str, &str)]) -> TargetConfig {
        TargetConfig {
            name: "t".to_owned(),
            kind: kind.to_owned(),
            url: url.map(Secret::from),
            secrets: secrets.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect(),
            timeout_ms: 10_000,
            send_resolved: true,
            ..TargetConfig::default()
        }
    }

    #[test]
    fn each_kind_is_made() {
        let url = Some("https://example.com/");
        for (kind, url, secrets) in [
            ("alertmanager", url, vec![("bearer", "b")]),
            ("pagerduty", None, vec![("routing_key", "r")]),
            ("slack", url, vec![]),
            ("teams", url, vec![]),
            ("opsgenie", None, vec![("api_key", "k")]),
            (
                "webhook",
                url,
                vec![("signing_key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
            ),
        ] {
            let target = config(kind, url, &secrets).target().unwrap();
            assert_eq!(target.channel.kind(), kind);
        }
        let mut jira = config("jira", url, &[("token", "t")]);
        assert_eq!(jira.target().unwrap_err().to_string(), "a target of kind `jira` needs `template`");
        jira.template = Some(jira::EXAMPLE.to_owned());
        assert_eq!(jira.target().unwrap().channel.kind(), "jira");
    }

    #[test]
    fn mail_servers_are_called_with_tls_unless_it_is_said() {
        let email = |url: &str| {
            let mut config = config("email", Some(url), &[]);
            (config.from, config.to) = (Some("a@example.com".to_owned()), vec!["b@example.com".to_owned()]);
            let Channel::Email(settings) = config.target()?.channel else { panic!("no mail") };
            Ok::<_, ConfigError>((settings.host, settings.port, settings.security))
        };
        assert_eq!(email("smtp://mail.example.com"), Ok(("mail.example.com".into(), 587, Security::StartTls)));
        assert_eq!(email("smtps://mail.example.com"), Ok(("mail.example.com".into(), 465, Security::Tls)));
        assert_eq!(email("smtp://[::1]:2525?tls=none"), Ok(("::1".into(), 2525, Security::None)));
        for url in ["https://mail.example.com", "smtp://h?tls=maybe", "smtps://h?tls=none", "mail"] {
            assert!(email(url).is_err(), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_secrets() {
        let text = |config: TargetConfig| config.target().unwrap_err().to_string();
        assert_eq!(text(config("pagerduty", None, &[])), "a target of kind `pagerduty` needs `routing_key`");
        assert_eq!(text(config("slack", None, &[])), "a target of kind `slack` needs `url`");
        assert!(
            text(config("pager", None, &[])).starts_with("unknown kind of target `pager`; expected alertmanager, ")
        );
        assert!(!text(config("slack", Some("s3cr3t"), &[])).contains("s3cr3t"));
        assert!(!text(config("webhook", Some("https://h/"), &[("signing_key", "s3cr3t")])).contains("s3cr3t"));
        let mut header = config("slack", Some("https://h/"), &[]);
        header.headers.insert("x".to_owned(), Secret::from("a\r\nb: s3cr3t"));
        assert!(text(header.clone()).starts_with("invalid header `x`"));
        header.headers = [("Host".to_owned(), Secret::from("internal"))].into();
        assert!(text(header.clone()).starts_with("invalid header `Host`"));
        header.headers.clear();
        header.kind = "alertmanager".to_owned();
        header.template = Some("{}".to_owned());
        assert_eq!(text(header), "a target of kind `alertmanager` takes no template");
    }

    #[test]
    fn logins_become_headers() {
        let header = |secrets: &[(&str, &str)]| {
            let target = config("alertmanager", Some("https://h/"), secrets).target().unwrap();
            target.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect::<Vec<_>>()
        };
        assert_eq!(header(&[("bearer", "t")]), ["authorization: Bearer t"]);
        assert_eq!(header(&[("user", "u"), ("password", "p")]), ["authorization: Basic dTpw"]);
    }
}
