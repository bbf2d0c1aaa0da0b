//! `docs/configuration.md`, made from the list of keys.

use super::keys::{self, Form, KEYS, Key};

/// The text of the document.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(HEAD);
    let mut section = None;
    for key in KEYS {
        let (of, _) = keys::split(key.path);
        if section != Some(of) {
            let title = if of.is_empty() { "Top level".to_owned() } else { format!("`{of}`") };
            out.push_str(&format!(
                "\n## {title}\n\n| key | variable | form | default | meaning |\n|---|---|---|---|---|\n"
            ));
            section = Some(of);
        }
        out.push_str(&row(key));
    }
    out.push_str(TAIL);
    out
}

fn row(key: &Key) -> String {
    let variable = match key.form {
        Form::Options => format!("`{}_<NAME>`", keys::variable(key.path)),
        _ => format!("`{}`", keys::variable(key.path)),
    };
    let default = if key.default == keys::NONE { "none".to_owned() } else { format!("`{}`", key.default) };
    let about = key.about.replace('|', "\\|");
    format!("| `{}` | {variable} | {} | {default} | {about} |\n", key.path, form(key))
}

fn form(key: &Key) -> String {
    let name = match key.form {
        Form::Path => "path".to_owned(),
        Form::Address => "address".to_owned(),
        Form::Addresses => "address, or a list of them".to_owned(),
        Form::StoreUrl | Form::DatabaseUrl => "URL".to_owned(),
        Form::Options | Form::Names => "mapping".to_owned(),
        Form::Lists => "mapping to lists".to_owned(),
        Form::Secret => "reference to a secret".to_owned(),
        Form::Size => "size".to_owned(),
        Form::Duration => "duration".to_owned(),
        Form::Count => "whole number".to_owned(),
        Form::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Form::Text => "text".to_owned(),
    };
    match key.range {
        ("", "") => name,
        (lo, "") => format!("{name} from {lo}"),
        ("", hi) => format!("{name} up to {hi}"),
        (lo, hi) => format!("{name} from {lo} to {hi}"),
    }
}

const HEAD: &str = "# Configuration of the server

Made from the program's own definitions; do not edit (`make docs`).

Settings come from four places. A later one wins:

1. the defaults below;
2. a file: `--config FILE`, or `$WATCHKEEPER_CONFIG`, or `./watchkeeper.yaml` if there is one;
3. environment variables: `WATCHKEEPER_<SECTION>_<KEY>`, lists separated by commas;
4. flags: those of `watchkeeper serve`, and `--set KEY=VALUE` for every key below.

Mappings are joined name by name; any other setting is replaced whole. A variable gives a mapping as
`NAME=VALUE,NAME=VALUE`, a flag too or one name of it (`--set otlp.kpis.shop.orders=orders`); the items of a list in it have
blanks between them. A variable for each name is there for `lake.options` alone. A key that is not in these tables is
refused with its place and the nearest known name, and so is a variable that begins with `WATCHKEEPER_` (those that
Kubernetes sets for a service are let pass). `watchkeeper serve --print-config` shows every setting and where it was
given.

```yaml
data_dir: /var/lib/watchkeeper
listen: [0.0.0.0:8470]
lake:
  url: s3://models/watchkeeper
  options:
    region: eu-central-1
    access_key_id: env:S3_KEY_ID
    secret_access_key: file:/run/secrets/s3
catalog:
  url: env:CATALOG_URL
commit:
  interval: 10s
otlp:
  attributes:
    app.model: model
    app.fraud.score: score
    app.input: features
    app.user: ignore
  kpis:
    shop.orders: orders
  kpi_segments:
    shop.orders: [country]
auth:
  bootstrap_key: file:/run/secrets/watchkeeper-admin
```

A *duration* is a whole number with a unit: `250ms`, `10s`, `5m`, `48h`, `400d`. A *size* is a whole number of bytes or one
with a unit: `64KiB`, `64MiB`, `2GiB`, `64MB`. A *reference to a secret* is `env:NAME` (an environment variable) or
`file:PATH` (a file of at most 64 KiB); the white space around the content is left out. Relative paths start from the
folder that the program runs in. Secrets are never printed or logged.
";

const TAIL: &str = "
## Keys and addresses

On loopback addresses the server is open, for trying. On any other address every request needs an API key, and the
server refuses to start while there is none: create one with `watchkeeper keys create`, or set `auth.bootstrap_key`.
";
