//! Files of a day written as one, piece by piece, without the rows that go.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use bytes::Bytes;
use deltalake::kernel::Add;
use object_store::ObjectStoreExt;
use object_store::buffered::BufWriter;
use parquet::arrow::ArrowWriter;
use tokio::io::AsyncWriteExt;
use watchkeeper_spec::event::names::DATE;

use super::commit::{added, new_name};
use super::file::{FileRef, conform, properties, statistics_text, time_range};
use super::handle::Handle;
use super::partition::day_text;
use crate::{Lake, LakeError, Selection};

/// A row group is closed at this memory, however few its rows: a wide table has many columns open at once.
const ROW_GROUP_MEMORY: usize = 64 << 20;
/// Bytes of a part of the upload; two are under way at once.
const PART: usize = 8 << 20;

/// A file that holds the rows of others, not yet in the log.
pub(crate) struct Merged {
    pub(crate) add: Add,
    pub(crate) rows: u64,
    /// Rows that were not written.
    pub(crate) left_out: u64,
}

/// Writes the rows of `files`, all of one day, to one new file, those of `without` left out. Memory holds one batch and the
/// row group being written.
pub(crate) async fn merge(
    lake: &Lake,
    handle: &Handle,
    schema: &SchemaRef,
    files: &[FileRef],
    without: Option<&Selection>,
) -> Result<Merged, LakeError> {
    let date = day_text(files.first().and_then(|file| file.day).unwrap_or(0));
    let path = format!("{DATE}={date}/{}", new_name());
    let place = lake.file_path(&handle.path, &path)?;
    let mut upload = BufWriter::with_capacity(lake.root().store(), place.clone(), PART).with_max_concurrency(2);
    let written = match write(lake, handle, schema, files, without, &mut upload).await {
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
    Ok(Merged { add: added(path, date, written.bytes, stats), rows: written.rows, left_out: written.left_out })
}

impl Lake {
    /// Deletes a file that no log names. If it cannot be deleted now, vacuum does it a day later.
    pub(crate) async fn discard(&self, handle: &Handle, add: &Add) -> Result<(), LakeError> {
        let place = self.file_path(&handle.path, &add.path)?;
        if let Err(error) = self.root().store().delete(&place).await {
            tracing::debug!(table = handle.path, %error, "a file that is not needed stays for now");
        }
        Ok(())
    }
}

/// A Parquet file under construction.
struct Pen {
    writer: ArrowWriter<Vec<u8>>,
    time: &'static str,
    rows: u64,
    left_out: u64,
    bytes: u64,
    range: Option<(i64, i64)>,
}

impl Pen {
    fn write(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<(), LakeError> {
        let batch = conform(batch, schema)?;
        self.range = time_range(self.range, &batch, self.time);
        self.rows += batch.num_rows() as u64;
        self.writer.write(&batch)?;
        if self.writer.memory_size() > ROW_GROUP_MEMORY {
            self.writer.flush()?;
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
    without: Option<&Selection>,
    upload: &mut BufWriter,
) -> Result<Pen, LakeError> {
    let (time, id) = (handle.id.name.time_column(), handle.id.name.id_column());
    let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties(time, id, usize::MAX)))?;
    let mut pen = Pen { writer, time, rows: 0, left_out: 0, bytes: 0, range: None };
    let (mut expected, mut all) = (0, 0);
    for file in files {
        let mut rows = lake.read_file(&handle.id, file, None).await?;
        let mut read = 0;
        while let Some(batch) = rows.next().await? {
            read += batch.num_rows() as u64;
            let kept = match without {
                Some(without) => filter_record_batch(&batch, &without.rest(&batch))?,
                None => batch,
            };
            expected += kept.num_rows() as u64;
            let schema = schema.clone();
            pen = tokio::task::spawn_blocking(move || pen.write(&kept, &schema).map(|()| pen)).await??;
            let encoded = pen.take();
            if !encoded.is_empty() {
                upload.put(encoded).await?;
            }
        }
        if let Some(logged) = file.rows.filter(|logged| *logged != read) {
            return Err(LakeError::Merge { table: handle.path.clone(), expected: logged, found: read });
        }
        all += read;
    }
    let (mut pen, footer) =
        tokio::task::spawn_blocking(move || pen.writer.finish().map(|footer| (pen, footer))).await??;
    let found = u64::try_from(footer.file_metadata().num_rows()).unwrap_or(0);
    if found != expected {
        return Err(LakeError::Merge { table: handle.path.clone(), expected, found });
    }
    pen.left_out = all - expected;
    upload.put(pen.take()).await?;
    Ok(pen)
}
