//! Datatypes of the Open Inference Protocol, and their binary form: little-endian, row after row.

use serde_json::{Number, Value};

use super::cells::text_or_base64;

/// A datatype of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datatype {
    Bool,
    Uint(Width),
    Int(Width),
    Fp16,
    Bf16,
    Fp32,
    Fp64,
    Bytes,
}

/// Bytes of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Datatype {
    const ALL: [Self; 14] = [
        Self::Bool,
        Self::Uint(Width::One),
        Self::Uint(Width::Two),
        Self::Uint(Width::Four),
        Self::Uint(Width::Eight),
        Self::Int(Width::One),
        Self::Int(Width::Two),
        Self::Int(Width::Four),
        Self::Int(Width::Eight),
        Self::Fp16,
        Self::Bf16,
        Self::Fp32,
        Self::Fp64,
        Self::Bytes,
    ];

    /// The words, for messages.
    pub(super) const WORDS: &str =
        "BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32, FP64 or BYTES";

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::Uint(Width::One) => "UINT8",
            Self::Uint(Width::Two) => "UINT16",
            Self::Uint(Width::Four) => "UINT32",
            Self::Uint(Width::Eight) => "UINT64",
            Self::Int(Width::One) => "INT8",
            Self::Int(Width::Two) => "INT16",
            Self::Int(Width::Four) => "INT32",
            Self::Int(Width::Eight) => "INT64",
            Self::Fp16 => "FP16",
            Self::Bf16 => "BF16",
            Self::Fp32 => "FP32",
            Self::Fp64 => "FP64",
            Self::Bytes => "BYTES",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|datatype| datatype.as_str() == word)
    }

    /// Whether a JSON value can be an element; null is a missing one in each of them.
    pub(super) fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) => true,
            (Self::Bool, value) => value.is_boolean(),
            (Self::Bytes, value) => value.is_string(),
            (Self::Uint(_) | Self::Int(_), Value::Number(number)) => {
                number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            (_, value) => value.is_number(),
        }
    }

    /// Bytes of one element; `None` for those that say their length themselves.
    const fn element_bytes(self) -> Option<usize> {
        match self {
            Self::Bool | Self::Uint(Width::One) | Self::Int(Width::One) => Some(1),
            Self::Uint(Width::Two) | Self::Int(Width::Two) | Self::Fp16 | Self::Bf16 => Some(2),
            Self::Uint(Width::Four) | Self::Int(Width::Four) | Self::Fp32 => Some(4),
            Self::Uint(Width::Eight) | Self::Int(Width::Eight) | Self::Fp64 => Some(8),
            Self::Bytes => None,
        }
    }
}

/// `count` elements that take up all of `bytes`; `None` when they do not.
pub(super) fn take_values(bytes: &[u8], datatype: Datatype, count: usize) -> Option<Vec<Value>> {
    let Some(size) = datatype.element_bytes() else {
        return take_texts(bytes, count);
    };
    if count.checked_mul(size) != Some(bytes.len()) {
        return None;
    }
    bytes.chunks_exact(size).map(|element| value(element, datatype)).collect()
}

/// Elements of a four-byte length and that many bytes; bytes that are no text become base64.
fn take_texts(mut bytes: &[u8], count: usize) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        values.push(text_or_base64(text));
        bytes = rest;
    }
    bytes.is_empty().then_some(values)
}

fn value(element: &[u8], datatype: Datatype) -> Option<Value> {
    let real = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    let mut padded = [0; 8];
    padded.get_mut(..element.len())?.copy_from_slice(element);
    let unsigned = u64::from_le_bytes(padded);
    let two = || element.try_into().ok().map(u16::from_le_bytes);
    Some(match datatype {
        Datatype::Bool => Value::Bool(unsigned != 0),
        Datatype::Uint(_) => unsigned.into(),
        Datatype::Int(Width::One) => i8::from_le_bytes(element.try_into().ok()?).into(),
        Datatype::Int(Width::Two) => i16::from_le_bytes(element.try_into().ok()?).into(),
        Datatype::Int(Width::Four) => i32::from_le_bytes(element.try_into().ok()?).into(),
        Datatype::Int(Width::Eight) => i64::from_le_bytes(padded).into(),
        Datatype::Fp16 => real(half_precision(two()?)),
        // The upper half of a single-precision number.
        Datatype::Bf16 => real(f64::from(f32::from_bits(u32::from(two()?) << 16))),
        Datatype::Fp32 => real(f64::from(f32::from_le_bytes(element.try_into().ok()?))),
        Datatype::Fp64 => real(f64::from_le_bytes(padded)),
        Datatype::Bytes => return None,
    })
}

/// IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 bits of fraction. Exact in a double.
fn half_precision(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f64::from(bits & 0x03FF);
    let magnitude = match (bits >> 10) & 0x1F {
        0 => fraction / f64::from(1 << 24),
        0x1F if fraction == 0.0 => f64::INFINITY,
        0x1F => f64::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2.0_f64.powi(i32::from(exponent) - 15),
    };
    sign * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(word: &str, bytes: &[u8], count: usize) -> Option<Vec<Value>> {
        take_values(bytes, Datatype::from_word(word).unwrap(), count)
    }

    #[test]
    fn every_datatype_from_bytes() {
        for (word, bytes, expected) in [
            ("BOOL", vec![0, 1], json!([false, true])),
            ("UINT8", vec![255], json!([255])),
            ("UINT16", vec![1, 1], json!([257])),
            ("UINT32", vec![255, 255, 255, 255], json!([4_294_967_295_u32])),
            ("UINT64", vec![255; 8], json!([u64::MAX])),
            ("INT8", vec![255], json!([-1])),
            ("INT16", vec![254, 255], json!([-2])),
            ("INT32", vec![253, 255, 255, 255], json!([-3])),
            ("INT64", vec![0, 0, 0, 0, 0, 0, 0, 128], json!([i64::MIN])),
            ("FP16", vec![0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00], json!([1.0, -2.0, 5.960464477539063e-8])),
            ("FP16", vec![0x00, 0x7C, 0x01, 0x7C, 0xFF, 0x7B], json!([null, null, 65504.0])),
            ("BF16", vec![0x80, 0x3F, 0xC0, 0x7F], json!([1.0, null])),
            ("FP32", 0.5_f32.to_le_bytes().to_vec(), json!([0.5])),
            ("FP64", f64::NAN.to_le_bytes().to_vec(), json!([null])),
            ("BYTES", vec![1, 0, 0, 0, b'a', 0, 0, 0, 0, 1, 0, 0, 0, 0xFF], json!(["a", "", "/w=="])),
        ] {
            let expected = expected.as_array().unwrap().clone();
            assert_eq!(of(word, &bytes, expected.len()), Some(expected), "{word} of {bytes:?}");
        }
    }

    #[test]
    fn lengths_that_do_not_agree_are_refused() {
        assert_eq!(of("FP32", &[0; 7], 2), None, "a byte short");
        assert_eq!(of("FP32", &[0; 12], 2), None, "an element too many");
        assert_eq!(of("BYTES", &[2, 0, 0, 0, b'a'], 1), None, "cut in the text");
        assert_eq!(of("BYTES", &[1, 0, 0], 1), None, "cut in the length");
        assert_eq!(of("BYTES", &[255, 255, 255, 255, b'a'], 1), None, "a length beyond the end");
        assert_eq!(of("BYTES", &[0, 0, 0, 0, 7], 1), None, "bytes left over");
        assert_eq!(of("BYTES", &[], 0), Some(vec![]));
    }

    #[test]
    fn words_are_those_of_the_types() {
        for datatype in Datatype::ALL {
            assert!(Datatype::WORDS.contains(datatype.as_str()), "{datatype:?}");
            assert_eq!(Datatype::from_word(datatype.as_str()), Some(datatype));
        }
        assert_eq!(Datatype::from_word("FP8"), None);
    }
}
