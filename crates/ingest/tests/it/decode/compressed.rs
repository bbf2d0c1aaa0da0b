//! Compressed bodies.

use super::*;
use std::io::Write;
use watchkeeper_ingest::decode::{DecodeErrorKind, Encoding, decompress};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn out(encoding: Encoding, body: Vec<u8>) -> Result<Bytes, DecodeError> {
    decompress(encoding, body.into(), &Limits::default())
}

#[test]
fn one_or_several_members() {
    for (encoding, pack) in [(Encoding::Gzip, gzip as fn(&[u8]) -> Vec<u8>), (Encoding::Zstd, zstd)] {
        assert_eq!(out(encoding, pack(b"")).unwrap(), "");
        assert_eq!(out(encoding, [pack(b"ab"), pack(b""), pack(b"cd")].concat()).unwrap(), "abcd");
        assert_eq!(out(encoding, Vec::new()).unwrap(), "");
    }
}

#[test]
fn broken_and_cut_bodies() {
    for (encoding, good) in [(Encoding::Gzip, gzip(&[7; 999])), (Encoding::Zstd, zstd(&[7; 999]))] {
        for body in [good[..good.len() - 3].to_vec(), [good.clone(), b"junk".to_vec()].concat(), b"{}".to_vec()] {
            assert_eq!(out(encoding, body).unwrap_err().kind(), DecodeErrorKind::Malformed, "{encoding:?}");
        }
    }
}

#[test]
fn bombs_stop_at_the_limits() {
    let zeros = vec![0; 8 << 20];
    for (encoding, body) in [(Encoding::Gzip, gzip(&zeros)), (Encoding::Zstd, zstd(&zeros))] {
        let error = out(encoding, body.clone()).unwrap_err();
        assert!(error.to_string().contains("decompressed bytes per byte sent"), "{error}");
        let limits = Limits { decompressed_bytes: 1 << 20, decompression_ratio: u32::MAX, ..Limits::default() };
        let error = decompress(encoding, body.clone().into(), &limits).unwrap_err();
        // What was out when it stopped: the limit and one step.
        let DecodeError::TooLarge { found, .. } = error else { panic!("{error}") };
        assert!(found <= (1 << 20) + (64 << 10), "{found}");
        let limits = Limits { body_bytes: 10, ..Limits::default() };
        assert_eq!(decompress(encoding, body.into(), &limits).unwrap_err().kind(), DecodeErrorKind::TooLarge);
    }
    // Below a MiB the ratio does not count.
    assert_eq!(out(Encoding::Zstd, zstd(&zeros[..1 << 20])).unwrap().len(), 1 << 20);
}

#[test]
fn headers() {
    assert_eq!(Encoding::from_header(" GZIP "), Some(Encoding::Gzip));
    assert_eq!(Encoding::from_header("br"), None);
    assert_eq!(BodyFormat::from_content_type("Application/JSON; charset=utf-8"), Some(BodyFormat::Json));
    assert_eq!(BodyFormat::from_content_type("application/jsonl"), Some(BodyFormat::Ndjson));
    assert_eq!(BodyFormat::from_content_type("text/csv"), None);
}
