//! Dashboards for Grafana, in its classic JSON: one of a model, one of an environment, one of a tenant.
//!
//! They are made from [`METRICS`](super::METRICS): what a panel asks for is exported, under the names and labels of the list.
//! The uid is made from the scope, so that a dashboard that is written again replaces itself. Source:
//! <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>, schema version 39, which
//! Grafana 10.4 and later read.

mod panels;

use aws_lc_rs::digest;
use serde_json::{Value, json};

use super::promql::{escape, selector};
use panels::{Panel, Shape};

const SCHEMA_VERSION: u32 = 39;
/// Grafana's grid has 24 columns.
const WIDTH: u32 = 24;
const HEIGHT: u32 = 8;
const STAT_HEIGHT: u32 = 4;

/// What a dashboard shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// One model.
    Model {
        /// Its tenant.
        tenant: &'a str,
        /// Its environment.
        environment: &'a str,
        /// Its name.
        model: &'a str,
    },
    /// All models of an environment.
    Environment {
        /// The tenant.
        tenant: &'a str,
        /// Its name.
        environment: &'a str,
    },
    /// All environments of a tenant.
    Tenant {
        /// Its name.
        tenant: &'a str,
    },
}

impl Scope<'_> {
    fn labels(&self) -> Vec<(&'static str, &str)> {
        match *self {
            Self::Model { tenant, environment, model } => {
                vec![("tenant", tenant), ("environment", environment), ("model", model)]
            }
            Self::Environment { tenant, environment } => vec![("tenant", tenant), ("environment", environment)],
            Self::Tenant { tenant } => vec![("tenant", tenant)],
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Model { .. } => "model",
            Self::Environment { .. } => "environment",
            Self::Tenant { .. } => "tenant",
        }
    }

    const fn panels(&self) -> &'static [Panel] {
        match self {
            Self::Model { .. } => panels::MODEL,
            Self::Environment { .. } => panels::ENVIRONMENT,
            Self::Tenant { .. } => panels::TENANT,
        }
    }

    fn title(&self) -> String {
        match *self {
            Self::Model { tenant, environment, model } => format!("Watchkeeper: {model} ({tenant}, {environment})"),
            Self::Environment { tenant, environment } => format!("Watchkeeper: {environment} ({tenant})"),
            Self::Tenant { tenant } => format!("Watchkeeper: {tenant}"),
        }
    }

    /// The dashboard's uid: 31 characters of letters, digits and `-`, the same for the same scope. Grafana takes 40.
    #[must_use]
    pub fn uid(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        for (name, value) in self.labels() {
            context.update(format!("{name}:{}:{value}\n", value.len()).as_bytes());
        }
        let hash: String = context.finish().as_ref().iter().take(14).map(|byte| format!("{byte:02x}")).collect();
        format!("wk-{hash}")
    }
}

/// The dashboard: what `POST /api/dashboards/db` takes as `dashboard`, and what a provisioning folder holds.
#[must_use]
pub fn dashboard(scope: &Scope<'_>) -> Value {
    json!({
        "uid": scope.uid(),
        "title": scope.title(),
        "description": "Made by Watchkeeper; changes are overwritten when it is written again.",
        "tags": ["watchkeeper", scope.kind()],
        "schemaVersion": SCHEMA_VERSION,
        "version": 0,
        "editable": true,
        "graphTooltip": 1,
        "time": {"from": "now-7d", "to": "now"},
        "refresh": "1m",
        "timezone": "utc",
        "templating": {"list": variables(scope)},
        "annotations": {"list": []},
        "links": [{
            "title": "Watchkeeper", "type": "dashboards", "tags": ["watchkeeper"], "asDropdown": true, "keepTime": true,
        }],
        "panels": panels(scope),
    })
}

/// Each PromQL query of a dashboard with its variables filled in, as Grafana would send it for all versions and segments.
#[must_use]
pub fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().map(Vec::as_slice).unwrap_or_default();
    panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default())
        .filter_map(|target| target["expr"].as_str())
        .map(|query| {
            query
                .replace("$__rate_interval", "5m")
                .replace("$__range", "7d")
                .replace("$version", ".*")
                .replace("$segment", ".*")
        })
        .collect()
}

fn source() -> Value {
    json!({"type": "prometheus", "uid": "${DS}"})
}

fn variables(scope: &Scope<'_>) -> Vec<Value> {
    let mut variables = vec![json!({
        "name": "DS", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0,
    })];
    if matches!(scope, Scope::Model { .. }) {
        let selector = selector(&scope.labels());
        for (name, label) in [("version", "Version"), ("segment", "Segment")] {
            let query = format!("label_values(watchkeeper_predictions_total{selector}, {name})");
            variables.push(json!({
                "name": name, "label": label, "type": "query", "datasource": source(), "refresh": 2, "sort": 1,
                "query": {"query": query, "refId": name}, "definition": query,
                // `.*` takes series without the label too: those of all versions, of the whole model.
                "includeAll": true, "multi": true, "allValue": ".*",
                "current": {"text": ["All"], "value": ["$__all"], "selected": true},
            }));
        }
    }
    variables
}

fn panels(scope: &Scope<'_>) -> Vec<Value> {
    let (mut x, mut y, mut row_height) = (0, 0, 0);
    let mut made = Vec::new();
    for (index, panel) in scope.panels().iter().enumerate() {
        let height = match panel.shape {
            Shape::Row => 1,
            Shape::Stat => STAT_HEIGHT,
            Shape::Lines | Shape::Table | Shape::Timeline => HEIGHT,
        };
        if x + panel.width > WIDTH {
            (x, y, row_height) = (0, y + row_height, 0);
        }
        made.push(panel_of(scope, panel, index + 1, json!({"x": x, "y": y, "w": panel.width, "h": height})));
        x += panel.width;
        row_height = row_height.max(height);
    }
    made
}

fn panel_of(scope: &Scope<'_>, panel: &Panel, id: usize, place: Value) -> Value {
    if panel.shape == Shape::Row {
        return json!({"id": id, "type": "row", "title": panel.title, "gridPos": place, "collapsed": false, "panels": []});
    }
    let once = matches!(panel.shape, Shape::Stat | Shape::Table);
    let targets: Vec<Value> = panel
        .queries
        .iter()
        .zip('A'..='Z')
        .map(|((query, legend), letter)| {
            json!({
                "refId": letter.to_string(), "datasource": source(), "expr": fill(scope, query), "legendFormat": legend,
                "instant": once, "range": !once, "format": if panel.shape == Shape::Table { "table" } else { "time_series" },
            })
        })
        .collect();
    json!({
        "id": id,
        "type": panel.shape.kind(),
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": source(),
        "targets": targets,
        "fieldConfig": {"defaults": defaults(panel), "overrides": []},
        "options": panel.shape.options(),
    })
}

/// `SCOPE` in a query becomes the matchers of the scope, with those of the variables on the dashboard of a model.
fn fill(scope: &Scope<'_>, query: &str) -> String {
    let matchers: Vec<String> =
        scope.labels().iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    let matchers = matchers.join(",");
    query
        .replace("SLICE", &format!("{matchers},version=~\"$version\",segment=~\"$segment\""))
        .replace("SCOPE", &matchers)
}

fn defaults(panel: &Panel) -> Value {
    let mut steps = vec![json!({"color": "green", "value": null})];
    if let Some(limit) = panel.red_above {
        steps.push(json!({"color": "red", "value": limit}));
    }
    let mut defaults = json!({"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}});
    if let (Some(fields), true) = (defaults.as_object_mut(), panel.shape == Shape::Timeline) {
        let states = json!({
            "0": {"text": "ok", "color": "green", "index": 0},
            "1": {"text": "unknown", "color": "text", "index": 1},
            "2": {"text": "breach", "color": "red", "index": 2},
        });
        fields.insert("mappings".to_owned(), json!([{"type": "value", "options": states}]));
    }
    if let (Some(fields), Shape::Lines, Some(_)) = (defaults.as_object_mut(), panel.shape, panel.red_above) {
        fields.insert("custom".to_owned(), json!({"thresholdsStyle": {"mode": "dashed"}}));
    }
    defaults
}

#[cfg(test)]
mod tests;
