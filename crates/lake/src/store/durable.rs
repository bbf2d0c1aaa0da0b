//! Local files that are on the disk when a write returns.
//!
//! object_store 0.13 writes local files without syncing them, so a power cut could take a commit that was acknowledged, or
//! leave an empty log entry. Here a file is written beside its place, synced, moved into place, and its folder synced.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path as FsPath, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};

const STORE: &str = "local files";
static STAGED: AtomicU64 = AtomicU64::new(0);

/// [`LocalFileSystem`] whose writes are synced.
#[derive(Debug, Default)]
pub(super) struct DurableFiles {
    files: LocalFileSystem,
}

impl fmt::Display for DurableFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("durable local files")
    }
}

#[async_trait]
impl ObjectStore for DurableFiles {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Overwrite => false,
            PutMode::Create => true,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "conditional update".into(),
                    implementer: STORE.into(),
                });
            }
        };
        let place = self.files.path_to_filesystem(location)?;
        let name = location.to_string();
        blocking(move || put(&place, &payload, create).map_err(|e| explain(e, &name))).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.files.put_multipart_opts(location, options).await?;
        Ok(Box::new(SyncedUpload { inner, place: self.files.path_to_filesystem(location)? }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await?;
        let place = self.files.path_to_filesystem(to)?;
        blocking(move || sync(&place).map_err(|e| explain(e, &place.to_string_lossy()))).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.files.rename_opts(from, to, options).await?;
        let place = self.files.path_to_filesystem(to)?;
        blocking(move || sync(&place).map_err(|e| explain(e, &place.to_string_lossy()))).await
    }
}

#[derive(Debug)]
struct SyncedUpload {
    inner: Box<dyn MultipartUpload>,
    place: PathBuf,
}

#[async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.inner.complete().await?;
        let place = self.place.clone();
        blocking(move || sync(&place).map_err(|e| explain(e, &place.to_string_lossy()))).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::JoinError { source: e })?
}

fn explain(error: io::Error, path: &str) -> Error {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: error.into() },
        io::ErrorKind::NotFound => Error::NotFound { path, source: error.into() },
        io::ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: error.into() },
        _ => Error::Generic { store: STORE, source: error.into() },
    }
}

fn put(place: &FsPath, payload: &PutPayload, create: bool) -> io::Result<()> {
    // Listings skip names that end with `#` and digits.
    let mut staged = place.as_os_str().to_owned();
    let number = u64::from(std::process::id()) << 32 | STAGED.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff;
    staged.push(format!("#{number}"));
    let staged = PathBuf::from(staged);
    let written = write(&staged, payload)
        .and_then(|()| if create { fs::hard_link(&staged, place) } else { fs::rename(&staged, place) });
    if create || written.is_err() {
        // When the write failed the staged file may not be there; what counts is the first error.
        let _ = fs::remove_file(&staged);
    }
    written?;
    sync_folder(place)
}

fn write(staged: &FsPath, payload: &PutPayload) -> io::Result<()> {
    let mut file = match File::create_new(staged) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_folders(staged)?;
            File::create_new(staged)?
        }
        opened => opened?,
    };
    for part in payload {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Creates the folders above `path` and syncs each one that holds a new one.
fn create_folders(path: &FsPath) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut missing = Vec::new();
    let mut at = Some(folder);
    while let Some(here) = at.filter(|here| !here.exists()) {
        missing.push(here.to_owned());
        at = here.parent();
    }
    fs::create_dir_all(folder)?;
    missing.iter().try_for_each(|new| sync_folder(new))
}

fn sync(place: &FsPath) -> io::Result<()> {
    File::open(place)?.sync_all()?;
    sync_folder(place)
}

fn sync_folder(place: &FsPath) -> io::Result<()> {
    place.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
mod tests {
    use super::*;
    use object_store::ObjectStoreExt;

    fn at(folder: &FsPath, name: &str) -> Path {
        Path::from_absolute_path(folder.join(name)).unwrap()
    }

    #[tokio::test]
    async fn creates_once_overwrites_and_leaves_nothing_staged() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableFiles::default();
        let place = at(folder.path(), "a/b/c.json");
        let create = || PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.put_opts(&place, "one".into(), create()).await.unwrap();
        let again = store.put_opts(&place, "two".into(), create()).await.unwrap_err();
        assert!(matches!(again, Error::AlreadyExists { .. }), "{again}");
        assert_eq!(store.get(&place).await.unwrap().bytes().await.unwrap(), "one");
        store.put(&place, "three".into()).await.unwrap();
        assert_eq!(store.get(&place).await.unwrap().bytes().await.unwrap(), "three");
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn one_of_many_creators_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = std::sync::Arc::new(DurableFiles::default());
        let place = at(folder.path(), "0.json");
        let tries = (0..16).map(|i| {
            let (store, place) = (store.clone(), place.clone());
            tokio::spawn(async move {
                let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
                store.put_opts(&place, format!("{i}").into(), options).await.is_ok()
            })
        });
        let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
        assert_eq!(won, 1);
    }
}
