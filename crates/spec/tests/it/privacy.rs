//! Privacy actions: spellings, options, refusals.

use watchkeeper_spec::{Generalise, Privacy, TimeStep};

use crate::support::{check_spec, ok, with_spec};

#[track_caller]
fn reads(text: &str, expect: Option<Privacy>) {
    let model = ok(&with_spec(&format!("task: other\ncolumns: [{{name: a, role: feature, privacy: {text}}}]")));
    assert_eq!(model.columns[0].privacy, expect, "{text}");
}

#[test]
fn actions() {
    reads("~", None);
    reads("keep", Some(Privacy::Keep));
    reads("drop", Some(Privacy::Drop));
    reads("profile_only", Some(Privacy::ProfileOnly));
    reads("hash", Some(Privacy::Hash { domain: None }));
    reads("{hash: {}}", Some(Privacy::Hash { domain: None }));
    reads("{hash: {domain: customer}}", Some(Privacy::Hash { domain: Some("customer".to_owned()) }));
    reads("mask", Some(Privacy::Mask { last: 0 }));
    reads("{mask: {last: 4}}", Some(Privacy::Mask { last: 4 }));
    let generalise = |way| Some(Privacy::Generalise(way));
    reads("{generalise: {width: 10}}", generalise(Generalise::Number { width: Some(10.0), cap: None }));
    reads("{generalise: {width: 10, cap: 89}}", generalise(Generalise::Number { width: Some(10.0), cap: Some(89.0) }));
    reads("{generalise: {time: month}}", generalise(Generalise::Time { step: TimeStep::Month }));
    reads("{generalise: {prefix: 3}}", generalise(Generalise::Text { prefix: 3 }));
}

#[test]
fn refusals() {
    check_spec(
        "
task: other
columns:
  - {name: a, role: feature, privacy: pseudonymise}
  - {name: b, role: feature, privacy: generalise}
  - {name: c, role: feature, privacy: {hash: {}, mask: {}}}
  - {name: d, role: feature, privacy: {}}
  - {name: e, role: feature, privacy: 3}
  - {name: f, role: feature, privacy: {generalise: {width: 0}}}
  - {name: g, role: feature, privacy: {generalise: {width: 1, prefix: 2}}}
  - {name: h, role: feature, privacy: {generalise: {prefix: 0}}}
  - {name: i, role: feature, privacy: {mask: {last: 9}}}
  - {name: j, role: feature, privacy: {hash: {domain: \"\"}}}
  - {name: k, role: id, privacy: drop}
  - {name: l, role: timestamp, privacy: {generalise: {time: day}}}
  - {name: m, role: feature, type: categorical, privacy: {generalise: {width: 5}}}
  - {name: n, role: feature, type: boolean, privacy: {generalise: {prefix: 1}}}
  - {name: o, role: feature, privacy: {mask: {first: 2}}}
",
        &[
            "model.yaml:7:41: unknown privacy action `pseudonymise` at `spec.columns[0].privacy`; did you mean `hash`? \
             expected one of `keep`, `drop`, `hash`, `mask`, `generalise`, `profile_only`",
            "model.yaml:8:41: `spec.columns[1].privacy` is `generalise` without options; \
             expected how, such as `{ generalise: { width: 10 } }`",
            "model.yaml:9:41: `spec.columns[2].privacy` does not hold exactly one action; \
             expected one of `hash`, `mask`, `generalise`",
            "model.yaml:10:41: `spec.columns[3].privacy` does not hold exactly one action; \
             expected one of `hash`, `mask`, `generalise`",
            "model.yaml:11:41: `spec.columns[4].privacy` is number `3`; expected one of `keep`, `drop`, `hash`, `mask`, \
             `generalise`, `profile_only`, or a mapping with `hash`, `mask` or `generalise`",
            "model.yaml:12:62: `spec.columns[5].privacy.generalise.width` is `0`; expected a number above 0",
            "model.yaml:13:54: `spec.columns[6].privacy.generalise` does not say one way; \
             expected `width` and `cap` for numbers, `time` for times, or `prefix` for texts",
            "model.yaml:14:63: `spec.columns[7].privacy.generalise.prefix` is `0`; expected 1 to 64",
            "model.yaml:15:55: `spec.columns[8].privacy.mask.last` is `9`; expected 0 to 8",
            "model.yaml:16:57: `spec.columns[9].privacy.hash.domain` is empty; expected a name such as `customer`",
            "model.yaml:17:36: `spec.columns[10].privacy` does not go with role `id`; expected one of `keep`, `hash`",
            "model.yaml:18:43: `spec.columns[11].privacy` does not go with role `timestamp`; expected `keep`",
            "model.yaml:19:60: `width` or `cap` in `spec.columns[12].privacy` does not go with type `categorical`; \
             expected `prefix`",
            "model.yaml:20:56: `prefix` in `spec.columns[13].privacy` does not go with type `boolean`; \
             expected another action: a boolean cannot be coarser",
            "model.yaml:21:49: unknown field `first` in `spec.columns[14].privacy.mask`; expected `last`",
        ],
    );
}
