//! The conditions of a scan.

use arrow_schema::{DataType, Schema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, lit};
use watchkeeper_spec::event::names::{DATE, ENVIRONMENT, VERSION};

use super::{Scan, column};
use crate::TableId;
use crate::table::day_of;

/// What must hold for a row, in columns of `schema`.
pub(super) fn conditions(id: &TableId, scan: &Scan, schema: &Schema) -> Vec<Expr> {
    let mut all = Vec::new();
    let time = column(id.name.time_column());
    let at = |micros: i64| lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())));
    let day = |micros: i64| lit(ScalarValue::Date32(Some(day_of(micros))));
    // The partition follows from the time, but the engine does not know that.
    if let Some(from) = scan.from_us {
        all.push(time.clone().gt_eq(at(from)));
        all.push(column(DATE).gt_eq(day(from)));
    }
    if let Some(to) = scan.to_us {
        all.push(time.lt(at(to)));
        all.push(column(DATE).lt_eq(day(to.saturating_sub(1))));
    }
    let named = [(VERSION, &scan.version), (ENVIRONMENT, &scan.environment)];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let others = scan.equals.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    all.extend(named.chain(others).map(|(name, value)| equal(name, value, schema)));
    all
}

/// A column has a value; never true for a column that is not there and a text that is no value of its type.
fn equal(name: &str, value: &str, schema: &Schema) -> Expr {
    let Ok(field) = schema.field_with_name(name) else { return lit(false) };
    let wanted = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ScalarValue::from(value),
        other => match ScalarValue::try_from_string(value.to_owned(), other) {
            Ok(wanted) if !wanted.is_null() => wanted,
            _ => return lit(false),
        },
    };
    column(name).eq(lit(wanted))
}
