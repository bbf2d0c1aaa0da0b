//! Parts of PromQL: matchers with escaped values.

/// `{a="x",b="y"}`.
pub(super) fn selector(labels: &[(&str, &str)]) -> String {
    let matchers: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    format!("{{{}}}", matchers.join(","))
}

/// The inside of a quoted text.
pub(super) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::selector;

    #[test]
    fn values_stay_values() {
        assert_eq!(
            selector(&[("a", "x\"} or vector(1) #"), ("b", "\\\n")]),
            "{a=\"x\\\"} or vector(1) #\",b=\"\\\\\\n\"}"
        );
    }
}
