//! No buffer behind the gate holds a value that did not pass: all bytes of all buffers are searched, those before and
//! behind a slice and under nulls too, and no memory of a protected column is kept alive.

use std::io::Cursor;

use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use proptest::prelude::*;
use watchkeeper_ingest::privacy::{Declared, Gate};
use watchkeeper_spec::{Generalise, Kind, Privacy};

use super::*;

/// A text that nothing else contains.
const CANARY: &str = "c4n4ry-Zwitscher-Ω";

/// A number whose bytes nothing else contains.
const CANARY_NUMBER: f64 = 48_151_623.421_337;

fn buffers(array: &ArrayRef) -> Vec<Buffer> {
    let data = array.to_data();
    let nulls = data.nulls().map(|nulls| nulls.buffer().clone());
    data.buffers().iter().cloned().chain(nulls).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[track_caller]
fn clean(gated: &Gated, context: &str) {
    for (field, array) in gated.batch.schema_ref().fields().iter().zip(gated.batch.columns()) {
        for buffer in buffers(array) {
            assert!(!holds(buffer.as_slice(), CANARY.as_bytes()), "{context}: text in {}", field.name());
            assert!(!holds(buffer.as_slice(), &CANARY_NUMBER.to_le_bytes()), "{context}: number in {}", field.name());
        }
    }
    let shown = format!("{:?} {:?}", gated.decisions, gated.withheld);
    assert!(!shown.contains(CANARY), "{context}: {shown}");
}

/// Every action that does not store values, for texts and numbers; `unknown` is not decided, `decided` has many values.
fn protecting_gate() -> Gate {
    let actions = [
        ("drop", Privacy::Drop),
        ("hash", Privacy::Hash { domain: None }),
        ("mask", Privacy::Mask { last: 4 }),
        ("profile_only", Privacy::ProfileOnly),
        ("generalise", Privacy::Generalise(Generalise::Text { prefix: 2 })),
    ];
    let mut plan = plan(&[]);
    for (name, privacy) in actions {
        for prefix in ["t", "n"] {
            let declared = Declared { privacy: Some(privacy.clone()), ..Declared::default() };
            plan.declared.insert(format!("{prefix}.{name}"), declared);
        }
    }
    for name in ["kept", "amount"] {
        plan.declared.insert(name.to_owned(), Declared { privacy: Some(Privacy::Keep), ..Declared::default() });
    }
    plan.declared.insert("free".to_owned(), Declared { kind: Some(Kind::Text), ..Declared::default() });
    Gate::new(plan, &key())
}

const ACTIONS: [&str; 5] = ["drop", "hash", "mask", "profile_only", "generalise"];

/// Rows with canaries where `is_canary`, in all protected columns, and two columns that pass.
fn planted(round: usize, is_canary: &[bool]) -> RecordBatch {
    let text = || -> ArrayRef {
        Arc::new(
            is_canary
                .iter()
                .enumerate()
                .map(|(i, yes)| Some(if *yes { format!("{CANARY}{round}-{i}") } else { format!("plain{round}-{i}") }))
                .collect::<StringArray>(),
        )
    };
    let number = || numbers(is_canary.iter().map(|yes| if *yes { CANARY_NUMBER } else { 1.5 }));
    let names: Vec<(String, String)> = ACTIONS.iter().map(|name| (format!("t.{name}"), format!("n.{name}"))).collect();
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("kept", texts(is_canary.iter().map(|_| "kept"))),
        ("amount", numbers(is_canary.iter().map(|_| 2.5))),
        ("unknown", text()),
        ("free", text()),
    ];
    for (text_name, number_name) in &names {
        columns.push((text_name, text()));
        columns.push((number_name, number()));
    }
    batch(columns)
}

/// The batch as a decoder of Arrow messages gives it: all columns are slices of one piece of memory.
fn through_ipc(batch: &RecordBatch) -> RecordBatch {
    let mut bytes = Vec::new();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut bytes, batch.schema_ref()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let mut decoder = arrow_ipc::reader::StreamDecoder::new();
    let mut buffer = Buffer::from_vec(bytes);
    decoder.decode(&mut buffer).unwrap().unwrap()
}

fn memory(array: &ArrayRef) -> Vec<usize> {
    buffers(array).iter().map(|buffer| buffer.data_ptr().as_ptr() as usize).collect()
}

#[test]
fn shared_memory_is_not_kept_alive() {
    let input = through_ipc(&planted(0, &[true; 8]));
    let protected: Vec<usize> = input.columns().iter().skip(3).flat_map(memory).collect();
    // The premise: the columns that pass are in the memory of those that do not.
    assert!(memory(input.column(1)).iter().any(|address| protected.contains(address)));
    let gated = protecting_gate().apply(input).unwrap();
    for array in gated.batch.columns() {
        assert!(memory(array).iter().all(|address| !protected.contains(address)));
    }
    clean(&gated, "ipc");
    assert_eq!(number_column(&gated, "amount"), vec![Some(2.5); 8]);
}

#[test]
fn a_batch_without_protected_columns_is_not_copied() {
    let input = through_ipc(&batch(vec![("amount", numbers([1.0, 2.0])), ("share", numbers([3.0, 4.0]))]));
    let before: Vec<usize> = input.columns().iter().flat_map(memory).collect();
    // Numbers are looked at until they are decided.
    let gate = gate(&[("amount", Privacy::Keep), ("share", Privacy::Keep)]);
    let gated = gate.apply(input).unwrap();
    assert_eq!(gated.batch.columns().iter().flat_map(memory).collect::<Vec<_>>(), before);
}

#[test]
fn values_under_nulls_do_not_pass() {
    // Arrow allows any bytes under a null.
    let values = format!("{CANARY}plain");
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, CANARY.len() as i32, values.len() as i32]));
    let nulls = Some(NullBuffer::from(vec![false, true]));
    let text: ArrayRef = Arc::new(StringArray::new(offsets, Buffer::from(values.as_bytes()), nulls.clone()));
    let number: ArrayRef = Arc::new(Float64Array::new(ScalarBuffer::from(vec![CANARY_NUMBER, 1.0]), nulls));
    for name in ACTIONS {
        let (text_name, number_name) = (format!("t.{name}"), format!("n.{name}"));
        let columns = vec![(text_name.as_str(), Arc::clone(&text)), (number_name.as_str(), Arc::clone(&number))];
        clean(&protecting_gate().apply(batch(columns)).unwrap(), name);
    }
    // Numbers that are screened until they are decided.
    let cards: ArrayRef = Arc::new(Float64Array::from(vec![Some(4_111_111_111_111_111.0), Some(1.0)]));
    let gated = keyless().apply(batch(vec![("x7", cards)])).unwrap();
    assert!(!holds(buffers(gated.batch.column(0))[0].as_slice(), &4_111_111_111_111_111_f64.to_le_bytes()));
}

#[test]
fn journal_bytes_are_clean() {
    let gated = protecting_gate().apply(planted(0, &[true; 300]).slice(10, 200)).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(Cursor::new(&mut bytes), gated.batch.schema_ref()).unwrap();
    writer.write(&gated.batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    assert!(!holds(&bytes, CANARY.as_bytes()) && !holds(&bytes, &CANARY_NUMBER.to_le_bytes()));
}

/// The search finds what it looks for: without it, every test of this file would pass.
#[test]
#[should_panic(expected = "text in kept")]
fn the_search_finds_a_canary() {
    let gated =
        gate(&[("kept", Privacy::Keep)]).apply(batch(vec![("kept", texts([CANARY, "x"]))]).slice(1, 1)).unwrap();
    clean(&gated, "search");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_canary_passes(
        is_canary in prop::collection::vec(any::<bool>(), 1..400),
        cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        is_ipc in any::<bool>(),
        has_key in any::<bool>(),
    ) {
        let (start, end) = (cut.0.index(is_canary.len()), cut.1.index(is_canary.len()));
        let input = |round: usize| {
            let input = planted(round, &is_canary).slice(start.min(end), start.abs_diff(end) + 1);
            if is_ipc { through_ipc(&input) } else { input }
        };
        let gated = protecting_gate().apply(input(0)).unwrap();
        prop_assert_eq!(gated.batch.num_rows(), start.abs_diff(end) + 1);
        clean(&gated, "declared");
        // Nothing declared: texts that nobody knows are held back, then profile-only.
        let gate = if has_key { gate(&[]) } else { keyless() };
        for round in 0..3 {
            clean(&gate.apply(input(round).project(&[0, 2, 3]).unwrap()).unwrap(), "unknown");
        }
    }
}
