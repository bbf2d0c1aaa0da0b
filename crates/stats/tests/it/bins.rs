//! Peers' values that depend on counts only: from the counts in the fixtures, also for the flights.

use serde_json::Value;
use watchkeeper_stats::Smoothing;
use watchkeeper_stats::drift::{
    chi2, cramers_v, fisher::fisher_exact, g_test, hellinger::hellinger, js, kl, linf::linf, proportions::z_test,
    psi::psi, tvd::tvd,
};

use crate::synthetic::Report;

type Sides<'a> = (&'a [u64], &'a [u64]);

fn integers(values: &Value) -> Vec<u64> {
    values.as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect()
}

/// KL(reference ‖ current) renormalised after filling, as `scipy.stats.entropy` does. The peers fill bins that are empty
/// on both sides too, which our `Smoothing` removes first: so filled here.
fn renormalised_kl((r, c): Sides<'_>, is_evidently: bool) -> f64 {
    let fill = |counts: &[u64]| {
        let total: u64 = counts.iter().sum();
        let least = counts.iter().copied().filter(|&count| count > 0).min().unwrap() as f64 / total as f64;
        let filling = if is_evidently && least <= 1e-4 { least / 1e6 } else { 1e-4 };
        let filled = |&count: &u64| match count as f64 / total as f64 {
            share if is_evidently && share > 0.0 => share,
            share => share.max(filling),
        };
        let shares: Vec<f64> = counts.iter().map(filled).collect();
        let sum: f64 = shares.iter().sum();
        shares.into_iter().map(|share| share / sum).collect::<Vec<f64>>()
    };
    fill(r).iter().zip(fill(c)).map(|(p, q)| p * (p / q).ln()).sum()
}

/// The distances that the oracle gives for every set of counts.
fn distances(report: &mut Report, case: &str, set: &str, sides: Sides<'_>, expect: &Value) {
    let (r, c) = sides;
    let nats = js::js_divergence(r, c).unwrap();
    let values = [
        ("psi_floor_1e-4", psi(r, c, Smoothing::Floor(1e-4)).unwrap()),
        ("psi_raw", psi(r, c, Smoothing::NONE).unwrap()),
        ("kl_ref_cur_raw_nats", kl::kl_reference_current(r, c, Smoothing::NONE).unwrap()),
        ("kl_cur_ref_raw_nats", kl::kl_current_reference(r, c, Smoothing::NONE).unwrap()),
        ("kl_ref_cur_floor_1e-4_renormalised_nats", renormalised_kl(sides, false)),
        ("js_distance_base2", js::js_distance(r, c).unwrap()),
        ("js_distance_nats", nats.sqrt()),
        ("js_divergence_bits", nats / std::f64::consts::LN_2),
        ("hellinger", hellinger(r, c).unwrap()),
        ("tvd", tvd(r, c).unwrap()),
        ("linf", linf(r, c).unwrap()),
    ];
    for (name, got) in values {
        report.check(case, &format!("scipy.{set}.{name}"), Some(got), &expect[name], 1e-9);
    }
}

/// Evidently's distances: its zero rule, natural logarithms.
fn evidently(report: &mut Report, case: &str, sides: Sides<'_>, expect: &Value) {
    let (r, c) = sides;
    let nats = js::js_divergence(r, c).unwrap();
    report.check(case, "evidently.psi", Some(psi(r, c, Smoothing::Evidently).unwrap()), &expect["psi"], 1e-9);
    report.check(case, "evidently.js", Some(nats.sqrt()), &expect["jensenshannon"], 1e-9);
    let divergence = renormalised_kl(sides, true);
    report.check(case, "evidently.kl", Some(divergence), &expect["kl_div"], 1e-9);
    report.check(case, "evidently.hellinger", Some(hellinger(r, c).unwrap()), &expect["hellinger"], 1e-9);
}

fn nannyml(report: &mut Report, case: &str, (r, c): Sides<'_>, expect: &Value) {
    report.check(case, "nannyml.js", Some(js::js_distance(r, c).unwrap()), &expect["jensen_shannon"], 1e-9);
    report.check(case, "nannyml.hellinger", Some(hellinger(r, c).unwrap()), &expect["hellinger"], 1e-9);
}

/// Cells of the oracle, outer ones open: `[e_i, e_{i+1})`.
fn count(edges: &[f64], values: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len() - 1];
    for &x in values {
        counts[edges.partition_point(|&edge| edge <= x).saturating_sub(1).min(edges.len() - 2)] += 1;
    }
    counts
}

/// The value table of both sides, one bin for each distinct value.
fn by_value(r: &[f64], c: &[f64]) -> (Vec<u64>, Vec<u64>) {
    let mut keys: Vec<f64> = [r, c].concat();
    keys.sort_by(f64::total_cmp);
    keys.dedup();
    let table =
        |values: &[f64]| keys.iter().map(|&key| values.iter().filter(|&&value| value == key).count() as u64).collect();
    (table(r), table(c))
}

fn distinct(sorted: &[f64]) -> usize {
    sorted.chunk_by(|a, b| a == b).count()
}

fn edges_of(set: &Value) -> Vec<f64> {
    set["edges"].as_array().unwrap().iter().map(|edge| edge.as_f64().unwrap()).collect()
}

/// All four binnings, Evidently on Sturges (or values), NannyML on Doane with a cell for what lies outside.
pub(crate) fn numeric(report: &mut Report, case: &str, r: &[f64], c: &[f64], expect: &Value) {
    for (set, expected) in expect["scipy"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("bins_")) {
        let counted = (integers(&expected["ref_counts"]), integers(&expected["cur_counts"]));
        if expected["edges"].is_array() {
            let edges = edges_of(expected);
            assert_eq!((count(&edges, r), count(&edges, c)), counted, "{case} {set}");
        }
        distances(report, case, set, (&counted.0, &counted.1), expected);
    }
    let (r_table, c_table) = by_value(r, c);
    let sturges = &expect["scipy"]["bins_sturges_both"];
    if distinct(r) > 20 {
        let edges = edges_of(sturges);
        evidently(report, case, (&count(&edges, r), &count(&edges, c)), &expect["evidently"]);
    } else {
        evidently(report, case, (&r_table, &c_table), &expect["evidently"]);
    }
    // NannyML bins columns with many distinct values; three cases it bins all the same.
    let many = distinct(r) > 50 || distinct(r) as f64 / r.len() as f64 > 0.1;
    if many || ["constant_ref_varied_cur", "distinct_21", "mixed_magnitude"].contains(&case) {
        let edges = edges_of(&expect["scipy"]["bins_doane_ref"]);
        let (least, greatest) = (edges[0], edges[edges.len() - 1]);
        let inside: Vec<f64> = c.iter().copied().filter(|&x| x >= least && x <= greatest).collect();
        let (mut counted_r, mut counted_c) = (count(&edges, r), count(&edges, &inside));
        counted_r.push(0);
        counted_c.push((c.len() - inside.len()) as u64);
        nannyml(report, case, (&counted_r, &counted_c), &expect["nannyml"]);
    } else {
        nannyml(report, case, (&r_table, &c_table), &expect["nannyml"]);
    }
}

/// Tables of categories: tests and distances of all three peers.
pub(crate) fn categorical(report: &mut Report, case: &str, expect: &Value) {
    let scipy = &expect["scipy"];
    if !scipy["ref_counts"].is_array() {
        return;
    }
    let (r, c) = (integers(&scipy["ref_counts"]), integers(&scipy["cur_counts"]));
    let mut test = |name: &str, key: &str, got: watchkeeper_stats::TestResult| {
        report.check(case, &format!("scipy.{name}.statistic"), Some(got.statistic), &scipy[key]["statistic"], 1e-9);
        report.check(case, &format!("scipy.{name}.pvalue"), Some(got.p_value), &scipy[key]["pvalue"], 1e-6);
    };
    test("chi2", "chi2_contingency_no_correction", chi2::chi2_test(&r, &c).unwrap());
    test("g", "g_test_no_correction", g_test::g_test(&r, &c).unwrap());
    let fit = chi2::chi2_goodness_of_fit(&r, &c).unwrap();
    test("chisquare", "chisquare_cur_vs_ref_expected", fit);
    report.check(case, "scipy.cramers_v", Some(cramers_v::cramers_v(&r, &c).unwrap()), &scipy["cramers_v"], 1e-9);
    if r.len() == 2 {
        let p = fisher_exact(r[0], r[1], c[0], c[1]);
        report.check(case, "scipy.fisher.pvalue", Some(p), &scipy["fisher_exact_two_sided"]["pvalue"], 1e-6);
        let z = z_test(r[1], r[0] + r[1], c[1], c[0] + c[1]).unwrap();
        let expected = &scipy["proportions_ztest_pooled_second_category"];
        report.check(case, "scipy.z.statistic", Some(z.z), &expected["statistic"], 1e-9);
        report.check(case, "scipy.z.pvalue", Some(z.p_value), &expected["pvalue"], 1e-6);
    }
    distances(report, case, "categories", (&r, &c), scipy);
    evidently(report, case, (&r, &c), &expect["evidently"]);
    let g = g_test::g_goodness_of_fit(&r, &c).unwrap();
    report.check(case, "evidently.chisquare", Some(fit.p_value), &expect["evidently"]["chisquare"], 1e-6);
    report.check(case, "evidently.g_test", Some(g.p_value), &expect["evidently"]["g_test"], 1e-6);
    nannyml(report, case, (&r, &c), &expect["nannyml"]);
    report.check(case, "nannyml.linf", Some(linf(&r, &c).unwrap()), &expect["nannyml"]["l_infinity"], 1e-9);
    let yates = scipy["chi2_contingency_yates"]["statistic"].as_f64();
    let plain = scipy["chi2_contingency_no_correction"]["statistic"].as_f64();
    if yates == plain {
        let statistic = chi2::chi2_test(&r, &c).unwrap().statistic;
        report.check(case, "nannyml.chi2", Some(statistic), &expect["nannyml"]["chi2"], 1e-9);
    } else {
        *report.excused.entry("nannyml.chi2: Yates's correction, which we do not apply".to_owned()).or_default() += 1;
    }
}

#[test]
fn flights_from_counts() {
    let cases: Value = serde_json::from_str(include_str!("../fixtures/drift_flights.json")).unwrap();
    let mut report = Report::default();
    for case in cases.as_array().unwrap() {
        let name = format!("{} {}", case["column"].as_str().unwrap(), case["cur"]["month_utc"].as_str().unwrap());
        let expect = &case["expect"];
        if case["kind"] == "categorical" {
            categorical(&mut report, &name, expect);
            continue;
        }
        for (set, expected) in expect["scipy"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("bins_"))
        {
            let (r, c) = (integers(&expected["ref_counts"]), integers(&expected["cur_counts"]));
            distances(&mut report, &name, set, (&r, &c), expected);
        }
    }
    println!("{} compared, {} without value, {:?}", report.ledger.compared, report.without_value, report.excused);
    report.ledger.finish();
    assert_eq!((report.ledger.compared, report.without_value), (2077, 103));
}
