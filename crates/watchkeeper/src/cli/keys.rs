//! `watchkeeper keys`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use watchkeeper_catalog::keys::{ApiKeyRecord, Right, Scopes, entropy, mint};
use watchkeeper_catalog::{Kind, PAGE_ROWS_MAX};

use super::resources::{ACTOR, Opened, Where, columns};
use super::service_args::{
    KeysArgs, KeysCommand, KeysCreateArgs, KeysListArgs, KeysRevokeArgs, TargetArgs, TextOrJson,
};
use super::{CliError, Connection, EXIT_OK, print};
use crate::client::Request;

pub(super) fn run(args: &KeysArgs) -> Result<u8, CliError> {
    match &args.command {
        KeysCommand::Create(args) => create(args),
        KeysCommand::List(args) => list(args),
        KeysCommand::Revoke(args) => revoke(args),
    }
}

/// The catalog that the arguments name; `None` when they mean a server.
fn catalog(target: &TargetArgs, may_create: bool) -> Result<Option<Opened>, CliError> {
    let tenant = target.tenant.clone().unwrap_or_else(|| "default".into());
    match Where::of(target) {
        Some(place) => Opened::open(&place, tenant, may_create).map(Some),
        None if target.tenant.is_some() => {
            Err(CliError::Usage("--tenant goes with --data-dir or --catalog: on a server, the key says it".into()))
        }
        None => Ok(None),
    }
}

fn rights(args: &KeysCreateArgs) -> Result<BTreeSet<Right>, CliError> {
    let chosen = [(args.ingest, Right::Ingest), (args.read, Right::Read), (args.admin, Right::Admin)];
    let rights: BTreeSet<Right> =
        chosen.into_iter().filter(|(given, _)| *given || args.admin).map(|(_, right)| right).collect();
    if rights.is_empty() {
        return Err(CliError::Usage("say what the key may do: --ingest, --read or --admin".into()));
    }
    Ok(rights)
}

fn create(args: &KeysCreateArgs) -> Result<u8, CliError> {
    let rights = rights(args)?;
    let expires = match args.expires {
        Some(duration) => {
            let end = Timestamp::now().checked_add(duration);
            Some(end.map_err(|_| CliError::Usage("--expires is after the year 9999".into()))?)
        }
        None => None,
    };
    let (id, token) = match catalog(&args.target, true)? {
        Some(opened) => {
            let scopes = Scopes {
                tenant: Some(opened.tenant.clone()),
                environment: args.environment.clone(),
                model: args.model.clone(),
            };
            let environment = args.environment.as_deref().unwrap_or("production");
            let random = entropy().map_err(|error| CliError::Internal(error.to_string()))?;
            let (token, record) = mint(environment, scopes, rights, expires, &random)
                .map_err(|error| CliError::Usage(error.to_string()))?;
            opened.wait(opened.catalog.key_create(&opened.tenant, &record, ACTOR, Timestamp::now()))?;
            (record.id, token.expose().to_owned())
        }
        None => {
            let body = json!({
                "environment": args.environment, "model": args.model, "rights": rights,
                "expires_at": expires.map(|end| end.to_string()),
            });
            let client = Connection::from(&args.target.server).interactive()?;
            let answer = client.json(&Request::new(Method::POST, &["keys"]).json(&body))?;
            let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            (text("id"), text("token"))
        }
    };
    match args.output {
        TextOrJson::Json => print(&format!("{}\n", json!({"id": id, "token": token})))?,
        // The key alone on standard output, so that it can be put into a file.
        TextOrJson::Text => {
            print(&format!("{token}\n"))?;
            super::note(&format!("key {id}: it is shown this once\n"));
        }
    }
    Ok(EXIT_OK)
}

/// The keys as JSON documents without secrets.
fn documents(target: &TargetArgs) -> Result<Vec<Value>, CliError> {
    let Some(opened) = catalog(target, false)? else {
        let client = Connection::from(&target.server).interactive()?;
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut request = Request::new(Method::GET, &["resources", "apikey"]);
            request.query.extend(after.iter().map(|after| ("cursor".to_owned(), after.clone())));
            let answer = client.json(&request)?;
            let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            all.extend(items.into_iter().filter_map(|item| item.get("body").cloned()));
            let next = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() || next == after {
                return Ok(all);
            }
            after = next;
        }
    };
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = opened.catalog.list(&opened.tenant, Kind::ApiKey, after.as_deref(), PAGE_ROWS_MAX);
        let page = opened.wait(page)?;
        let is_last = page.len() < PAGE_ROWS_MAX as usize;
        after = page.last().map(|last| last.key.name.clone());
        all.extend(page.into_iter().map(|resource| resource.body));
        if is_last {
            return Ok(all);
        }
    }
}

fn list(args: &KeysListArgs) -> Result<u8, CliError> {
    let mut keys = documents(&args.target)?;
    for key in &mut keys {
        if let Value::Object(fields) = key {
            fields.remove("secret_sha256");
        }
    }
    if args.output == TextOrJson::Json {
        print(&format!("{}\n", json!({ "keys": keys })))?;
        return Ok(EXIT_OK);
    }
    let title = ["ID", "STATE", "RIGHTS", "FOR"].map(str::to_owned);
    print(&columns([title].into_iter().chain(keys.iter().map(|key| row(key, Timestamp::now())))))?;
    Ok(EXIT_OK)
}

/// One key: id, whether it is accepted, what it may do, on what.
fn row(key: &Value, now: Timestamp) -> [String; 4] {
    let mut full = key.clone();
    if let Value::Object(fields) = &mut full {
        fields.insert("secret_sha256".into(), "".into());
    }
    // A server may keep its keys in another form: then it is shown as it is.
    let Ok(record) = serde_json::from_value::<ApiKeyRecord>(full) else {
        return [key.to_string(), String::new(), String::new(), String::new()];
    };
    let state = if record.revoked.is_some() {
        "revoked"
    } else if record.expires.is_some_and(|end| now >= end) {
        "expired"
    } else {
        "active"
    };
    let words = record.rights.iter().map(|right| match right {
        Right::Ingest => "ingest",
        Right::Read => "read",
        Right::Admin => "admin",
    });
    let part = |name: &str, scope: &Option<String>| scope.as_ref().map(|scope| format!("{name} {scope}"));
    let parts = [part("environment", &record.scopes.environment), part("model", &record.scopes.model)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let scope = if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") };
    let end = record.expires.map(|end| format!(", until {end}")).unwrap_or_default();
    [record.id, state.into(), words.collect::<Vec<_>>().join(","), format!("{scope}{end}")]
}

fn revoke(args: &KeysRevokeArgs) -> Result<u8, CliError> {
    let found = match catalog(&args.target, false)? {
        Some(opened) => {
            let now = Timestamp::now();
            opened.wait(opened.catalog.key_revoke(&opened.tenant, &args.id, ACTOR, &args.reason, now))?
        }
        None => {
            let client = Connection::from(&args.target.server).interactive()?;
            match client.json(&Request::new(Method::DELETE, &["resources", "apikey", &args.id])) {
                Ok(_) => true,
                Err(error) if error.is_not_found() => false,
                Err(error) => return Err(error.into()),
            }
        }
    };
    if !found {
        return Err(CliError::Usage(format!("there is no key `{}` that is not revoked", args.id)));
    }
    match args.output {
        TextOrJson::Json => print(&format!("{}\n", json!({"id": args.id, "outcome": "revoked"})))?,
        TextOrJson::Text => print(&format!("key {} revoked\n", args.id))?,
    }
    Ok(EXIT_OK)
}
