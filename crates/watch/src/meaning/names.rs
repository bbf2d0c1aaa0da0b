//! Categories under other names: by what the names say, then by their shares.

use std::collections::BTreeMap;

use super::Outcome;
use super::categories::{Category, CategoryPair};
use super::change::{Change, Confidence, Evidence, Renaming, SemanticChange};
use crate::text::{number, percent};

/// Least share of rows under new names.
const MOVED: f64 = 0.02;
/// Shares of a category and its new name may differ by this, relatively, beside noise: where names speak, where not.
const DRIFT: (f64, f64) = (0.3, 0.06);
/// Share of the new names that must be told by name before the nearest share decides about the rest.
const NAMED: f64 = 0.3;
/// Renamings that a sentence and a mapping show.
const SHOWN: usize = 4;
const SHOWN_MAPPING: usize = 50;

/// A category of one side with its share.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    share: f64,
}

pub(super) fn recognise(pair: &CategoryPair<'_>) -> Outcome {
    if pair.unseen < MOVED {
        return Outcome::Nothing;
    }
    let (n, m) = (pair.rows.0 as f64, pair.rows.1 as f64);
    let named = |name: &str, share| Named { name: name.to_owned(), share };
    let appeared: Vec<Named> = pair
        .categories
        .iter()
        .filter(|c| c.reference == 0.0 && c.current > 0.0)
        .map(|c| named(&c.name, c.current / m))
        .collect();
    let is_gone = |c: &&Category| c.reference > 0.0 && c.current / m <= 0.05 * c.reference / n;
    let vanished: Vec<Named> =
        pair.categories.iter().filter(is_gone).map(|c| named(&c.name, c.reference / n)).collect();
    let known: Vec<Named> =
        pair.categories.iter().filter(|c| c.reference > 0.0).map(|c| named(&c.name, c.reference / n)).collect();
    let mut matching = Matching { pair, left: appeared, free: vanished, pairs: Vec::new(), ambiguous: false };
    matching.by_spelling(&known);
    matching.by_affix();
    matching.by_abbreviation();
    matching.by_share();
    matching.by_nearest_share();
    let Matching { pairs, ambiguous, .. } = matching;
    judge(pair, pairs, ambiguous)
}

/// Renamings found so far.
struct Matching<'p, 'a> {
    pair: &'p CategoryPair<'a>,
    /// New names without a counterpart.
    left: Vec<Named>,
    /// Vanished names without a counterpart.
    free: Vec<Named>,
    pairs: Vec<Renaming>,
    ambiguous: bool,
}

impl Matching<'_, '_> {
    /// Where many names speak, the rest was renamed too: the nearest share decides, as well as it can.
    fn by_nearest_share(&mut self) {
        let named: f64 = self.pairs.iter().filter(|r| r.by_name).map(|r| r.current).sum();
        if named < NAMED * self.pair.unseen {
            return;
        }
        loop {
            let candidates = self.free.iter().flat_map(|old| self.left.iter().map(move |new| (old, new)));
            let fits = candidates.filter(|(old, new)| self.is_like(old, new, DRIFT.0));
            let gap = |old: &Named, new: &Named| (old.share - new.share).abs();
            let nearest = fits.min_by(|a, b| {
                gap(a.0, a.1).total_cmp(&gap(b.0, b.1)).then(a.0.name.cmp(&b.0.name)).then(a.1.name.cmp(&b.1.name))
            });
            let Some((old, new)) = nearest.map(|(old, new)| (old.clone(), new.clone())) else { break };
            self.take(&old, &new, false);
        }
    }

    fn take(&mut self, from: &Named, to: &Named, by_name: bool) {
        self.left.retain(|c| c.name != to.name);
        self.free.retain(|c| c.name != from.name);
        let (reference, current) = (from.share, to.share);
        self.pairs.push(Renaming { from: from.name.clone(), to: to.name.clone(), reference, current, by_name });
    }

    fn is_like(&self, from: &Named, to: &Named, drift: f64) -> bool {
        (from.share - to.share).abs() <= 3.0 * self.pair.error(from.share) + drift * from.share.max(to.share)
    }

    /// The same letters and digits, whatever the case, the spaces and the punctuation; `1.0` is `1`; `yes` is `true`.
    fn by_spelling(&mut self, known: &[Named]) {
        let mut keys: BTreeMap<String, Option<&Named>> = BTreeMap::new();
        for category in known {
            // Two categories of one spelling: nobody knows which one a third becomes.
            keys.entry(spelling(&category.name)).and_modify(|slot| *slot = None).or_insert(Some(category));
        }
        for new in self.left.clone() {
            if let Some(Some(old)) = keys.get(&spelling(&new.name)) {
                self.take(old, &new, true);
            }
        }
    }

    /// One prefix or suffix, added to or taken from most names.
    fn by_affix(&mut self) {
        let mut votes: BTreeMap<(bool, bool, String), Vec<(Named, Named)>> = BTreeMap::new();
        for (old, new) in self.free.iter().flat_map(|old| self.left.iter().map(move |new| (old, new))) {
            for (longer, shorter, added) in [(new, old, true), (old, new, false)] {
                let parts = [
                    (true, longer.name.strip_suffix(shorter.name.as_str())),
                    (false, longer.name.strip_prefix(shorter.name.as_str())),
                ];
                for (is_prefix, affix) in parts {
                    if let Some(affix) = affix.filter(|affix| !affix.is_empty() && !shorter.name.is_empty()) {
                        votes.entry((added, is_prefix, affix.to_owned())).or_default().push((old.clone(), new.clone()));
                    }
                }
            }
        }
        let best = votes.into_values().max_by_key(Vec::len);
        if let Some(pairs) = best.filter(|pairs| pairs.len() >= 2 && 2 * pairs.len() >= self.left.len()) {
            pairs.iter().for_each(|(old, new)| self.take(old, new, true));
        }
    }

    /// `AA` and `American Airlines`: the letters of one in the other in order, from the first on, with like shares.
    fn by_abbreviation(&mut self) {
        loop {
            let fits = |old: &Named, new: &Named| {
                (abbreviates(&old.name, &new.name) || abbreviates(&new.name, &old.name))
                    && self.is_like(old, new, DRIFT.0)
            };
            let only = self.free.iter().find_map(|old| {
                let new = sole(self.left.iter().filter(|new| fits(old, new)))?;
                sole(self.free.iter().filter(|old| fits(old, new)))?;
                Some((old.clone(), new.clone()))
            });
            let Some((old, new)) = only else { break };
            self.take(&old, &new, true);
        }
    }

    /// Like shares, where only one counterpart has them.
    fn by_share(&mut self) {
        loop {
            let fits = |old: &Named, new: &Named| self.is_like(old, new, DRIFT.1);
            let large = |c: &&Named| c.share >= 0.5 * MOVED;
            let only = self.free.iter().filter(large).find_map(|old| {
                let new = sole(self.left.iter().filter(|new| fits(old, new)))?;
                sole(self.free.iter().filter(|old| fits(old, new)))?;
                Some((old.clone(), new.clone()))
            });
            let Some((old, new)) = only else {
                self.ambiguous = self.free.iter().filter(large).any(|old| self.left.iter().any(|new| fits(old, new)));
                break;
            };
            self.take(&old, &new, false);
        }
    }
}

/// The only element, if there is exactly one.
fn sole<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

fn spelling(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    match lower.as_str() {
        "yes" | "y" | "t" | "1" | "1.0" | "true" | "on" => return "true".to_owned(),
        "no" | "n" | "f" | "0" | "0.0" | "false" | "off" => return "false".to_owned(),
        _ => {}
    }
    if let Some(number) = lower.parse::<f64>().ok().filter(|x| x.is_finite()) {
        return format!("{number}");
    }
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() { lower } else { letters }
}

/// Whether `short`, of 2 to 6 letters or digits, stands for the longer `long`.
fn abbreviates(short: &str, long: &str) -> bool {
    let letters = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>();
    let (short, long) = (letters(short), letters(long));
    if !(2..=6).contains(&short.len()) || long.len() < 2 * short.len() || short.first() != long.first() {
        return false;
    }
    let mut rest = long.iter();
    short.iter().all(|letter| rest.any(|other| other == letter))
}

fn judge(pair: &CategoryPair<'_>, mut pairs: Vec<Renaming>, ambiguous: bool) -> Outcome {
    let moved: f64 = pairs.iter().map(|r| r.current).sum();
    let after = distance_after(pair, &pairs);
    let by_name: f64 = pairs.iter().filter(|r| r.by_name).map(|r| r.current).sum();
    // By shares alone a lost category and a new one of the same size are the same picture: it must fit well.
    let most = if by_name >= 0.5 * moved { 0.4 } else { 0.25 };
    let fits = after <= pair.noise.max(most * pair.before) && after <= 0.6 * pair.before;
    if moved < MOVED || moved < 0.7 * named_unseen(pair) || !fits {
        let reason = format!(
            "{} of values have new names while others vanished, but which became which cannot be told from their shares",
            percent(pair.unseen)
        );
        return if ambiguous { Outcome::Undecided(reason) } else { Outcome::Nothing };
    }
    pairs.sort_by(|a, b| b.reference.total_cmp(&a.reference).then(a.from.cmp(&b.from)).then(a.to.cmp(&b.to)));
    let confidence = if by_name >= 0.8 * moved { Confidence::High } else { Confidence::Medium };
    let listed = |limit: usize, arrow: fn(&Renaming) -> String| {
        let shown: Vec<String> = pairs.iter().take(limit).map(arrow).collect();
        let more = pairs.len().saturating_sub(limit);
        if more > 0 { format!("{}, and {more} more", shown.join(", ")) } else { shown.join(", ") }
    };
    let sentence = format!(
        "{} of `{}` renamed: {}; undoing it takes the distance to the reference from {} to {}{}",
        if pairs.len() == 1 { "a category".to_owned() } else { format!("{} categories", pairs.len()) },
        pair.name,
        listed(SHOWN, |r| format!("`{}` is now `{}`", r.from, r.to)),
        number(pair.before),
        number(after),
        if by_name >= 0.5 * moved { "" } else { "; matched by their shares alone" }
    );
    Outcome::Found(SemanticChange {
        columns: vec![pair.name.to_owned()],
        mapping: listed(SHOWN_MAPPING, |r| format!("`{}` → `{}`", r.to, r.from)),
        change: Change::Renamed { pairs },
        evidence: Evidence::Categories,
        before: pair.before,
        after,
        confidence,
        sentence,
    })
}

/// Share of current rows under new names that are remembered; a profile remembers 64.
fn named_unseen(pair: &CategoryPair<'_>) -> f64 {
    pair.categories.iter().filter(|c| c.reference == 0.0).map(|c| c.current / pair.rows.1 as f64).sum()
}

/// Total variation with the new names counted under the old ones.
fn distance_after(pair: &CategoryPair<'_>, pairs: &[Renaming]) -> f64 {
    let (n, m) = (pair.rows.0 as f64, pair.rows.1 as f64);
    let old: BTreeMap<&str, &str> = pairs.iter().map(|r| (r.to.as_str(), r.from.as_str())).collect();
    let mut shares: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for category in &pair.categories {
        let name = old.get(category.name.as_str()).copied().unwrap_or(category.name.as_str());
        let slot = shares.entry(name).or_default();
        *slot = (slot.0 + category.reference / n, slot.1 + category.current / m);
    }
    // New names beyond those remembered stand against the vanished ones that found no partner.
    let unnamed = (pair.unseen - named_unseen(pair)).max(0.0);
    let mut spare = unnamed;
    let mut named = 0.0;
    for (p, q) in shares.values() {
        let covered = if *q == 0.0 { spare.min(*p) } else { 0.0 };
        spare -= covered;
        named += (p - covered - q).abs();
    }
    let rest = |side: fn(&(f64, f64)) -> f64| (1.0 - shares.values().map(side).sum::<f64>()).max(0.0);
    0.5 * (named + (rest(|s| s.0) - (rest(|s| s.1) - unnamed + spare)).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_abbreviations() {
        for (a, b) in [(" New York", "new-york"), ("1", "1.0"), ("Yes", "true"), ("LGA", "lga"), ("01", "1.00")] {
            assert_eq!(spelling(a), spelling(b), "{a} {b}");
        }
        assert_ne!(spelling("+"), spelling("-"));
        for (short, long) in [("AA", "American Airlines"), ("UA", "United Air Lines"), ("NYC", "New York City")] {
            assert!(abbreviates(short, long), "{short}");
        }
        assert!(!abbreviates("DL", "United Air Lines"));
        assert!(!abbreviates("A", "American"));
        assert!(!abbreviates("AMER", "AMR"));
    }
}
