//! How long incidents take, when some of them are not over yet.

/// How long something took, or has taken so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Observed {
    /// How long, µs.
    pub length: i64,
    /// Whether it is over.
    pub over: bool,
}

/// Survival after each length at which something ended, shortest first: `(length in µs, share that takes longer)`.
///
/// The product-limit estimate `Π (1 − ended/at risk)`: what goes on counts as at risk up to its length, and at a tie ends
/// come before what goes on. Empty where nothing is over.
///
/// Source: Kaplan & Meier 1958, <https://doi.org/10.1080/01621459.1958.10501452>.
#[must_use]
pub fn kaplan_meier(observed: &[Observed]) -> Vec<(i64, f64)> {
    let mut sorted = observed.to_vec();
    sorted.sort_unstable_by_key(|one| (one.length, !one.over));
    let mut curve: Vec<(i64, f64)> = Vec::new();
    let mut at_risk = sorted.len();
    let mut survival = 1.0;
    for group in sorted.chunk_by(|a, b| a.length == b.length) {
        let ended = group.iter().filter(|one| one.over).count();
        if ended > 0 {
            survival *= 1.0 - ended as f64 / at_risk as f64;
            curve.extend(group.first().map(|one| (one.length, survival)));
        }
        at_risk -= group.len();
    }
    curve
}

/// The least length, µs, that a share of at least `p` does not exceed; `None` while too many go on to say.
#[must_use]
pub fn quantile(observed: &[Observed], p: f64) -> Option<i64> {
    // Rounding of the product must not move a quantile to the next length.
    kaplan_meier(observed).into_iter().find(|(_, survival)| *survival <= 1.0 - p + 1e-12).map(|(length, _)| length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(i64, bool)]) -> Vec<Observed> {
        pairs.iter().map(|&(length, over)| Observed { length, over }).collect()
    }

    /// Remission of 21 patients under 6-MP (Freireich 1963), the textbook example: S(6) = 0.857, S(10) = 0.753,
    /// S(23) = 0.448, median 23.
    #[test]
    fn the_textbook_example() {
        let over = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|length| (length, true));
        let open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|length| (length, false));
        let observed = of(&[over.as_slice(), open.as_slice()].concat());
        let curve = kaplan_meier(&observed);
        let expected = [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)];
        assert_eq!(curve.len(), expected.len());
        for ((length, survival), (at, value)) in curve.into_iter().zip(expected) {
            assert!(length == at && (survival - value).abs() < 5e-4, "{length}: {survival}");
        }
        assert_eq!(quantile(&observed, 0.5), Some(23));
        assert_eq!(quantile(&observed, 0.9), None);
    }

    #[test]
    fn without_open_ones_it_is_the_ordinary_quantile() {
        let observed = of(&[(4, true), (1, true), (3, true), (2, true), (5, true)]);
        assert_eq!((quantile(&observed, 0.5), quantile(&observed, 0.9)), (Some(3), Some(5)));
        assert_eq!(quantile(&of(&[(4, false)]), 0.5), None);
        assert!(kaplan_meier(&[]).is_empty());
    }
}
