//! Several files of a day as one, read and written piece by piece.

use arrow_schema::SchemaRef;
use bytes::Bytes;
use deltalake::kernel::Add;
use object_store::ObjectStoreExt;
use object_store::buffered::BufWriter;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio::io::AsyncWriteExt;
use watchkeeper_spec::event::names::DATE;

use crate::table::{FileRef, Handle, added, conform, day_text, plain_batch, properties, statistics_text, time_range};
use crate::{Lake, LakeError};

/// A row group is closed at this memory, however few its rows: a wide table has many columns open at once.
const ROW_GROUP_MEMORY: usize = 64 << 20;
/// Bytes of a part of the upload; two are under way at once.
const PART: usize = 8 << 20;
const READ_ROWS: usize = 1 << 13;

/// A file that holds the rows of others, not yet in the log.
pub(super) struct Merged {
    pub(super) add: Add,
    pub(super) rows: u64,
}

/// Writes the rows of `files`, all of one day, to one new file.
pub(super) async fn merge(
    lake: &Lake,
    handle: &Handle,
    schema: &SchemaRef,
    files: &[FileRef],
) -> Result<Merged, LakeError> {
    let date = day_text(files.first().and_then(|file| file.day).unwrap_or(0));
    let path = format!("{DATE}={date}/part-{}.parquet", uuid::Uuid::now_v7());
    let place = lake.file_path(&handle.path, &path)?;
    let mut upload = BufWriter::with_capacity(lake.root().store(), place.clone(), PART).with_max_concurrency(2);
    let written = match write(lake, handle, schema, files, &mut upload).await {
        Ok(written) => written,
        Err(error) => {
            // The first error is the one to tell; parts of an upload left behind are never a file.
            let _ = upload.abort().await;
            return Err(error);
        }
    };
    upload.shutdown().await.map_err(|error| LakeError::CutOff(error.to_string()))?;
    let stored = lake.root().store().head(&place).await?.size;
    if stored != written.bytes {
        return Err(LakeError::Merge { table: handle.path.clone(), expected: written.bytes, found: stored });
    }
    let stats = statistics_text(written.rows, written.range, handle.id.name.time_column());
    let add = Add { data_change: false, ..added(path, date, written.bytes, stats) };
    Ok(Merged { add, rows: written.rows })
}

/// A Parquet file under construction.
struct Pen {
    writer: ArrowWriter<Vec<u8>>,
    time: &'static str,
    rows: u64,
    bytes: u64,
    range: Option<(i64, i64)>,
}

impl Pen {
    /// Writes all rows of a file after those before.
    fn copy(&mut self, file: Bytes, schema: &SchemaRef) -> Result<(), LakeError> {
        for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(READ_ROWS).build()? {
            let batch = conform(&plain_batch(&batch?)?, schema)?;
            self.range = time_range(self.range, &batch, self.time);
            self.rows += batch.num_rows() as u64;
            self.writer.write(&batch)?;
            if self.writer.memory_size() > ROW_GROUP_MEMORY {
                self.writer.flush()?;
            }
        }
        Ok(())
    }

    /// What is encoded and not yet taken.
    fn take(&mut self) -> Bytes {
        let bytes = std::mem::take(self.writer.inner_mut());
        self.bytes += bytes.len() as u64;
        bytes.into()
    }
}

async fn write(
    lake: &Lake,
    handle: &Handle,
    schema: &SchemaRef,
    files: &[FileRef],
    upload: &mut BufWriter,
) -> Result<Pen, LakeError> {
    let (time, id) = (handle.id.name.time_column(), handle.id.name.id_column());
    let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties(time, id)))?;
    let mut pen = Pen { writer, time, rows: 0, bytes: 0, range: None };
    let mut expected = 0;
    for file in files {
        let bytes = lake.root().store().get(&lake.file_path(&handle.path, &file.path)?).await?.bytes().await?;
        let (before, schema) = (pen.rows, schema.clone());
        pen = tokio::task::spawn_blocking(move || pen.copy(bytes, &schema).map(|()| pen)).await??;
        expected += file.rows.unwrap_or(pen.rows - before);
        upload.put(pen.take()).await?;
    }
    let (mut pen, footer) =
        tokio::task::spawn_blocking(move || pen.writer.finish().map(|footer| (pen, footer))).await??;
    let found = u64::try_from(footer.file_metadata().num_rows()).unwrap_or(0);
    if found != expected {
        return Err(LakeError::Merge { table: handle.path.clone(), expected, found });
    }
    upload.put(pen.take()).await?;
    Ok(pen)
}
