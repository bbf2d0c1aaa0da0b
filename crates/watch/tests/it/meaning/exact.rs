//! One example of each change, with what is said about it.

use watchkeeper_profile::Profile;
use watchkeeper_stats::random::Xoshiro256;
use watchkeeper_watch::meaning::{Change, Column, Confidence, Evidence, SemanticChange, Side, recognise};

use crate::data::{LAWS, Sides, Values, booleans, draw, numbers, texts};

fn only(sides: &[Sides]) -> SemanticChange {
    let columns: Vec<Column<'_>> = sides.iter().map(Sides::column).collect();
    let found = recognise(&columns);
    assert_eq!(found.changes.len(), 1, "{found:#?}");
    found.changes[0].clone()
}

fn mapped(law: &str, n: usize, map: impl Fn(f64) -> f64) -> Sides {
    let mut random = Xoshiro256::new(11);
    let reference = draw(law, 20_000, &mut random);
    let current: Vec<f64> = draw(law, n, &mut random).into_iter().map(map).collect();
    Sides::new("amount", &numbers(&reference), &numbers(&current))
}

#[test]
fn seconds_became_milliseconds() {
    let found = only(&[mapped("lognormal", 5_000, |x| x * 1000.0)]);
    let Change::Scale { factor, unit } = found.change else { panic!("{found:?}") };
    assert_eq!((factor, unit), (1000.0, Some("thousands: such as seconds to milliseconds")));
    assert_eq!((found.mapping.as_str(), found.evidence), ("x / 1000", Evidence::Moments));
    assert!(found.explained() > 0.9 && found.before > 0.99, "{found:?}");
    assert!(found.sentence.contains("a multiplication by 1000"), "{}", found.sentence);
}

#[test]
fn miles_became_kilometres_and_back() {
    let found = only(&[mapped("normal", 8_000, |x| x * 1.609_344)]);
    assert!(matches!(found.change, Change::Scale { factor, .. } if factor == 1.609_344), "{found:?}");
    assert_eq!((found.mapping.as_str(), found.confidence), ("x / 1.609344", Confidence::Medium));
    let found = only(&[mapped("normal", 8_000, |x| x / 1.609_344)]);
    assert_eq!(found.mapping, "x × 1.609344");
}

#[test]
fn fahrenheit_became_celsius() {
    let found = only(&[mapped("normal", 5_000, |x| (x - 32.0) / 1.8)]);
    assert!(matches!(found.change, Change::Affine { unit: "°F to °C", .. }), "{found:?}");
    assert_eq!(found.mapping, "(x + 17.777778) × 1.8");
    let found = only(&[mapped("bimodal", 5_000, |x| x * 1.8 + 32.0)]);
    assert!(matches!(found.change, Change::Affine { unit: "°C to °F", .. }), "{found:?}");
    let found = only(&[mapped("bimodal", 5_000, |x| x + 273.15)]);
    assert!(matches!(found.change, Change::Affine { unit: "°C to K", .. }), "{found:?}");
    assert_eq!(found.mapping, "x − 273.15");
}

#[test]
fn signs_and_complements() {
    let found = only(&[mapped("lognormal", 3_000, |x| -x)]);
    assert_eq!((found.change, found.mapping.as_str()), (Change::SignFlip, "−x"));
    let found = only(&[mapped("beta", 3_000, |x| 1.0 - x)]);
    assert_eq!((found.change, found.mapping.as_str()), (Change::Complement, "1 − x"));
}

#[test]
fn times_since_1970() {
    let seconds = |from: f64, n: u32| (0..n).map(move |i| from + 60.0 * f64::from(i)).collect::<Vec<f64>>();
    let current: Vec<f64> = seconds(1_700_600_000.0, 5_000).into_iter().map(|x| x * 1000.0).collect();
    let found = only(&[Sides::new("at", &numbers(&seconds(1_700_000_000.0, 10_000)), &numbers(&current))]);
    assert_eq!(found.change, Change::Epoch { from: "seconds", to: "milliseconds" });
    let later =
        Sides::new("at", &numbers(&seconds(1_700_000_000.0, 10_000)), &numbers(&seconds(1_700_600_000.0, 5_000)));
    assert_eq!(recognise(&[later.column()]).changes, [], "time goes on");
}

fn hours(n: usize, seed: u64) -> Vec<f64> {
    let mut random = Xoshiro256::new(seed);
    (0..n).map(|_| (14.0 + 4.5 * random.normal()).round().rem_euclid(24.0)).collect()
}

#[test]
fn a_time_zone() {
    let current: Vec<f64> = hours(4_000, 2).into_iter().map(|h| (h + 19.0) % 24.0).collect();
    let found = only(&[Sides::new("pickup_hour", &numbers(&hours(10_000, 1)), &numbers(&current))]);
    assert_eq!(found.change, Change::CyclicShift { by: -5.0, period: 24.0 });
    assert_eq!((found.mapping.as_str(), found.confidence), ("(x + 5) modulo 24", Confidence::High));
}

#[test]
fn days_counted_from_one() {
    let day = |n: usize, seed, from: f64| {
        let mut random = Xoshiro256::new(seed);
        (0..n).map(|_| (random.uniform() * random.uniform() * 7.0).floor() + from).collect::<Vec<f64>>()
    };
    let found = only(&[Sides::new("x", &numbers(&day(9_000, 1, 0.0)), &numbers(&day(3_000, 2, 1.0)))]);
    assert_eq!((found.change, found.mapping.as_str()), (Change::Base { by: 1.0 }, "x − 1"));
}

#[test]
fn a_limit() {
    let found = only(&[mapped("exponential", 5_000, |x| x.min(50.0))]);
    let Change::Saturated { at, side: Side::High, share } = found.change else { panic!("{found:?}") };
    assert!(at == 50.0 && (share - (-2.0f64).exp()).abs() < 0.02, "{found:?}");
    let mut random = Xoshiro256::new(5);
    for (law, limit) in [("bimodal", 25.0), ("lognormal", 30.0)] {
        let reference = draw(law, 20_000, &mut random);
        let current: Vec<f64> = draw(law, 9_000, &mut random).into_iter().filter(|x| *x >= limit).collect();
        let found = only(&[Sides::new("amount", &numbers(&reference), &numbers(&current))]);
        let good = matches!(found.change, Change::Truncated { at, side: Side::Low, .. } if (at - limit).abs() < 0.1);
        assert!(good, "{found:?}");
    }
}

#[test]
fn missing_values_became_a_number() {
    let mut random = Xoshiro256::new(5);
    let mut side = |n: usize, null: Option<f64>| {
        let values = draw("normal", n, &mut random);
        Values::Numbers(values.into_iter().enumerate().map(|(i, x)| if i % 12 == 0 { null } else { Some(x) }).collect())
    };
    for (null, shown) in [(-1.0, "-1"), (999.0, "999"), (0.0, "0"), (60.0, "60")] {
        let found = only(&[Sides::new("amount", &side(12_000, None), &side(6_000, Some(null)))]);
        let Change::NullSentinel { value, share } = &found.change else { panic!("{found:?}") };
        assert_eq!(value, shown);
        assert!((share - 1.0 / 12.0).abs() < 0.01, "{found:?}");
    }
}

#[test]
fn a_constant() {
    let found = only(&[mapped("normal", 1_000, |_| 42.0)]);
    assert_eq!(found.change, Change::ConstantFill { value: "42".into(), share: 1.0 });
    assert_eq!(found.confidence, Confidence::High);
    let mut random = Xoshiro256::new(9);
    let half = |x: f64| if random.uniform() < 0.3 { -7.0 } else { x };
    let reference = draw("normal", 20_000, &mut Xoshiro256::new(1));
    let current: Vec<f64> = draw("normal", 5_000, &mut Xoshiro256::new(2)).into_iter().map(half).collect();
    let found = only(&[Sides::new("amount", &numbers(&reference), &numbers(&current))]);
    let Change::ConstantFill { value, share } = found.change else { panic!("{found:?}") };
    assert!(value == "-7" && (share - 0.3).abs() < 0.03, "{value} {share}");
}

#[test]
fn columns_swapped() {
    let mut random = Xoshiro256::new(3);
    let mut two = |n| (numbers(&draw("normal", n, &mut random)), numbers(&draw("exponential", n, &mut random)));
    let ((a, b), (c, d)) = (two(10_000), two(4_000));
    let found = only(&[Sides::new("weight", &a, &d), Sides::new("age", &b, &c)]);
    assert_eq!((found.change, found.columns), (Change::Swapped, vec!["weight".to_owned(), "age".to_owned()]));
}

#[test]
fn categories_renamed() {
    let reference = texts(&[("AA", 300), ("UA", 500), ("DL", 400), ("B6", 410), ("HA", 10)]);
    let long =
        [("American Airlines", 290), ("United Air Lines", 510), ("Delta Air Lines", 405), ("JetBlue", 400), ("HA", 11)];
    let found = only(&[Sides::new("carrier", &reference, &texts(&long))]);
    let Change::Renamed { pairs } = &found.change else { panic!("{found:?}") };
    let told: Vec<(&str, &str, bool)> = pairs.iter().map(|r| (r.from.as_str(), r.to.as_str(), r.by_name)).collect();
    let expected = [
        ("UA", "United Air Lines", true),
        ("B6", "JetBlue", false),
        ("DL", "Delta Air Lines", true),
        ("AA", "American Airlines", true),
    ];
    assert_eq!(told, expected);
    assert!(found.explained() > 0.9, "{found:?}");
    let lower = only(&[Sides::new(
        "carrier",
        &reference,
        &texts(&[("aa ", 150), ("ua", 250), ("dl", 200), ("b6", 205), ("ha", 5)]),
    )]);
    assert_eq!(lower.confidence, Confidence::High);
    let prefixed = texts(&[("c:AA", 150), ("c:UA", 250), ("c:DL", 200), ("c:B6", 205), ("c:HA", 5)]);
    assert_eq!(only(&[Sides::new("carrier", &reference, &prefixed)]).confidence, Confidence::High);
}

#[test]
fn what_shares_cannot_tell_is_said() {
    let reference = texts(&[("red", 300), ("blue", 302), ("green", 298)]);
    let found = recognise(&[Sides::new("colour", &reference, &texts(&[("1", 301), ("2", 299), ("3", 300)])).column()]);
    assert_eq!(found.changes, []);
    assert!(found.undecided[0].reason.contains("which became which"), "{found:?}");
    // A plain shift out of the range: nobody can tell.
    let moved = mapped("normal", 3_000, |x| x + 400.0);
    let found = recognise(&[moved.column()]);
    assert_eq!(found.changes, []);
    assert!(found.undecided[0].reason.contains("cannot be told"), "{found:?}");
}

#[test]
fn a_boolean_inverted() {
    let ((grid, reference), (_, current)) = (booleans(8_000, 2_000), booleans(790, 3_210));
    let column = Column { name: "is_new", grid: &grid, reference: &reference, current: &current };
    let found = recognise(&[column]);
    assert_eq!(found.changes[0].change, Change::Exchanged { pair: ["false".into(), "true".into()] });
    let (_, drifted) = booleans(2_000, 2_000);
    assert_eq!(recognise(&[Column { current: &drifted, ..column }]).changes, []);
}

#[test]
fn nothing_is_said_about_nothing() {
    for law in LAWS {
        let sides = mapped(law, 5_000, |x| x);
        let empty = Profile::empty(&sides.grid);
        for (reference, current) in [(&sides.reference, &empty), (&empty, &sides.current), (&empty, &empty)] {
            assert_eq!(recognise(&[Column { reference, current, ..sides.column() }]), Default::default());
        }
        assert_eq!(recognise(&[sides.column()]), Default::default(), "{law}");
    }
    assert_eq!(recognise(&[]), Default::default());
}
