//! Points of one model and window, from its profiles.

use std::collections::{BTreeMap, BTreeSet};

use watchkeeper_ingest::names;
use watchkeeper_lake::LakeError;
use watchkeeper_lake::profiles::{ColumnGrid, ColumnProfile, Cut, ModelProfiles, Part, Query};
use watchkeeper_profile::measure::Status;
use watchkeeper_profile::{Baseline, Profile};
use watchkeeper_spec::{Measure, MonitorBaseline};
use watchkeeper_watch::measured::{ColumnSide, ModelFacts, Point, Scope, Series, column_points, model_points};
use watchkeeper_watch::monitor::Window;

use crate::serve::shown::nulls;

/// The column that says whether a prediction failed.
const ERROR: &str = "error";
/// Columns whose grids measures of the model need.
const OF_MODEL: [&str; 2] = [names::LATENCY_MS, ERROR];
/// The effect on PSI for which bins are made coarser when there are few rows.
const PSI_EFFECT: f64 = 0.1;

/// Series that are measured together: of one model, window and baseline.
pub(super) struct Batch<'a> {
    pub(super) window: Window,
    pub(super) baseline: &'a MonitorBaseline,
    pub(super) series: &'a BTreeSet<Series>,
    /// Series whose bins are kept.
    pub(super) with_bins: &'a BTreeSet<Series>,
    pub(super) known_at: i64,
    /// Of the model's events, µs since 1970.
    pub(super) first_and_last_event: Option<(i64, i64)>,
    /// Length of the time that grids are learned from, µs.
    pub(super) learned: i64,
}

/// Profiles of one part, by column.
type Columns = BTreeMap<String, ColumnProfile>;

/// The parts that series tell apart.
fn cuts(series: &BTreeSet<Series>) -> Vec<Cut> {
    let cut = |series: &Series| Cut {
        environment: series.scope.environment.is_some(),
        version: series.scope.version.is_some(),
        segment: series.scope.segment.is_some(),
    };
    series.iter().map(cut).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Every way to tell parts apart.
fn all_cuts() -> Vec<Cut> {
    let bit = |number: u8, bit: u8| number & bit != 0;
    (0..8).map(|n| Cut { environment: bit(n, 1), version: bit(n, 2), segment: bit(n, 4) }).collect()
}

fn scope_of(model: &str, part: &Part) -> Scope {
    Scope {
        model: model.to_owned(),
        environment: part.environment.clone(),
        version: part.version.clone(),
        segment: part.segment.clone(),
    }
}

fn part_of(scope: &Scope) -> Part {
    Part { environment: scope.environment.clone(), version: scope.version.clone(), segment: scope.segment.clone() }
}

/// Measures a batch: exactly one point for each of its series.
pub(super) async fn measure(profiles: &ModelProfiles, batch: &Batch<'_>) -> Result<Vec<(Series, Point)>, LakeError> {
    let cuts = cuts(batch.series);
    let window = (batch.window.start, batch.window.end);
    let current = profiles.parts(window, &cuts).await?;
    let (grids, _) = profiles.grids().await?;
    let references = references(profiles, batch, &cuts, &grids).await?;
    let of_model = batch.series.iter().any(|series| series.column.is_none()).then_some(OF_MODEL).into_iter().flatten();
    let wanted: BTreeSet<&str> = batch.series.iter().filter_map(|s| s.column.as_deref()).chain(of_model).collect();
    let baselines: BTreeMap<&str, Baseline> =
        wanted.into_iter().filter_map(|name| Some((name, grids.get(name)?.baseline()))).collect();
    let mut points = Vec::with_capacity(batch.series.len());
    let nothing = Columns::new();
    for (scope, series) in by_scope(batch.series) {
        let part = part_of(scope);
        let columns = current.get(&part).unwrap_or(&nothing);
        let side = Side { batch, columns, reference: references.of(&part), baselines: &baselines };
        points.extend(side.points(&series));
    }
    Ok(points)
}

fn by_scope(series: &BTreeSet<Series>) -> BTreeMap<&Scope, Vec<&Series>> {
    let mut scopes: BTreeMap<&Scope, Vec<&Series>> = BTreeMap::new();
    for series in series {
        scopes.entry(&series.scope).or_default().push(series);
    }
    scopes
}

/// What parts are compared with.
enum References<'a> {
    /// The model's baseline, as its grids have it: for parts that mix the same events.
    Training {
        grids: &'a BTreeMap<String, ColumnGrid>,
        /// Of segments: their own events of the time that was learned from.
        segments: BTreeMap<Part, Columns>,
    },
    /// Profiles of other windows.
    Windows(BTreeMap<Part, Columns>),
    /// There is nothing to compare with.
    None,
}

impl References<'_> {
    fn of(&self, part: &Part) -> BTreeMap<&str, &Profile> {
        match self {
            Self::Training { grids, .. } if part.segment.is_none() => {
                grids.iter().map(|(name, grid)| (name.as_str(), grid.reference.as_ref())).collect()
            }
            Self::Training { segments: parts, .. } | Self::Windows(parts) => {
                parts.get(part).map(profiles_of).unwrap_or_default()
            }
            Self::None => BTreeMap::new(),
        }
    }
}

fn profiles_of(columns: &Columns) -> BTreeMap<&str, &Profile> {
    columns.iter().map(|(name, column)| (name.as_str(), &column.profile)).collect()
}

async fn references<'a>(
    profiles: &ModelProfiles,
    batch: &Batch<'_>,
    cuts: &[Cut],
    grids: &'a BTreeMap<String, ColumnGrid>,
) -> Result<References<'a>, LakeError> {
    let Window { start, .. } = batch.window;
    Ok(match batch.baseline {
        MonitorBaseline::Training | MonitorBaseline::Fixed(_) => {
            let of_segments: Vec<Cut> = cuts.iter().copied().filter(|cut| cut.segment).collect();
            let segments = match batch.first_and_last_event {
                Some((first, _)) if !of_segments.is_empty() => {
                    profiles.parts((first, first.saturating_add(batch.learned)), &of_segments).await?
                }
                _ => BTreeMap::new(),
            };
            References::Training { grids, segments }
        }
        MonitorBaseline::Range(times) => {
            References::Windows(profiles.parts((times.from.micros(), times.to.micros()), cuts).await?)
        }
        MonitorBaseline::Trailing(trailing) => {
            let end = start.saturating_sub(trailing.offset.micros());
            References::Windows(profiles.parts((end.saturating_sub(trailing.length.micros()), end), cuts).await?)
        }
        MonitorBaseline::Season(season) => {
            let mut sum = BTreeMap::new();
            for week in 1..=i64::try_from(season.weeks).unwrap_or(0) {
                let back = week.saturating_mul(7 * 86_400_000_000);
                let window = (batch.window.start.saturating_sub(back), batch.window.end.saturating_sub(back));
                add(&mut sum, profiles.parts(window, cuts).await?)?;
            }
            References::Windows(sum)
        }
        MonitorBaseline::PreviousVersion => previous_versions(profiles, batch, cuts).await?,
        _ => References::None,
    })
}

fn add(sum: &mut BTreeMap<Part, Columns>, more: BTreeMap<Part, Columns>) -> Result<(), LakeError> {
    for (part, columns) in more {
        let known = sum.entry(part).or_default();
        for (name, column) in columns {
            match known.get_mut(&name) {
                Some(sum) => {
                    let fail = |source| LakeError::Profile { column: name.clone(), source };
                    sum.profile.merge(&column.profile).map_err(fail)?;
                }
                None => {
                    known.insert(name, column);
                }
            }
        }
    }
    Ok(())
}

/// Of each version, the version that was first seen before it.
async fn previous_versions(
    profiles: &ModelProfiles,
    batch: &Batch<'_>,
    cuts: &[Cut],
) -> Result<References<'static>, LakeError> {
    let Some((first, _)) = batch.first_and_last_event else { return Ok(References::None) };
    let all = profiles.parts((first, batch.window.end), cuts).await?;
    let began = |columns: &Columns| columns.values().filter_map(|column| column.span).map(|span| span.0).min();
    let mut references = BTreeMap::new();
    for part in all.keys().filter(|part| part.version.is_some()) {
        let siblings = all.iter().filter(|(other, _)| {
            other.version != part.version && other.environment == part.environment && other.segment == part.segment
        });
        let own = all.get(part).and_then(began);
        let before = siblings.filter(|(_, columns)| began(columns) < own).max_by_key(|(_, columns)| began(columns));
        if let Some((_, columns)) = before {
            references.insert(part.clone(), columns.clone());
        }
    }
    Ok(References::Windows(references))
}

/// One part of the model in the window.
struct Side<'a> {
    batch: &'a Batch<'a>,
    columns: &'a Columns,
    reference: BTreeMap<&'a str, &'a Profile>,
    baselines: &'a BTreeMap<&'a str, Baseline>,
}

impl Side<'_> {
    fn points(&self, series: &[&Series]) -> Vec<(Series, Point)> {
        let mut by_column: BTreeMap<Option<&str>, Vec<&Series>> = BTreeMap::new();
        for series in series {
            by_column.entry(series.column.as_deref()).or_default().push(series);
        }
        let mut points = Vec::with_capacity(series.len());
        for (column, series) in by_column {
            let wanted: Vec<Measure> = series.iter().map(|series| series.measure.clone()).collect();
            let found = match column {
                Some(column) => self.of_column(column, &wanted, &series),
                None => self.of_model(&wanted),
            };
            for series in series {
                let point =
                    found.iter().find(|(measure, _)| *measure == series.measure).map(|(_, point)| point.clone());
                points.push((series.clone(), point.unwrap_or_else(|| self.nothing())));
            }
        }
        points
    }

    const fn window(&self) -> (i64, i64) {
        (self.batch.window.start, self.batch.window.end)
    }

    fn nothing(&self) -> Point {
        Point::without(self.window(), self.batch.known_at, Status::InsufficientData)
    }

    fn of_column(&self, name: &str, wanted: &[Measure], series: &[&Series]) -> Vec<(Measure, Point)> {
        let (Some(baseline), Some(current)) = (self.baselines.get(name), self.columns.get(name)) else {
            return Vec::new();
        };
        let keeps_bins = series.iter().any(|series| self.batch.with_bins.contains(*series));
        let reference = self.reference.get(name).copied();
        let current = &current.profile;
        let side = ColumnSide { name, baseline, reference, current, psi_effect: PSI_EFFECT, keeps_bins };
        column_points(&side, wanted, self.window(), self.batch.known_at, nulls())
    }

    fn of_model(&self, wanted: &[Measure]) -> Vec<(Measure, Point)> {
        let pair = |name: &str| Some((self.baselines.get(name)?, &self.columns.get(name)?.profile));
        let facts = ModelFacts {
            rows: self.columns.values().map(|column| column.profile.classes.rows()).max().unwrap_or(0),
            last_event: self.batch.first_and_last_event.map(|(_, last)| last.min(self.batch.window.end)),
            latency: pair(names::LATENCY_MS),
            prediction: self.columns.get(names::PREDICTION).map(|column| &column.profile),
            error: pair(ERROR),
            labels: None,
        };
        model_points(&facts, wanted, self.window(), self.batch.known_at)
    }
}

/// The parts of a model that have events between two times.
pub(super) async fn scopes(
    profiles: &ModelProfiles,
    model: &str,
    window: (i64, i64),
) -> Result<BTreeSet<Scope>, LakeError> {
    let cuts = all_cuts();
    let query = Query { windows: vec![window], ..Query::default() };
    let slices = profiles.slices(&query).await?;
    Ok(slices.iter().flat_map(|slice| Part::of(slice, &cuts)).map(|part| scope_of(model, &part)).collect())
}
