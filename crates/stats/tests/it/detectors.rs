//! Stream detectors against River 0.26.1 (`data/detectors.json`, `data/real_streams.json`): every index, exactly.

use serde_json::Value;
use watchkeeper_stats::checkpoint::{Checkpoint, CheckpointError};
use watchkeeper_stats::stream::{
    Adwin, AdwinParameters, Ddm, DdmParameters, Detector, Direction, Eddm, EddmParameters, Fhddm, FhddmParameters,
    HddmA, HddmParameters, HddmW, Kswin, KswinParameters, PageHinkley, PageHinkleyParameters, Status,
};

use crate::mersenne::PythonSampler;

/// A detector by the oracle's name; [`Adwin`] apart, since its window is compared too.
enum Named {
    Adwin(Adwin),
    Other(Box<dyn Detector>),
}

impl Named {
    fn new(name: &str) -> Self {
        let hddm = |two_sided| HddmParameters { two_sided, ..Default::default() };
        let up = PageHinkleyParameters { threshold: 10.0, direction: Direction::Up, ..Default::default() };
        let default = AdwinParameters::default();
        let detector: Box<dyn Detector> = match name {
            "ADWIN" => return Self::Adwin(Adwin::new(default)),
            "ADWIN_delta_0_1_clock_1" => {
                return Self::Adwin(Adwin::new(AdwinParameters { delta: 0.1, clock: 1, ..default }));
            }
            "ADWIN_delta_1e_5" => return Self::Adwin(Adwin::new(AdwinParameters { delta: 1e-5, ..default })),
            "PageHinkley" => Box::new(PageHinkley::new(PageHinkleyParameters::default())),
            "PageHinkley_up_lambda_10" => Box::new(PageHinkley::new(up)),
            "KSWIN_seed_1" => Box::new(Kswin::new(KswinParameters::default(), PythonSampler::new(1)).unwrap()),
            "DDM" => Box::new(Ddm::new(DdmParameters::default())),
            "EDDM" => Box::new(Eddm::new(EddmParameters::default())),
            "HDDM_A" => Box::new(HddmA::new(hddm(false))),
            "HDDM_A_two_sided" => Box::new(HddmA::new(hddm(true))),
            "HDDM_W" => Box::new(HddmW::new(hddm(false))),
            "HDDM_W_two_sided" => Box::new(HddmW::new(hddm(true))),
            "FHDDM" => Box::new(Fhddm::new(FhddmParameters::default())),
            _ => panic!("no detector {name}"),
        };
        Self::Other(detector)
    }

    fn update(&mut self, x: f64) -> Status {
        match self {
            Self::Adwin(adwin) => adwin.update(x),
            Self::Other(detector) => detector.update(x),
        }
    }
}

fn stream(values: &Value) -> Vec<f64> {
    match values {
        Value::String(bits) => bits.bytes().map(|bit| f64::from(bit - b'0')).collect(),
        list => list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect(),
    }
}

fn compare(id: &str, values: &[f64], name: &str, expect: &Value, different: &mut Vec<String>) {
    let indices = |field: &str| -> Vec<usize> {
        expect[field].as_array().unwrap().iter().map(|index| index.as_u64().unwrap() as usize).collect()
    };
    let mut detector = Named::new(name);
    let statuses: Vec<Status> = values.iter().map(|&x| detector.update(x)).collect();
    let at = |wanted: Status| -> Vec<usize> {
        statuses.iter().enumerate().filter_map(|(index, &status)| (status == wanted).then_some(index)).collect()
    };
    let (drifts, mut warnings) = (at(Status::Drift), at(Status::Warning));
    if name == "EDDM" {
        // River leaves a warning set when it turns into a drift; here it is one or the other.
        warnings.extend(drifts.iter().filter(|&&index| statuses[index - 1] == Status::Warning));
        warnings.sort_unstable();
    }
    let mut check = |what: &str, same: bool, detail: String| {
        if !same {
            different.push(format!("{id} {name} {what}: {detail}"));
        }
    };
    check("drifts", drifts == indices("drift"), format!("{drifts:?} for {:?}", indices("drift")));
    let first = &warnings[..warnings.len().min(40)];
    check("warnings", first == indices("first_warnings"), format!("{first:?} for {:?}", indices("first_warnings")));
    let count = expect["n_warning"].as_u64().unwrap() as usize;
    check("number of warnings", warnings.len() == count, format!("{} for {count}", warnings.len()));
    if let Named::Adwin(adwin) = detector {
        let near = |got: f64, field: &str| (got - expect[field].as_f64().unwrap()).abs() <= 1e-9 * got.abs();
        check("width", adwin.width() as f64 == expect["final_width"].as_f64().unwrap(), adwin.width().to_string());
        check("mean", near(adwin.mean(), "final_estimation"), adwin.mean().to_string());
        check("variance", near(adwin.variance_sum(), "final_variance"), adwin.variance_sum().to_string());
    }
}

/// Numbers of streams, of pairs of a stream and a detector, and of drifts.
fn run(text: &str) -> (usize, usize, usize) {
    let cases: Value = serde_json::from_str(text).unwrap();
    let (mut pairs, mut drifts, mut different) = (0, 0, Vec::new());
    for case in cases.as_array().unwrap() {
        let values = stream(&case["values"]);
        for (name, expect) in case["expect"].as_object().unwrap() {
            pairs += 1;
            drifts += expect["drift"].as_array().unwrap().len();
            compare(case["id"].as_str().unwrap(), &values, name, expect, &mut different);
        }
    }
    assert!(different.is_empty(), "{} differ:\n{different:#?}", different.len());
    (cases.as_array().unwrap().len(), pairs, drifts)
}

#[test]
fn synthetic_streams() {
    let (streams, pairs, drifts) = run(include_str!("data/detectors.json"));
    println!("{streams} streams, {pairs} pairs, {drifts} drifts");
    assert_eq!((streams, pairs), (12, 114));
}

#[test]
fn real_streams() {
    let (streams, pairs, drifts) = run(include_str!("data/real_streams.json"));
    println!("{streams} streams, {pairs} pairs, {drifts} drifts");
    assert_eq!((streams, pairs), (2, 24));
}

/// The specification's vector for KSWIN, which needs Python's sampler.
#[test]
fn kswin_with_pythons_sampler() {
    let mut generator = watchkeeper_stats::random::SplitMix64::new(42);
    let real = (0..6_000).map(|index| generator.uniform() + [0.0, 0.3, 0.1][index / 2_000]);
    let mut detector = Kswin::new(KswinParameters::default(), PythonSampler::new(1)).unwrap();
    let found = watchkeeper_stats::stream::detections(&mut detector, real);
    assert_eq!(found, [1043, 2031, 2917, 3199, 4744, 5522, 5757]);
}

#[test]
fn errors_name_the_detector() {
    let mut detector = Ddm::new(DdmParameters::default());
    let error: CheckpointError = detector.load(&[7]).unwrap_err();
    assert_eq!(error.to_string(), "saved state of 1 words does not fit a DDM: a status of 0, 1 or 2");
}
