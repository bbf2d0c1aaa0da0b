//! The rows of one file, piece by piece.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{DynObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::file::plain_batch;
use super::{FileRef, Lake, TableId};
use crate::LakeError;

/// Rows of a piece: a wide table has many columns.
const BATCH_ROWS: usize = 1 << 13;
/// A file of at most so many bytes is fetched whole: one request instead of several.
const SMALL: u64 = 1 << 20;
/// The end of a larger file, which holds what describes it, is fetched with so many bytes at first.
const FOOTER: usize = 64 << 10;

/// The rows of a file in order. Memory holds the compressed columns of one row group and one batch of rows.
pub struct FileRows(ParquetRecordBatchStream<StoredFile>);

/// A file of a store, read by ranges.
struct StoredFile {
    store: Arc<DynObjectStore>,
    path: Path,
    bytes: u64,
    whole: Option<Bytes>,
}

impl StoredFile {
    async fn open(store: Arc<DynObjectStore>, path: Path, bytes: u64) -> Result<Self, object_store::Error> {
        // The log does not tell the size of every file that went.
        let bytes = if bytes > 0 { bytes } else { store.head(&path).await?.size };
        let whole = if bytes <= SMALL { Some(store.get(&path).await?.bytes().await?) } else { None };
        Ok(Self { store, path, bytes, whole })
    }

    fn part(whole: &Bytes, range: &Range<u64>) -> ParquetResult<Bytes> {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        let (start, end) = (at(range.start), at(range.end));
        if start > end || end > whole.len() {
            return Err(ParquetError::EOF(format!("bytes {start}..{end} of a file of {}", whole.len())));
        }
        Ok(whole.slice(start..end))
    }
}

impl AsyncFileReader for StoredFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            match &self.whole {
                Some(whole) => Self::part(whole, &range),
                None => Ok(self.store.get_range(&self.path, range).await?),
            }
        }
        .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move {
            match &self.whole {
                Some(whole) => ranges.iter().map(|range| Self::part(whole, range)).collect(),
                None => Ok(self.store.get_ranges(&self.path, &ranges).await?),
            }
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let reader = ParquetMetaDataReader::new()
                .with_metadata_options(options.map(|options| options.metadata_options().clone()))
                .with_prefetch_hint(Some(FOOTER));
            let bytes = self.bytes;
            Ok(Arc::new(reader.load_and_finish(self, bytes).await?))
        }
        .boxed()
    }
}

impl std::fmt::Debug for FileRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FileRows").finish_non_exhaustive()
    }
}

impl FileRows {
    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// [`LakeError`] when the store does not answer or the file is damaged.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, LakeError> {
        match self.0.next().await {
            Some(batch) => Ok(Some(plain_batch(&batch.map_err(of_store)?)?)),
            None => Ok(None),
        }
    }

    /// All rows at once: for files that are known to be small.
    ///
    /// # Errors
    /// As [`FileRows::next`].
    pub async fn all(self) -> Result<Vec<RecordBatch>, LakeError> {
        self.0.map(|batch| plain_batch(&batch.map_err(of_store)?)).try_collect().await
    }
}

impl Lake {
    /// Reads a file of a table, in those of `columns` (all when `None`) that it has.
    ///
    /// # Errors
    /// [`LakeError::Store`] when the file is gone or the store does not answer.
    pub async fn read_file(
        &self,
        id: &TableId,
        file: &FileRef,
        columns: Option<&[&str]>,
    ) -> Result<FileRows, LakeError> {
        let place = self.file_path(&id.to_string(), &file.path)?;
        let reader = StoredFile::open(self.root().store(), place, file.bytes).await?;
        let mut builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(of_store)?;
        if let Some(columns) = columns {
            let fields = builder.schema().fields().iter().enumerate();
            let present = fields.filter(|(_, field)| columns.contains(&field.name().as_str())).map(|(index, _)| index);
            let mask = ProjectionMask::roots(builder.parquet_schema(), present.collect::<Vec<_>>());
            builder = builder.with_projection(mask);
        }
        Ok(FileRows(builder.with_batch_size(BATCH_ROWS).build().map_err(of_store)?))
    }
}

impl Lake {
    /// What describes a file: its end only, however small it is.
    pub(super) async fn footer(&self, id: &TableId, file: &FileRef) -> Result<Arc<ParquetMetaData>, LakeError> {
        let (store, path) = (self.root().store(), self.file_path(&id.to_string(), &file.path)?);
        let mut stored = StoredFile { store, path, bytes: file.bytes, whole: None };
        stored.get_metadata(None).await.map_err(of_store)
    }
}

/// An error of the store comes wrapped in one of the format.
fn of_store(error: ParquetError) -> LakeError {
    match error {
        ParquetError::External(source) => match source.downcast::<object_store::Error>() {
            Ok(error) => LakeError::Store(*error),
            Err(source) => LakeError::Parquet(ParquetError::External(source)),
        },
        error => LakeError::Parquet(error),
    }
}
