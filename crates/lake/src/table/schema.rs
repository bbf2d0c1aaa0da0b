//! The schema of a table: Arrow types to Delta types, and columns that come later.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use deltalake::kernel::{DataType as DeltaType, PrimitiveType, StructField};
use watchkeeper_spec::event::names::DATE;

use crate::LakeError;

/// The Delta type of an Arrow type; `None` for those that no table has.
fn delta_type(data_type: &DataType) -> Option<DeltaType> {
    let primitive = match data_type {
        DataType::Float64 => PrimitiveType::Double,
        DataType::Float32 => PrimitiveType::Float,
        DataType::Int64 => PrimitiveType::Long,
        DataType::Int32 => PrimitiveType::Integer,
        DataType::Boolean => PrimitiveType::Boolean,
        DataType::Utf8 => PrimitiveType::String,
        DataType::Binary => PrimitiveType::Binary,
        DataType::Date32 => PrimitiveType::Date,
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => PrimitiveType::Timestamp,
        _ => return None,
    };
    Some(DeltaType::Primitive(primitive))
}

/// The fields of `schema` as the table format has them. All are nullable: a later version of a model may lack a column.
pub(super) fn delta_fields(table: &str, schema: &Schema) -> Result<Vec<StructField>, LakeError> {
    schema
        .fields()
        .iter()
        .map(|field| match delta_type(field.data_type()) {
            Some(data_type) => Ok(StructField::nullable(field.name(), data_type)),
            None => Err(LakeError::ColumnType {
                table: table.to_owned(),
                column: field.name().clone(),
                stored: "none of the stored types".into(),
                found: field.data_type().to_string(),
            }),
        })
        .collect()
}

/// The columns of `batches` that are not in `stored`; an error when one has another type there.
pub(super) fn new_fields<'a>(
    table: &str,
    stored: &Schema,
    batches: impl Iterator<Item = &'a SchemaRef>,
) -> Result<Vec<Field>, LakeError> {
    let mut new: Vec<Field> = Vec::new();
    for field in batches.flat_map(|schema| schema.fields().iter()) {
        let known = stored.field_with_name(field.name()).ok().or_else(|| new.iter().find(|f| f.name() == field.name()));
        match known {
            Some(known) if known.data_type() != field.data_type() => {
                return Err(LakeError::ColumnType {
                    table: table.to_owned(),
                    column: field.name().clone(),
                    stored: known.data_type().to_string(),
                    found: field.data_type().to_string(),
                });
            }
            Some(_) => {}
            None => new.push(Field::new(field.name(), field.data_type().clone(), true)),
        }
    }
    Ok(new)
}

/// The columns of a table's files: all but the partition.
pub(super) fn file_schema(stored: &Schema) -> SchemaRef {
    let fields: Vec<_> = stored.fields().iter().filter(|field| field.name() != DATE).cloned().collect();
    Arc::new(Schema::new(fields))
}

/// An Arrow schema as our rows have it: views and large types of the reader become the plain ones.
pub(crate) fn plain(schema: &Schema) -> SchemaRef {
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| {
            let data_type = match field.data_type() {
                DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
                DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
                DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
                }
                other => other.clone(),
            };
            Field::new(field.name(), data_type, true)
        })
        .collect();
    Arc::new(Schema::new(fields))
}
