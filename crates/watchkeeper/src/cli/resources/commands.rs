//! The commands themselves.

use serde_json::{Value, json};
use watchkeeper_spec::{Resource, ResourceKind};

use super::{Difference, Store, files, kind, path_word, show, store};
use crate::cli::service_args::{
    ApplyArgs, DeleteArgs, DiffArgs, ExportArgs, GetArgs, LintArgs, ResourceOutput, TextOrJson,
};
use crate::cli::{CliError, EXIT_OK, EXIT_VERDICT, print};

/// Kinds that `export` writes and `apply` takes; what others refer to comes first.
const APPLIED: [ResourceKind; 18] = [
    ResourceKind::Tenant,
    ResourceKind::Environment,
    ResourceKind::Model,
    ResourceKind::Baseline,
    ResourceKind::NotificationTarget,
    ResourceKind::Route,
    ResourceKind::InhibitRule,
    ResourceKind::MaintenanceWindow,
    ResourceKind::Silence,
    ResourceKind::Monitor,
    ResourceKind::BurnPolicy,
    ResourceKind::Service,
    ResourceKind::DataSource,
    ResourceKind::Sli,
    ResourceKind::AlertCondition,
    ResourceKind::AlertNotificationTarget,
    ResourceKind::AlertPolicy,
    ResourceKind::Slo,
];

/// What becomes of one resource.
struct Planned {
    file: String,
    resource: Resource,
    difference: Difference,
    revision: Option<u64>,
}

impl Planned {
    fn is_changed(&self) -> bool {
        !self.difference.exists || !self.difference.changes.is_empty()
    }

    fn outcome(&self) -> &'static str {
        match (self.difference.exists, self.difference.changes.is_empty()) {
            (false, _) => "created",
            (true, false) => "updated",
            (true, true) => "unchanged",
        }
    }

    fn json(&self) -> Value {
        json!({
            "file": self.file, "kind": self.resource.kind().as_str(), "name": self.resource.name(),
            "outcome": self.outcome(), "revision": self.revision, "changes": self.difference.changes,
        })
    }
}

/// Reads the files and compares each resource with what is stored. Any problem of any file ends it.
fn plan(store: &dyn Store, paths: &[String]) -> Result<Vec<Planned>, CliError> {
    let read = files::read(paths)?;
    let mut problems = read.problems;
    let mut planned = Vec::with_capacity(read.resources.len());
    for (file, resource) in read.resources {
        match store.diff(&resource) {
            Ok(difference) => planned.push(Planned { file, resource, difference, revision: None }),
            Err(CliError::Client(error @ crate::client::ClientError::Refused(_))) => {
                problems.push(format!("{file}: {} `{}`: {error}", resource.kind(), resource.name()));
            }
            Err(error) => return Err(error),
        }
    }
    if problems.is_empty() {
        // Models before the baselines that name them, targets before routes, and so on.
        let rank = |kind| APPLIED.iter().position(|applied| *applied == kind).unwrap_or(APPLIED.len());
        planned.sort_by_key(|planned| rank(planned.resource.kind()));
        return Ok(planned);
    }
    Err(CliError::Usage(problems.join("\n")))
}

pub(in crate::cli) fn apply(args: &ApplyArgs) -> Result<u8, CliError> {
    let store = store(&args.target, !args.dry_run)?;
    let mut planned = plan(store.as_ref(), &args.files.file)?;
    if !args.dry_run {
        let (changed, resources): (Vec<usize>, Vec<&Resource>) = planned
            .iter()
            .enumerate()
            .filter(|(_, planned)| planned.is_changed())
            .map(|(at, planned)| (at, &planned.resource))
            .unzip();
        let revisions = if resources.is_empty() { Vec::new() } else { store.put(&resources)? };
        for (at, revision) in changed.into_iter().zip(revisions) {
            if let Some(planned) = planned.get_mut(at) {
                planned.revision = Some(revision);
            }
        }
    }
    match args.output {
        TextOrJson::Json => {
            let resources: Vec<Value> = planned.iter().map(Planned::json).collect();
            print(&format!("{}\n", json!({"dry_run": args.dry_run, "resources": resources})))?;
        }
        TextOrJson::Text => {
            for planned in &planned {
                let (kind, name) = (path_word(planned.resource.kind()), planned.resource.name());
                let revision = planned.revision.map(|revision| format!(" (revision {revision})")).unwrap_or_default();
                let would = if args.dry_run && planned.is_changed() { "would be " } else { "" };
                print(&format!("{kind}/{name} {would}{}{revision}\n", planned.outcome()))?;
            }
        }
    }
    Ok(EXIT_OK)
}

pub(in crate::cli) fn diff(args: &DiffArgs) -> Result<u8, CliError> {
    let store = store(&args.target, false)?;
    let planned = plan(store.as_ref(), &args.files.file)?;
    match args.output {
        TextOrJson::Json => {
            let resources: Vec<Value> = planned.iter().map(Planned::json).collect();
            print(&format!("{}\n", json!({ "resources": resources })))?;
        }
        TextOrJson::Text => {
            for planned in planned.iter().filter(|planned| planned.is_changed()) {
                let title = format!("{}/{}", path_word(planned.resource.kind()), planned.resource.name());
                print(&show::difference(&title, &planned.difference))?;
            }
        }
    }
    Ok(if planned.iter().any(Planned::is_changed) { EXIT_VERDICT } else { EXIT_OK })
}

pub(in crate::cli) fn lint(args: &LintArgs) -> Result<u8, CliError> {
    let read = files::read(&args.files.file)?;
    match args.output {
        TextOrJson::Json => print(&format!(
            "{}\n",
            json!({
                "files": read.files, "resources": read.resources.len(), "problems": read.problems,
                "warnings": read.warnings,
            })
        ))?,
        TextOrJson::Text => {
            for problem in &read.problems {
                print(&format!("{problem}\n"))?;
            }
            for warning in &read.warnings {
                print(&format!("warning: {warning}\n"))?;
            }
            if read.problems.is_empty() {
                let (files, resources) = (read.files, read.resources.len());
                print(&format!("{resources} resources in {files} files, no problems\n"))?;
            }
        }
    }
    Ok(if read.problems.is_empty() { EXIT_OK } else { EXIT_VERDICT })
}

pub(in crate::cli) fn get(args: &GetArgs) -> Result<u8, CliError> {
    let kind = kind(&args.kind)?;
    let store = store(&args.target, false)?;
    let Some(name) = &args.name else {
        print(&show::list(&store.list(kind)?, args.output.unwrap_or(ResourceOutput::Table))?)?;
        return Ok(EXIT_OK);
    };
    let found = store.get(kind, name)?;
    let found = found.ok_or_else(|| CliError::Usage(format!("there is no {} `{name}`", path_word(kind))))?;
    match args.output.unwrap_or(ResourceOutput::Yaml) {
        ResourceOutput::Json => print(&show::pretty(&json!(found))?)?,
        output => print(&show::list(&[found], output)?)?,
    }
    Ok(EXIT_OK)
}

pub(in crate::cli) fn delete(args: &DeleteArgs) -> Result<u8, CliError> {
    let kind = kind(&args.kind)?;
    let store = store(&args.target, false)?;
    if !store.delete(kind, &args.name)? {
        return Err(CliError::Usage(format!("there is no {} `{}`", path_word(kind), args.name)));
    }
    match args.output {
        TextOrJson::Json => {
            print(&format!("{}\n", json!({"kind": kind.as_str(), "name": args.name, "outcome": "deleted"})))?
        }
        TextOrJson::Text => print(&format!("{}/{} deleted\n", path_word(kind), args.name))?,
    }
    Ok(EXIT_OK)
}

pub(in crate::cli) fn export(args: &ExportArgs) -> Result<u8, CliError> {
    let named = args.kinds.iter().map(|word| kind(word)).collect::<Result<Vec<_>, CliError>>()?;
    if named.contains(&ResourceKind::ApiKey) {
        return Err(CliError::Usage("API keys cannot be exported: their secrets are nowhere".into()));
    }
    let store = store(&args.target, false)?;
    let kinds = APPLIED.iter().filter(|kind| named.is_empty() || named.contains(kind));
    let mut all = Vec::new();
    for kind in kinds {
        all.extend(store.list(*kind)?);
    }
    print(&show::list(&all, args.output)?)?;
    Ok(EXIT_OK)
}
