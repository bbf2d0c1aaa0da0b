//! The flights of 2013: nothing is told of the year as it was, and planted changes are.

use watchkeeper_watch::meaning::{Change, Column, Recognition, recognise};

use crate::data::{Sides, Values};
use crate::flights::{Flights, REFERENCE};

const MONTHS: std::ops::Range<usize> = 2..12;

fn month(flights: &Flights, at: usize, plant: impl Fn(&str, Values) -> Values) -> Recognition {
    let sides: Vec<Sides> = flights
        .columns
        .keys()
        .map(|name| Sides::new(name, &flights.values(name, REFERENCE), &plant(name, flights.values(name, at..at + 1))))
        .collect();
    let columns: Vec<Column<'_>> = sides.iter().map(Sides::column).collect();
    recognise(&columns)
}

#[test]
fn the_year_as_it_was() {
    let flights = Flights::load();
    let mut told = Vec::new();
    for at in MONTHS {
        told.extend(
            month(&flights, at, |_, v| v).changes.into_iter().map(|c| format!("month {}: {}", at + 1, c.sentence)),
        );
    }
    println!("{told:#?}");
    assert_eq!(told, Vec::<String>::new());
}

fn numbers(values: Values, map: impl Fn(f64) -> f64) -> Values {
    match values {
        Values::Numbers(values) => Values::Numbers(values.into_iter().map(|x| x.map(&map)).collect()),
        other => other,
    }
}

fn texts(values: Values, map: impl Fn(&str) -> String) -> Values {
    match values {
        Values::Texts(counts) => Values::Texts(counts.into_iter().map(|(t, n)| (t.map(|t| map(&t)), n)).collect()),
        other => other,
    }
}

fn full_name(code: &str) -> String {
    match code {
        "AA" => "American Airlines",
        "UA" => "United Air Lines",
        "DL" => "Delta Air Lines",
        "B6" => "JetBlue Airways",
        "EV" => "ExpressJet Airlines",
        "MQ" => "Envoy Air",
        "US" => "US Airways",
        "9E" => "Endeavor Air",
        "WN" => "Southwest Airlines",
        "VX" => "Virgin America",
        other => other,
    }
    .to_owned()
}

type Plant = fn(Values) -> Values;
type Test = fn(&Change) -> bool;

/// What is planted and the months of ten in which it must be told; nothing else may be told. Of `arr_delay`, whose mean is
/// near zero and whose tail grows in summer, it cannot be told and must not be.
const PLANTS: [(&str, Plant, Test, usize); 13] = [
    (
        "distance",
        |v| numbers(v, |x| x * 1.609_344),
        |c| matches!(c, Change::Scale { factor, .. } if *factor == 1.609_344),
        9,
    ),
    (
        "distance",
        |v| numbers(v, |x| x * 1000.0),
        |c| matches!(c, Change::Scale { factor, .. } if *factor == 1000.0),
        10,
    ),
    ("arr_delay", |v| numbers(v, |x| x * 60.0), |c| matches!(c, Change::Scale { factor, .. } if *factor == 60.0), 0),
    ("humid", |v| numbers(v, |x| x / 100.0), |c| matches!(c, Change::Scale { factor, .. } if *factor == 0.01), 8),
    ("pressure", |v| numbers(v, |x| x / 33.863_886_67), |c| matches!(c, Change::Scale { .. }), 8),
    ("hour", |v| numbers(v, |x| (x + 5.0) % 24.0), |c| matches!(c, Change::CyclicShift { by: 5.0, .. }), 10),
    (
        "sched_dep_time",
        |v| numbers(v, |x| (x + 500.0) % 2400.0),
        |c| matches!(c, Change::CyclicShift { by: 500.0, .. }),
        9,
    ),
    ("score", |v| numbers(v, |x| 1.0 - x), |c| matches!(c, Change::Complement), 9),
    (
        "carrier",
        |v| texts(v, full_name),
        |c| matches!(c, Change::Renamed { pairs } if pairs.iter().any(|p| p.from == "AA" && p.to == "American Airlines")),
        9,
    ),
    (
        "carrier",
        |v| texts(v, |t| if t == "AA" { "American Airlines".to_owned() } else { t.to_owned() }),
        |c| matches!(c, Change::Renamed { .. }),
        9,
    ),
    ("origin", |v| texts(v, str::to_lowercase), |c| matches!(c, Change::Renamed { pairs } if pairs.len() == 3), 10),
    ("dest", |v| texts(v, |t| format!("K{t}")), |c| matches!(c, Change::Renamed { .. }), 9),
    (
        "wind_gust",
        |v| match v {
            Values::Numbers(v) => Values::Numbers(v.into_iter().map(|x| x.or(Some(-1.0))).collect()),
            other => other,
        },
        |c| matches!(c, Change::NullSentinel { value, .. } if value == "-1"),
        9,
    ),
];

#[test]
fn changes_planted_into_the_year() {
    let flights = Flights::load();
    let mut short = Vec::new();
    for (column, plant, test, least) in PLANTS {
        let (mut right, mut wrong) = (0, 0);
        let mut said = Vec::new();
        for at in MONTHS {
            let reference = flights.values(column, REFERENCE);
            let sides = Sides::new(column, &reference, &plant(flights.values(column, at..at + 1)));
            let found = recognise(&[sides.column()]);
            let good = found.changes.iter().any(|c| test(&c.change));
            right += usize::from(good);
            wrong += usize::from(!good && !found.changes.is_empty());
            if !good {
                said.push(format!("month {}: {found:?}", at + 1));
            }
        }
        println!("{column}: {right} of 10 months {said:#?}");
        if right < least || wrong > 0 {
            short.push(format!("{column}: {right} of 10, at least {least} wanted, {wrong} wrong"));
        }
    }
    assert_eq!(short, Vec::<String>::new());
}

#[test]
fn columns_swapped_in_a_month() {
    let flights = Flights::load();
    for (a, b) in [("temp", "pressure"), ("wind_speed", "distance"), ("origin", "dest")] {
        let at = 11;
        let found = month(&flights, at, |name, values| match name {
            name if name == a => flights.values(b, at..at + 1),
            name if name == b => flights.values(a, at..at + 1),
            _ => values,
        });
        let names: Vec<Vec<String>> = found.changes.iter().map(|c| c.columns.clone()).collect();
        let mut expected = vec![a.to_owned(), b.to_owned()];
        expected.sort();
        assert!(names == [expected], "{found:#?}");
        assert_eq!(found.changes[0].change, Change::Swapped);
    }
}
