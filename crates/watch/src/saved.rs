//! How values of other crates are saved: as the texts that read back.

pub(crate) mod matchers {
    //! Matchers as `model="credit"`.

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use watchkeeper_spec::Matcher;

    pub(crate) fn serialize<S: Serializer>(matchers: &[Matcher], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(matchers.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Matcher>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
    }
}

pub(crate) mod cron {
    //! A recurring time as its five fields.

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use watchkeeper_spec::Cron;

    pub(crate) fn serialize<S: Serializer>(cron: &Cron, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(cron)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cron, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
