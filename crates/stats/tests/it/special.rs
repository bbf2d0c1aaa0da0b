//! Special functions against `fixtures/special.json` (mpmath with 50 digits, SciPy 1.17.1).

use crate::close::{Ledger, number};
use watchkeeper_stats::special as sp;

type Function = fn(&[f64]) -> f64;

#[test]
fn known_answers() {
    let tables: serde_json::Value = serde_json::from_str(include_str!("../fixtures/special.json")).unwrap();
    let functions: [(&str, Function, f64); 12] = [
        ("gamma_q", |v| sp::gamma_q(v[0], v[1]), 1e-11),
        ("gamma_p", |v| sp::gamma_p(v[0], v[1]), 1e-11),
        ("beta_reg", |v| sp::beta_reg(v[0], v[1], v[2]), 1e-10),
        ("beta_quantile", |v| sp::beta_quantile(v[0], v[1], v[2]), 1e-10),
        ("normal_sf", |v| sp::normal_sf(v[0]), 1e-12),
        ("normal_quantile", |v| sp::normal_quantile(v[0]), 1e-12),
        ("chi2_quantile", |v| sp::chi2_quantile(v[0], v[1]), 1e-11),
        ("noncentral_chi2_cdf", |v| sp::noncentral_chi2_cdf(v[0], v[1], v[2]), 1e-10),
        ("noncentral_chi2_sf", |v| sp::noncentral_chi2_sf(v[0], v[1], v[2]), 1e-10),
        ("student_t_sf", |v| sp::student_t_sf(v[0], v[1]), 1e-10),
        ("kolmogorov_sf", |v| sp::kolmogorov_sf(v[0]), 1e-11),
        ("bessel_k_quarter_scaled", |v| sp::bessel_k_quarter_scaled(v[0]), 1e-12),
    ];
    let mut ledger = Ledger::default();
    for (name, function, tolerance) in functions {
        for row in tables[name].as_array().unwrap() {
            let row: Vec<f64> = row.as_array().unwrap().iter().map(|value| number(value).unwrap()).collect();
            let (expected, arguments) = row.split_last().unwrap();
            ledger.strictly_relative(&format!("{name}{arguments:?}"), function(arguments), *expected, tolerance);
        }
    }
    ledger.finish();
    assert_eq!(ledger.compared, 115);
}
