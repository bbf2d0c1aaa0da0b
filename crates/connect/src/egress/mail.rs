//! Mail through the rules: the server is looked up, judged and called at the judged address, under its name for TLS.

use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::client::{Egress, EgressError, timed_out};
use super::rules::Protection;
use crate::show::{cut, one_line};
use crate::targets::email::{Mail, Security, Settings};

impl Egress {
    /// Sends a mail within `timeout`.
    ///
    /// # Errors
    /// [`EgressError`]; [`EgressError::MailServer`] if the server refused it.
    pub async fn mail(&self, mail: &Mail, timeout: Duration) -> Result<(), EgressError> {
        let attempt = self.mail_once(mail, timeout);
        match tokio::time::timeout(timeout, attempt).await {
            Ok(result) => result,
            Err(_) => Err(timed_out(&mail.settings.host, timeout)),
        }
    }

    async fn mail_once(&self, mail: &Mail, timeout: Duration) -> Result<(), EgressError> {
        let settings = &mail.settings;
        let protection = if settings.security == Security::None { Protection::Plain } else { Protection::Tls };
        if protection == Protection::Plain && settings.credentials.is_some() {
            return Err(EgressError::Invalid(
                "a password would be sent without TLS; expected TLS or no password".to_owned(),
            ));
        }
        let mut addresses = match settings.host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.look_up(&settings.host).await?,
        };
        self.rules.judge(protection, &settings.host, settings.port, &addresses)?;
        // One address is tried; where both families are there, the one that every network has.
        addresses.sort_by_key(IpAddr::is_ipv6);
        let Some(address) = addresses.first() else { return Ok(()) };
        let transport = self.transport(settings, *address, timeout)?;
        let sent = transport.send(mail.message.clone()).await;
        sent.map(drop).map_err(|error| failed(&settings.host, &error))
    }

    fn transport(
        &self,
        settings: &Settings,
        address: IpAddr,
        timeout: Duration,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, EgressError> {
        let tls = match settings.security {
            Security::None => Tls::None,
            Security::Tls => Tls::Wrapper(self.parameters(&settings.host)?),
            Security::StartTls => Tls::Required(self.parameters(&settings.host)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
            .port(settings.port)
            .timeout(Some(timeout))
            .tls(tls);
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(builder.build())
    }

    fn parameters(&self, host: &str) -> Result<TlsParameters, EgressError> {
        let invalid = |error: Error| EgressError::Invalid(format!("TLS cannot be set up: {error}"));
        let mut builder = TlsParameters::builder(host.to_owned());
        for block in certificates(&self.tls.authorities) {
            builder = builder.add_root_certificate(Certificate::from_pem(block.as_bytes()).map_err(invalid)?);
        }
        builder.build().map_err(invalid)
    }
}

/// The certificates of a PEM text, one by one, as lettre takes them.
fn certificates(pem: &[u8]) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    text.split_inclusive(END).filter(|block| block.ends_with(END)).map(str::to_owned).collect()
}

fn failed(host: &str, error: &Error) -> EgressError {
    let why = cut(&one_line(&error.to_string()), 200);
    let host = host.to_owned();
    if error.is_permanent() || error.is_transient() || error.is_response() {
        return EgressError::MailServer { host, why, permanent: error.is_permanent() };
    }
    if error.is_client() {
        // It lacks what we insist on: STARTTLS, or a way to log in.
        return EgressError::MailServer { host, why, permanent: true };
    }
    EgressError::Connection { host, why }
}
