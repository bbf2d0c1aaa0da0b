//! Special functions: gamma, beta, normal, chi-squared (central and noncentral), Student, Kolmogorov, Bessel.
//!
//! Goal: 1e-10 relative in the body, 1e-6 relative in tails down to 1e-300. NaN in gives NaN out; arguments
//! outside the domain give NaN, at its border the limit. Known answers: `tests/fixtures/special.json`.

mod bessel;
mod beta;
mod chi2;
mod gamma;
mod kolmogorov;
mod noncentral_chi2;
mod normal;
mod student_t;

pub use bessel::{bessel_k_quarter, bessel_k_quarter_scaled};
pub use beta::{beta_quantile, beta_reg};
pub use chi2::{chi2_cdf, chi2_quantile, chi2_sf};
pub use gamma::{gamma_p, gamma_q, ln_gamma, poisson_term};
pub use kolmogorov::{kolmogorov_quantile, kolmogorov_sf};
pub use noncentral_chi2::{
    noncentral_chi2_cdf, noncentral_chi2_delta, noncentral_chi2_pdf, noncentral_chi2_quantile, noncentral_chi2_sf,
};
pub use normal::{erfc, normal_cdf, normal_isf, normal_pdf, normal_quantile, normal_sf};
pub use student_t::student_t_sf;
