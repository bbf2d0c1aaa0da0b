//! What a column is, from its name, its type and its first values.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use watchkeeper_profile::{Kind, ValueClasses, finite_numbers, for_each_string, hash};
use watchkeeper_spec::{InferredColumn, InferredModel, Role, Task, model_name_from};

use crate::table::{InputError, Table, TableColumn};
use crate::time::is_time;

/// More distinct values than this among the first rows, and a text column is not a set of categories.
const CATEGORIES_IN_SAMPLE_MAX: usize = 1000;

/// What was found out about a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// How it is counted.
    pub kind: Kind,
    /// Its role in the model.
    pub role: Role,
    /// Why, for the reader of the model file.
    pub reason: String,
    /// A few values, or the range.
    pub example: String,
    /// Range of the first values, for numbers.
    pub range: Option<(f64, f64)>,
}

/// Facts of a sample that the rules below look at.
struct Sample {
    rows: usize,
    distinct: usize,
    example: String,
    range: Option<(f64, f64)>,
    integers: bool,
    tokens_mean: f64,
    chars_mean: f64,
}

/// Infers every column of a table from its first rows.
///
/// # Errors
/// [`InputError`] when the table cannot be read.
pub fn infer_columns(table: &Table) -> Result<Vec<Inferred>, InputError> {
    let flat: Vec<usize> =
        (0..table.columns.len()).filter(|&c| table.columns.get(c).is_some_and(|c| !c.is_nested())).collect();
    let mut samples = table.sample(&flat)?.into_iter();
    let names: HashSet<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let infer = |column: &TableColumn| {
        if column.is_nested() {
            return unsupported(&column.data_type);
        }
        infer(column, &describe(column, &samples.next().unwrap_or_default()), &names)
    };
    Ok(table.columns.iter().map(infer).collect())
}

fn unsupported(data_type: &DataType) -> Inferred {
    let reason = format!("nested values ({}) are not compared", type_name(data_type));
    Inferred { kind: Kind::Presence, role: Role::Ignore, reason, example: String::new(), range: None }
}

/// A set of hashes: they need not be hashed again.
type Hashes = HashSet<u64, BuildHasherDefault<AlreadyHashed>>;

#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

fn describe(column: &TableColumn, arrays: &[ArrayRef]) -> Sample {
    let (mut distinct, mut rows, mut chars, mut tokens) = (Hashes::default(), 0usize, 0usize, 0usize);
    let (mut examples, mut range, mut integers) = (Vec::new(), None, true);
    for array in arrays {
        rows += array.len() - array.logical_null_count();
        if is_number(&column.data_type) {
            finite_numbers(array, &mut ValueClasses::default(), &mut |values| {
                for &x in values {
                    distinct.insert(hash::mix((x + 0.0).to_bits()));
                    integers &= x.fract() == 0.0;
                    let (lo, hi) = range.unwrap_or((x, x));
                    range = Some((f64::min(lo, x), f64::max(hi, x)));
                }
            });
        } else {
            for_each_string(array, &mut |text, count| {
                if let Some(text) = text {
                    if distinct.insert(hash::hash_bytes(text.as_bytes())) && examples.len() < 3 {
                        examples.push(text.chars().take(24).collect::<String>());
                    }
                    chars += text.chars().count() * count as usize;
                    tokens += text.split_whitespace().count() * count as usize;
                }
            });
        }
    }
    let example = match range {
        Some((lo, hi)) => format!("{lo} to {hi}"),
        None => examples.join(", "),
    };
    let mean = |sum: usize| sum as f64 / rows.max(1) as f64;
    Sample {
        rows,
        distinct: distinct.len(),
        example,
        range,
        integers,
        tokens_mean: mean(tokens),
        chars_mean: mean(chars),
    }
}

fn infer(column: &TableColumn, sample: &Sample, names: &HashSet<&str>) -> Inferred {
    let found = |kind, role, reason: String| Inferred {
        kind,
        role,
        reason,
        example: sample.example.clone(),
        range: sample.range,
    };
    let name = column.name.to_lowercase();
    let unique = sample.rows >= 20 && sample.distinct * 100 >= sample.rows * 98;
    if is_time(&column.data_type) {
        return found(Kind::Presence, Role::Timestamp, "a time".into());
    }
    let id_name = name == "id"
        || name == "uuid"
        || name == "row"
        || name == "index"
        || name.ends_with("_id")
        || name.ends_with("uuid");
    let text = matches!(
        column.data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..)
    );
    if unique && ((text && sample.tokens_mean <= 1.5) || (id_name && sample.integers)) {
        return found(
            Kind::Presence,
            Role::Id,
            format!("{} different values in {} rows", sample.distinct, sample.rows),
        );
    }
    let kind = match column.data_type {
        DataType::Boolean => Kind::Boolean,
        ref number if is_number(number) => Kind::Numeric,
        _ if !text => Kind::Presence,
        _ if sample.tokens_mean >= 4.0 && sample.distinct > 50 => Kind::Text,
        _ if sample.chars_mean > 60.0 && sample.distinct > 50 => Kind::Text,
        _ if sample.distinct > CATEGORIES_IN_SAMPLE_MAX => Kind::Text,
        _ => Kind::Categorical,
    };
    let (role, reason) = role_by_name(&name, kind, sample, names);
    if kind == Kind::Presence {
        return found(kind, Role::Ignore, format!("values of type {} are not compared", type_name(&column.data_type)));
    }
    let reason = reason.unwrap_or_else(|| match kind {
        Kind::Text => format!("{} different texts in {} rows", sample.distinct, sample.rows),
        _ => format!("{} distinct in the first {} values", sample.distinct, sample.rows),
    });
    found(kind, role, reason)
}

fn role_by_name(name: &str, kind: Kind, sample: &Sample, names: &HashSet<&str>) -> (Role, Option<String>) {
    let is = |words: &[&str]| words.contains(&name);
    let unit = kind == Kind::Numeric && !sample.integers && sample.range.is_some_and(|(lo, hi)| lo >= 0.0 && hi <= 1.0);
    let by = |role, why: &str| (role, Some(why.to_owned()));
    if unit && (is(&["p", "score"]) || ["score", "proba", "probability"].iter().any(|w| name.ends_with(w))) {
        return by(Role::Score, "named like a score, between 0 and 1");
    }
    if is(&["prediction", "pred", "y_pred", "yhat", "y_hat", "predicted"])
        || name.starts_with("predicted_")
        || name.starts_with("prediction_")
    {
        return by(Role::Prediction, "named like a prediction");
    }
    if is(&["label", "target", "y_true", "actual", "ground_truth", "truth", "y"]) {
        return by(Role::Label, "named like a label");
    }
    if names.contains(format!("predicted_{name}").as_str()) {
        return by(Role::Label, "there is a prediction of it");
    }
    if kind == Kind::Numeric && name.contains("latency") {
        return by(Role::Latency, "named like a latency");
    }
    (Role::Feature, None)
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric() || matches!(data_type, DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_))
}

/// The name of a type in outputs.
#[must_use]
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".into(),
        DataType::Dictionary(_, value) => type_name(value),
        DataType::Boolean => "bool".into(),
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_ref().map_or(String::new(), |zone| format!(", {zone}"));
            format!("timestamp[{unit}{zone}]")
        }
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            format!("decimal({precision}, {scale})")
        }
        DataType::List(field) | DataType::LargeList(field) => format!("list<{}>", type_name(field.data_type())),
        DataType::Struct(_) => "struct".into(),
        DataType::Map(..) => "map".into(),
        other => other.to_string().to_lowercase(),
    }
}

/// The inferred model of a table, ready to be written as a commented file.
#[must_use]
pub fn inferred_model(table: &Table, columns: &[Inferred], name: Option<&str>) -> InferredModel {
    let stem = table.files.first().and_then(|file| file.file_stem()).map(|s| s.to_string_lossy().into_owned());
    let has = |role| columns.iter().any(|column| column.role == role);
    let numeric_prediction = columns.iter().any(|c| c.role == Role::Prediction && c.kind == Kind::Numeric);
    let (task, task_reason) = if has(Role::Score) {
        (Task::BinaryClassification, "there is a score between 0 and 1")
    } else if numeric_prediction {
        (Task::Regression, "the prediction is a number")
    } else {
        (Task::Other, "no prediction was recognised")
    };
    // A model has one id and one time; further ones are left out of the comparison.
    let (mut ids, mut times) = (0, 0);
    let described = table.columns.iter().zip(columns).map(|(column, inferred)| {
        let count = match inferred.role {
            Role::Id => Some(&mut ids),
            Role::Timestamp => Some(&mut times),
            _ => None,
        };
        let further = count.is_some_and(|count| {
            *count += 1;
            *count > 1
        });
        InferredColumn {
            name: column.name.clone(),
            role: if further { Role::Ignore } else { inferred.role },
            kind: spec_kind(inferred),
            reason: inferred.reason.clone(),
            min: None,
            max: None,
            example: inferred.example.clone(),
        }
    });
    InferredModel {
        header: vec![format!(
            "Inferred from {}. Read it through, correct what is wrong, keep it beside the model's code.",
            files_text(table)
        )],
        name: model_name_from(name.or(stem.as_deref()).unwrap_or("model")),
        description: None,
        task,
        task_reason: task_reason.into(),
        columns: described.collect(),
    }
}

fn files_text(table: &Table) -> String {
    match table.files.as_slice() {
        [file] => file.display().to_string(),
        files => format!("{} files", files.len()),
    }
}

fn spec_kind(inferred: &Inferred) -> Option<watchkeeper_spec::Kind> {
    use watchkeeper_spec::Kind as Spec;
    match inferred.kind {
        Kind::Numeric => Some(Spec::Numeric),
        Kind::Boolean => Some(Spec::Boolean),
        Kind::Categorical => Some(Spec::Categorical),
        Kind::Text => Some(Spec::Text),
        Kind::Presence => (inferred.role == Role::Timestamp).then_some(Spec::Timestamp),
    }
}
