//! Profiles that were counted elsewhere.

use std::collections::BTreeMap;

use watchkeeper_profile::Profile;

use super::Key;
use super::follow::{ModelProfiles, profile_rows};
use super::row::{self, At};
use crate::{LakeError, Write};

/// Who commits them; the number counts the commits.
const APPLICATION: &str = "profiler:appended";

impl ModelProfiles {
    /// Adds profiles, counted over the grids that there are, to what following counts. Their events must not be in the
    /// events' table; a rebuild forgets them.
    ///
    /// # Errors
    /// [`LakeError`]; nothing is added then.
    pub async fn append(&self, counted: &BTreeMap<Key, BTreeMap<String, Profile>>) -> Result<(), LakeError> {
        let mut state = self.state.lock().await;
        self.load(&mut state).await?;
        let encode = |columns: &BTreeMap<String, Profile>| {
            columns.iter().map(|(column, profile)| (column.clone(), profile.encode())).collect()
        };
        let counted = counted.iter().map(|(key, columns)| (key.clone(), encode(columns))).collect();
        let rows = profile_rows(&counted, &state.grids, At::version(state.followed.unwrap_or(0)));
        let number = self.lake.transaction(&self.table, APPLICATION).await?.unwrap_or(0).saturating_add(1);
        let applications = vec![(APPLICATION.to_owned(), number)];
        let write = Write { batches: vec![row::batch(&rows)?], replace: Vec::new(), applications };
        self.lake.commit(&self.table, &write).await?;
        Ok(())
    }
}
