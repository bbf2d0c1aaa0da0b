//! Which tables there are and what they take.

use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;

use crate::{Lake, LakeError, TableId, TableSize};

/// Tables opened at once.
const AT_ONCE: usize = 4;

impl Lake {
    /// All tables of the lake and what they take, the largest first. Folders that are no table are passed over.
    ///
    /// # Errors
    /// [`LakeError`] when the store or a log cannot be read.
    pub async fn report(&self) -> Result<Vec<(TableId, TableSize)>, LakeError> {
        let mut ids = Vec::new();
        for tenant in self.folders(&[]).await? {
            for name in self.folders(&[&tenant]).await? {
                ids.extend(TableId::parse(&format!("{tenant}/{name}")));
            }
            for model in self.folders(&[&tenant, "models"]).await? {
                for name in self.folders(&[&tenant, "models", &model]).await? {
                    ids.extend(TableId::parse(&format!("{tenant}/models/{model}/{name}")));
                }
            }
        }
        let sizes = stream::iter(ids).map(|id| async move { Ok::<_, LakeError>((self.size(&id).await?, id)) });
        let sizes: Vec<_> = sizes.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut tables: Vec<_> = sizes.into_iter().filter_map(|(size, id)| Some((id, size?))).collect();
        tables.sort_by(|(a, x), (b, y)| y.bytes.cmp(&x.bytes).then_with(|| a.cmp(b)));
        Ok(tables)
    }

    /// Names of the folders right below a folder of the lake, none when it is not there.
    async fn folders(&self, below: &[&str]) -> Result<Vec<String>, LakeError> {
        let prefix = self.root().prefix()?;
        let prefix: Path = prefix.parts().chain(below.iter().map(|&name| name.into())).collect();
        let found = match self.root().store().list_with_delimiter(Some(&prefix)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
            found => found?,
        };
        Ok(found.common_prefixes.iter().filter_map(|path| Some(path.filename()?.to_owned())).collect())
    }
}
