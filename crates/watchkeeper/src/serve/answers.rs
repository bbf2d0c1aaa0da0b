//! The server's port for models, profiles and sizes.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use watchkeeper_catalog::Kind;
use watchkeeper_ingest::intake::Streams;
use watchkeeper_ingest::{Stream, names};
use watchkeeper_lake::profiles::{ColumnGrid, ColumnProfile, Query};
use watchkeeper_lake::{TableId, TableName};
use watchkeeper_profile::{Grid, Profile};
use watchkeeper_server::Caller;
use watchkeeper_server::ports::{
    ColumnInfo, ColumnsAnswer, DistributionAnswer, DistributionQuery, DistributionSide, GridInfo, ModelInfo,
    ModelState, ModelsPage, Page, ProfileAnswer, ProfileQuery, Profiles, ProfilesAnswer, ReadError, ReferenceQuery,
    Slice, Step, StorageAnswer, TableSize, Time, Window,
};
use watchkeeper_spec::{Privacy, Role};

use super::models::{Known, Models};
use super::shown;

/// Columns that every event has: they are no columns of the model unless it declares them.
const SYSTEM: [&str; 7] = [
    names::PREDICTION_ID,
    names::TS,
    names::RECEIVED_AT,
    names::VERSION,
    names::ENVIRONMENT,
    names::TRACE_ID,
    names::DATE,
];

/// Buckets of one series.
const POINTS_MAX: usize = 1000;

/// Answers from the lake.
pub(super) struct Answers(pub(super) Arc<Models>);

fn internal(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::Internal { detail: error.to_string() }
}

pub(super) fn unavailable(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::Unavailable { detail: error.to_string() }
}

fn micros(window: Window) -> (i64, i64) {
    (window.start.0.as_microsecond(), window.end.0.as_microsecond())
}

fn time(micros: i64) -> Option<Time> {
    Timestamp::from_microsecond(micros).ok().map(Time)
}

/// Start of the UTC day `later` days after `day`, which is counted from 1970, in µs.
fn midnight(day: i32, later: i64) -> i64 {
    (i64::from(day) + later).saturating_mul(86_400_000_000)
}

/// The parts of `window` by `step`, in UTC.
fn steps(window: Window, step: Step) -> Result<Vec<Window>, ReadError> {
    let span = match step {
        Step::Hour => Span::new().hours(1),
        Step::Day => Span::new().days(1),
        Step::Month => Span::new().months(1),
    };
    let start = window.start.0.to_zoned(TimeZone::UTC);
    let aligned = match step {
        Step::Hour => start.with().minute(0).second(0).subsec_nanosecond(0).build(),
        Step::Day => start.start_of_day(),
        Step::Month => start.first_of_month().and_then(|first| first.start_of_day()),
    };
    let mut at = aligned.map_err(|error| internal(&error))?;
    let mut parts = Vec::new();
    while at.timestamp() < window.end.0 {
        if parts.len() >= POINTS_MAX {
            return Err(ReadError::Invalid {
                parameter: "by".into(),
                detail: format!("`window` has more than {POINTS_MAX} steps; expected a wider step or a shorter window"),
            });
        }
        let next = at.checked_add(span).map_err(|error| internal(&error))?;
        let (start, end) = (at.timestamp().max(window.start.0), next.timestamp().min(window.end.0));
        parts.push(Window { start: Time(start), end: Time(end) });
        at = next;
    }
    Ok(parts)
}

fn query(slice: &Slice, caller: &Caller, columns: Vec<String>, windows: &[Window]) -> Query {
    Query {
        windows: windows.iter().copied().map(micros).collect(),
        columns,
        environment: slice.environment.clone().or_else(|| caller.environment.clone()),
        version: slice.version.clone(),
        segments: slice.segments.iter().map(|segment| (segment.name.clone(), segment.value.clone())).collect(),
    }
}

impl Answers {
    async fn known(&self, caller: &Caller, model: &str) -> Result<Arc<Known>, ReadError> {
        let missing = || ReadError::NotFound { what: format!("model `{model}`") };
        if !caller.sees_model(model) {
            return Err(missing());
        }
        let known = self.0.known(&caller.tenant, model).await.map_err(|error| unavailable(&error))?;
        known.ok_or_else(missing)
    }

    fn check(&self, known: &Known, slice: &Slice) -> Result<(), ReadError> {
        for segment in &slice.segments {
            if !known.model.segments.contains(&segment.name) {
                let listed = known.model.segments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                let expected =
                    if listed.is_empty() { "none; list them in `spec.segments`".into() } else { listed.join(", ") };
                return Err(ReadError::Invalid {
                    parameter: "segment".into(),
                    detail: format!("`{}` is not a segment of the model; it has {expected}", segment.name),
                });
            }
        }
        Ok(())
    }

    async fn grid(&self, known: &Known, model: &str, column: &str) -> Result<ColumnGrid, ReadError> {
        let (mut grids, frozen) = known.profiles.grids().await.map_err(|error| unavailable(&error))?;
        if let Some(grid) = grids.remove(column) {
            return Ok(grid);
        }
        let near = grids.keys().map(String::as_str).take(20).collect::<Vec<_>>().join("`, `");
        let detail = if grids.is_empty() {
            format!("model `{model}` is still learning: profiles begin with its first 100 rows, or with a baseline")
        } else if frozen {
            format!("`{column}` is not a profiled column of model `{model}`; expected one of `{near}`")
        } else {
            format!("`{column}` has no profile yet, or is not a column of model `{model}`; there are `{near}`")
        };
        Err(ReadError::Invalid { parameter: "column".into(), detail })
    }

    /// Which columns of a model may be personal; all of them when it cannot be told: not knowing is no licence to show.
    async fn personal(&self, caller: &Caller, model: &str) -> impl Fn(&str) -> bool + use<> {
        let state = self.0.stream(&caller.tenant, Stream::Predictions, Some(model)).await.ok();
        move |column| state.as_ref().is_none_or(|state| state.gate.is_personal(column))
    }

    async fn info(&self, caller: &Caller, name: &str) -> Result<ModelInfo, ReadError> {
        let known = self.known(caller, name).await?;
        let size = |table| {
            let id = TableId::of_model(&caller.tenant, name, table);
            async move { self.0.lake.size(&id).await.map_err(|error| unavailable(&error)) }
        };
        let predictions = size(TableName::Predictions).await?;
        let labels = size(TableName::Labels).await?;
        let events = TableId::of_model(&caller.tenant, name, TableName::Predictions);
        let times = self.0.lake.times(&events).await.map_err(|error| unavailable(&error))?;
        let profiled_to = known.profiles.profiled_to().await.map_err(|error| unavailable(&error))?;
        let (_, frozen) = known.profiles.grids().await.map_err(|error| unavailable(&error))?;
        let days = predictions.as_ref().and_then(|size| size.days);
        let slices = match days {
            Some((first, last)) => {
                let windows = vec![(midnight(first, 0), midnight(last, 1))];
                let all = Query { windows, environment: caller.environment.clone(), ..Query::default() };
                known.profiles.slices(&all).await.map_err(|error| unavailable(&error))?
            }
            None => Vec::new(),
        };
        let mut versions: Vec<String> = slices.iter().map(|slice| slice.version.clone()).collect();
        let mut environments: Vec<String> = slices.iter().map(|slice| slice.environment.clone()).collect();
        for list in [&mut versions, &mut environments] {
            list.retain(|word| !word.is_empty());
            list.sort();
            list.dedup();
        }
        let state = self.0.stream(&caller.tenant, Stream::Predictions, Some(name)).await;
        let flagged = state.map(|state| state.gate.findings()).unwrap_or_default();
        Ok(ModelInfo {
            name: name.to_owned(),
            state: if frozen { ModelState::Ready } else { ModelState::Learning },
            versions,
            environments,
            predictions: predictions.map_or(0, |size| size.rows),
            labels: labels.map_or(0, |size| size.rows),
            first_event: times.and_then(|(first, _)| time(first)),
            last_event: times.and_then(|(_, last)| time(last)),
            profiled_to: profiled_to.and_then(time),
            flagged_columns: flagged.into_iter().map(|finding| finding.column).collect(),
        })
    }
}

#[async_trait]
impl Profiles for Answers {
    async fn models(&self, caller: &Caller, page: &Page) -> Result<ModelsPage, ReadError> {
        let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
        let listed = self.0.catalog.list(&caller.tenant, Kind::Model, page.after.as_deref(), limit).await;
        let listed = listed.map_err(|error| unavailable(&error))?;
        let next = (listed.len() >= page.limit).then(|| listed.last().map(|last| last.key.name.clone())).flatten();
        let mut models = Vec::new();
        for resource in listed.iter().filter(|resource| caller.sees_model(&resource.key.name)) {
            models.push(self.info(caller, &resource.key.name).await?);
        }
        Ok(ModelsPage { models, next })
    }

    async fn model(&self, caller: &Caller, model: &str) -> Result<ModelInfo, ReadError> {
        self.info(caller, model).await
    }

    async fn columns(&self, caller: &Caller, model: &str) -> Result<ColumnsAnswer, ReadError> {
        let known = self.known(caller, model).await?;
        let table = TableId::of_model(&caller.tenant, model, TableName::Predictions);
        let schema = self.0.lake.schema(&table).await.map_err(|error| unavailable(&error))?;
        let (grids, frozen) = known.profiles.grids().await.map_err(|error| unavailable(&error))?;
        let bytes = known.profiles.bytes().await.map_err(|error| unavailable(&error))?;
        let state = self.0.stream(&caller.tenant, Stream::Predictions, Some(model)).await;
        let findings = state.as_ref().map(|state| state.gate.findings()).unwrap_or_default();
        let decisions = state.as_ref().map(|state| state.gate.decisions()).unwrap_or_default();
        let stored = schema
            .iter()
            .flat_map(|schema| schema.fields())
            .map(|field| (field.name().clone(), field.data_type().to_string()));
        let mut columns: BTreeMap<String, String> =
            stored.filter(|(name, _)| !SYSTEM.contains(&name.as_str())).collect();
        for column in &known.model.columns {
            columns
                .entry(column.name.clone())
                .or_insert_with(|| column.kind.map_or("?", watchkeeper_spec::Kind::as_str).into());
        }
        let info = |(name, kind): (String, String)| {
            let declared = known.model.column(&name);
            let grid = grids.get(&name).map(|grid| GridInfo {
                version: u32::try_from(grid.number).unwrap_or(0),
                bins: u32::try_from(shown::bins(grid, &[]).0.len()).unwrap_or(0),
                rows: grid.reference.classes.rows(),
            });
            let decided = decisions.iter().find(|decision| decision.column == name);
            let privacy = match (declared.and_then(|column| column.privacy.as_ref()), decided) {
                (Some(privacy), _) => action(privacy).to_owned(),
                (None, Some(decision)) => serialised(&decision.action),
                (None, None) => "keep".to_owned(),
            };
            let sum: u64 = bytes.iter().filter(|((_, column), _)| *column == name).map(|(_, b)| b.state_bytes).sum();
            ColumnInfo {
                role: declared.map_or_else(|| role(&name), |column| column.role).as_str().to_owned(),
                kind: grids.get(&name).map_or(kind, |grid| word(&grid.grid).to_owned()),
                state: if frozen && grid.is_some() { ModelState::Ready } else { ModelState::Learning },
                grid,
                privacy,
                flagged: findings.iter().find(|f| f.column == name).map(|f| serialised(&f.class)),
                profile_bytes: (sum > 0).then_some(sum),
                name,
            }
        };
        Ok(ColumnsAnswer { model: model.to_owned(), columns: columns.into_iter().map(info).collect() })
    }

    async fn profiles(&self, caller: &Caller, asked: &ProfileQuery) -> Result<ProfilesAnswer, ReadError> {
        let known = self.known(caller, &asked.model).await?;
        self.check(&known, &asked.slice)?;
        for column in &asked.columns {
            self.grid(&known, &asked.model, column).await?;
        }
        let parts = asked.by.map_or(Ok(Vec::new()), |step| steps(asked.window, step))?;
        let windows: Vec<Window> = std::iter::once(asked.window).chain(parts).collect();
        let query = query(&asked.slice, caller, asked.columns.clone(), &windows);
        let mut found = known.profiles.profiles(&query).await.map_err(|error| unavailable(&error))?.into_iter();
        let whole = found.next().unwrap_or_default();
        let parts: Vec<BTreeMap<String, ColumnProfile>> = found.collect();
        let mut profiles = Vec::with_capacity(whole.len());
        let is_personal = self.personal(caller, &asked.model).await;
        for (column, sum) in whole {
            let personal = is_personal(&column);
            let (bins, counts) = shown::bins(&sum.grid, &[&sum.profile]);
            let points = windows
                .iter()
                .skip(1)
                .zip(&parts)
                .filter_map(|(window, part)| part.get(&column).map(|part| shown::point(*window, part, personal)));
            profiles.push(ProfileAnswer {
                window: asked.window,
                rows: sum.profile.classes.rows(),
                classes: shown::classes(&sum.profile),
                bins: shown::bin_shares(bins, counts.first().map_or(&[], Vec::as_slice)),
                summary: shown::summary(&sum.grid.grid, &sum.profile, personal),
                buckets: points.collect(),
                column,
            });
        }
        Ok(ProfilesAnswer { model: asked.model.clone(), profiles })
    }

    async fn distribution(&self, caller: &Caller, asked: &DistributionQuery) -> Result<DistributionAnswer, ReadError> {
        let known = self.known(caller, &asked.model).await?;
        self.check(&known, &asked.slice)?;
        let grid = self.grid(&known, &asked.model, &asked.column).await?;
        let is_personal = self.personal(caller, &asked.model).await;
        let personal = is_personal(&asked.column);
        let mut windows = vec![asked.window];
        let reference_window = match asked.reference {
            Some(ReferenceQuery::Window(window)) => Some(window),
            _ => None,
        };
        windows.extend(reference_window);
        let first_part = windows.len();
        windows.extend(asked.by.map_or(Ok(Vec::new()), |step| steps(asked.window, step))?);
        let query = query(&asked.slice, caller, vec![asked.column.clone()], &windows);
        let found = known.profiles.profiles(&query).await.map_err(|error| unavailable(&error))?;
        let of = |at: usize| found.get(at).and_then(|columns| columns.get(&asked.column));
        let empty = Profile::empty(&grid.grid);
        let current = of(0).map_or(&empty, |column| &column.profile);
        let reference: Option<&Profile> = match asked.reference {
            Some(ReferenceQuery::Baseline) => Some(&grid.reference),
            Some(ReferenceQuery::Window(_)) => of(1).map(|column| &column.profile),
            None => None,
        };
        let sides: Vec<&Profile> = std::iter::once(current).chain(reference).collect();
        let (bins, counts) = shown::bins(&grid, &sides);
        let side = |window: Option<Window>, profile: &Profile| DistributionSide {
            window,
            rows: profile.classes.rows(),
            classes: shown::classes(profile),
            summary: shown::summary(&grid.grid, profile, personal),
        };
        let parts = windows.iter().zip(&found).skip(first_part);
        let points =
            parts.filter_map(|(window, part)| part.get(&asked.column).map(|p| shown::point(*window, p, personal)));
        Ok(DistributionAnswer {
            model: asked.model.clone(),
            column: asked.column.clone(),
            reference: reference.map(|profile| side(reference_window, profile)),
            current: side(Some(asked.window), current),
            bins: shown::distribution_bins(
                bins,
                counts.get(1).map(Vec::as_slice),
                counts.first().map_or(&[], Vec::as_slice),
            ),
            measurements: reference
                .map_or_else(Vec::new, |reference| shown::measurements(&asked.column, &grid, reference, current)),
            buckets: points.collect(),
        })
    }

    async fn storage(&self, caller: &Caller) -> Result<StorageAnswer, ReadError> {
        let report = self.0.lake.report().await.map_err(|error| unavailable(&error))?;
        let seen = report.into_iter().filter(|(id, _)| {
            id.tenant == caller.tenant && id.model.as_deref().is_none_or(|model| caller.sees_model(model))
        });
        let mut tables: Vec<TableSize> = Vec::new();
        for (id, size) in seen {
            // Rows of profiles stand for buckets, and those of grids for no time at all.
            let times = match id.name {
                TableName::Profiles => None,
                _ => self.0.lake.times(&id).await.map_err(|error| unavailable(&error))?,
            };
            tables.push(TableSize {
                table: id.name.as_str().to_owned(),
                model: id.model,
                rows: size.rows,
                files: size.files,
                bytes: size.bytes,
                stale_bytes: 0,
                version: size.version,
                first_event: times.and_then(|(first, _)| time(first)),
                last_event: times.and_then(|(_, last)| time(last)),
            });
        }
        Ok(StorageAnswer { bytes: tables.iter().map(|table| table.bytes).sum(), tables })
    }
}

/// What an undeclared column is.
pub(super) fn role(column: &str) -> Role {
    match column {
        names::PREDICTION => Role::Prediction,
        names::SCORE => Role::Score,
        names::LATENCY_MS => Role::Latency,
        column if column.starts_with("score.") => Role::Score,
        column if column.starts_with(names::SEGMENT_PREFIX) => Role::Segment,
        _ => Role::Feature,
    }
}

/// The word of an enum on the wire.
pub(super) fn serialised(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

const fn action(privacy: &Privacy) -> &'static str {
    match privacy {
        Privacy::Keep => "keep",
        Privacy::Drop => "drop",
        Privacy::Hash { .. } => "hash",
        Privacy::Mask { .. } => "mask",
        Privacy::Generalise(_) => "generalise",
        _ => "profile_only",
    }
}

fn word(grid: &Grid) -> &'static str {
    match grid {
        Grid::Numeric(_) => "numeric",
        Grid::Categorical(_) => "categorical",
        Grid::Text(_) => "text",
        Grid::Presence => "presence",
    }
}
