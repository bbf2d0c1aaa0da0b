//! Real flights against what SciPy and NumPy computed on the same rows (`crates/stats/tests/fixtures/README.md`).

use serde_json::Value;

use crate::support::{Dir, measurement, root, value};

const MONTHS: [&str; 5] = ["2013-03", "2013-05", "2013-07", "2013-09", "2013-11"];
const COLUMNS: &str = "temp,dewp,wind_speed,wind_gust,precip,sched_dep_time,distance,score,carrier,dest,origin";

struct Month {
    name: &'static str,
    exact: Value,
    binned: Value,
}

fn months(folder: &Dir) -> Vec<Month> {
    std::os::unix::fs::symlink(root().join("examples/flights"), folder.path().join("flights")).unwrap();
    MONTHS
        .map(|name| {
            let check = |rows: &str| {
                let more = format!("--metrics all --exact-rows {rows} --columns {COLUMNS}");
                folder.check("flights/reference", &format!("flights/current/{name}.parquet"), &more).json()
            };
            Month { name, exact: check("all"), binned: check("1000") }
        })
        .into()
}

fn near(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: the peer has no number"));
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1e-12), "{what}: {found} is not {expected}");
}

fn numeric(month: &Month, column: &str, scipy: &Value) -> usize {
    let get = |metric| value(&month.exact, column, metric);
    let what = |metric: &str| format!("{column} {} {metric}", month.name);
    let rows = (scipy["n_ref"].as_f64().unwrap(), scipy["n_cur"].as_f64().unwrap());
    near(get("ks"), &scipy["ks_asymp"]["statistic"], 1e-9, &what("ks"));
    near(get("wasserstein"), &scipy["wasserstein"], 1e-9, &what("wasserstein"));
    near(get("energy"), &scipy["energy_distance"], 1e-9, &what("energy"));
    near(get("cramer_von_mises"), &scipy["cramervonmises_asymp"]["statistic"], 1e-9, &what("cramer_von_mises"));
    near(get("anderson_darling"), &scipy["anderson_ksamp_midrank"]["statistic"], 1e-9, &what("anderson_darling"));
    // SciPy's U is of the reference; it divides the standard deviation by n where ours divides by n - 1.
    let u = &scipy["mannwhitneyu_two_sided_asymp_continuity"]["statistic"];
    near((1.0 - get("mann_whitney_auc")) * rows.0 * rows.1, u, 1e-9, &what("mann_whitney_auc"));
    let correction = (rows.0 / (rows.0 - 1.0)).sqrt();
    let normalised = &scipy["wasserstein_over_ref_std_ddof0"];
    near(get("wasserstein_normalized") * correction, normalised, 1e-9, &what("wasserstein_normalized"));
    for metric in ["ks", "wasserstein", "energy", "mann_whitney_auc"] {
        let (exact, row) = (get(metric), measurement(&month.binned, column, metric));
        assert_eq!(row["exactness"], "bounded", "{row:#}");
        let (lo, hi) = (row["lo"].as_f64().unwrap(), row["hi"].as_f64().unwrap());
        let slack = 1e-9 * exact.abs().max(1e-9);
        assert!(lo - slack <= exact && exact <= hi + slack, "{}: {exact} not in [{lo}, {hi}]", what(metric));
    }
    11
}

/// The share metrics, where NumPy's deciles give the same ten bins as ours: without ties at the decile edges.
fn deciles(month: &Month, column: &str, bins: &Value) -> usize {
    let same = [("js_distance", "js_distance_base2"), ("hellinger", "hellinger"), ("tvd", "tvd"), ("linf", "linf")];
    for (ours, theirs) in same {
        near(value(&month.exact, column, ours), &bins[theirs], 1e-9, &format!("{column} {} {ours}", month.name));
    }
    same.len()
}

fn categorical(month: &Month, column: &str, scipy: &Value) -> usize {
    let what = |metric: &str| format!("{column} {} {metric}", month.name);
    let get = |metric| value(&month.exact, column, metric);
    near(get("tvd"), &scipy["tvd"], 1e-9, &what("tvd"));
    near(get("chi2"), &scipy["chi2_contingency_no_correction"]["statistic"], 1e-9, &what("chi2"));
    near(get("g_test"), &scipy["g_test_no_correction"]["statistic"], 1e-9, &what("g_test"));
    near(get("cramers_v"), &scipy["cramers_v"], 1e-9, &what("cramers_v"));
    4
}

#[test]
fn values_are_those_of_scipy() {
    let fixtures = root().join("crates/stats/tests/fixtures/drift_flights.json");
    let records: Value = serde_json::from_str(&std::fs::read_to_string(fixtures).unwrap()).unwrap();
    let folder = Dir::new("flights");
    let months = months(&folder);
    let mut compared = 0;
    for record in records.as_array().unwrap() {
        let month = months.iter().find(|month| record["cur"]["month_utc"] == month.name).unwrap();
        let (column, scipy) = (record["column"].as_str().unwrap(), &record["expect"]["scipy"]);
        compared += if record["kind"] == "numeric" {
            // These have no ties at their deciles, so both ways to place edges agree.
            let bins = &scipy["bins_ref_deciles_right_closed"];
            let decile = if matches!(column, "temp" | "score") { deciles(month, column, bins) } else { 0 };
            decile + numeric(month, column, scipy)
        } else {
            categorical(month, column, scipy)
        };
    }
    assert_eq!(compared, 40 * 11 + 10 * 4 + 15 * 4);
}

#[test]
fn reference_against_itself_is_quiet() {
    let folder = Dir::new("flights-quiet");
    std::os::unix::fs::symlink(root().join("examples/flights"), folder.path().join("flights")).unwrap();
    let result = folder.check("flights/reference", "flights/reference", "").code(0).json();
    assert_eq!(result["verdict"], "ok");
    assert_eq!(result["findings"].as_array().unwrap().len(), 0);
}
