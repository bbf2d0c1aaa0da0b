//! The settings of OpenTelemetry: which attribute is what, which metric is a KPI.

use std::collections::BTreeMap;

use watchkeeper_ingest::otlp::{Attributes, KpiRule, MetricMapping, SpanMapping, Target};

use super::OtlpConfig;
use super::raw::Origin;
use super::resolve::Resolver;
use super::show::Text;
use super::suggest::{did_you_mean, one_of, quoted};

/// A name with its value, each with its origin.
type Named = BTreeMap<String, (String, Origin)>;

impl Resolver<'_> {
    /// What becomes of OpenTelemetry; what cannot be used is a fault and left out.
    pub(super) fn otlp(&mut self) -> OtlpConfig {
        let attributes = self.attributes();
        let default_model = self.text("otlp.default_model").and_then(|(name, origin)| {
            let name = name.trim().to_owned();
            self.model(&name, "otlp.default_model", &origin).then_some(name)
        });
        let spans = SpanMapping { attributes, default_model, ..SpanMapping::default() };
        OtlpConfig { spans, metrics: self.metrics() }
    }

    fn shown_names(&mut self, path: &'static str) -> Named {
        let given = self.named(path);
        let entries: Vec<_> =
            given.iter().map(|(name, (text, origin))| (name.clone(), text.clone(), origin.clone())).collect();
        self.show(path, if entries.is_empty() { Text::Nothing } else { Text::Named(entries) }, Origin::Default);
        given
    }

    fn attributes(&mut self) -> Attributes {
        const PATH: &str = "otlp.attributes";
        let mut attributes = Attributes::new();
        for (name, (text, origin)) in self.shown_names(PATH) {
            match text.trim().parse::<Target>() {
                _ if name.trim().is_empty() => {
                    self.fault(origin, format!("`{PATH}` holds an empty name; expected that of an attribute"));
                }
                Ok(target) => {
                    attributes.insert(name, target);
                }
                Err(_) => self.fault(origin, format!("`{PATH}.{name}` is {}", no_target(text.trim()))),
            }
        }
        attributes
    }

    fn metrics(&mut self) -> MetricMapping {
        let mut kpis: BTreeMap<String, KpiRule> = BTreeMap::new();
        for (metric, (name, origin)) in self.shown_names("otlp.kpis") {
            if name.trim().is_empty() {
                self.fault(origin, format!("`otlp.kpis.{metric}` is empty; expected the name of a KPI"));
            } else {
                kpis.insert(metric, KpiRule { name: Some(name.trim().to_owned()), ..KpiRule::default() });
            }
        }
        for (metric, (model, origin)) in self.shown_names("otlp.kpi_models") {
            let is_name = self.model(model.trim(), &format!("otlp.kpi_models.{metric}"), &origin);
            if let Some(rule) = self.rule(&mut kpis, "otlp.kpi_models", &metric, origin).filter(|_| is_name) {
                rule.model = Some(model.trim().to_owned());
            }
        }
        for (metric, (names, origin)) in self.shown_names("otlp.kpi_segments") {
            if let Some(rule) = self.rule(&mut kpis, "otlp.kpi_segments", &metric, origin) {
                rule.segments = Some(names.split_whitespace().map(str::to_owned).collect());
            }
        }
        MetricMapping { kpis }
    }

    /// The rule of a metric, or a fault when it is no KPI.
    fn rule<'k>(
        &mut self,
        kpis: &'k mut BTreeMap<String, KpiRule>,
        path: &str,
        metric: &str,
        origin: Origin,
    ) -> Option<&'k mut KpiRule> {
        if !kpis.contains_key(metric) {
            let near = did_you_mean(metric, kpis.keys().map(String::as_str));
            let separator = if near.is_empty() { ";" } else { "" };
            let what = quoted(metric);
            self.fault(origin, format!("`{path}` has {what}{near}{separator} expected a metric of `otlp.kpis`"));
        }
        kpis.get_mut(metric)
    }

    /// Whether a text is the name of a model; a fault when it is not.
    fn model(&mut self, name: &str, path: &str, origin: &Origin) -> bool {
        let is_name = !name.is_empty() && watchkeeper_spec::model_name_from(name) == name;
        if !is_name {
            let expected = "the name of a model: lower-case letters, digits, `-` and `.`";
            self.fault(origin.clone(), format!("`{path}` is {}; expected {expected}", quoted(name)));
        }
        is_name
    }
}

/// What is wrong with a word that is no target, and what is expected.
fn no_target(word: &str) -> String {
    // A name behind the first dot stays as it is: `features.amount` is near to `feature.amount`.
    let rest = word.split_once('.').map_or("<name>", |(_, rest)| rest);
    let with_name = Target::PREFIXES.map(|prefix| format!("{prefix}.{rest}"));
    let words = Target::WORDS.into_iter().filter(|_| !word.contains('.'));
    let near = did_you_mean(word, words.chain(with_name.iter().map(String::as_str)));
    let separator = if near.is_empty() { ";" } else { "" };
    let named = ["score.<class>", "feature.<name>", "segment.<name>"];
    format!("{}{near}{separator} expected {}", quoted(word), one_of(Target::WORDS.into_iter().chain(named)))
}
