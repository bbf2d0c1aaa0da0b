//! Privacy actions of a column.

use super::fields::Fields;
use super::{Slot, scalar};
use crate::problem::Problems;
use crate::show;
use crate::text::{GeneraliseText, HashText, MaskText, PrivacyOptionsText, PrivacyText};
use crate::word::Word;
use crate::words::PrivacyAction;
use crate::yaml::Value;

/// A word, or a mapping with one action and its options.
pub(super) fn privacy(slot: &Slot<'_>, problems: &mut Problems) -> Option<PrivacyText> {
    match &slot.node.value {
        Value::Text(_) => scalar::word(slot, problems).map(PrivacyText::Word),
        Value::Mapping(_) => options(slot, problems).map(|options| PrivacyText::Options(Box::new(options))),
        _ => {
            let words = show::one_of(PrivacyAction::WORDS);
            problems.add(scalar::mismatch(slot, &format!("{words}, or a mapping with `hash`, `mask` or `generalise`")));
            None
        }
    }
}

fn options(slot: &Slot<'_>, problems: &mut Problems) -> Option<PrivacyOptionsText> {
    let mut fields = Fields::open(slot, problems)?;
    let options = PrivacyOptionsText {
        position: slot.node.position,
        hash: fields.optional("hash", hash),
        mask: fields.optional("mask", mask),
        generalise: fields.optional("generalise", generalise),
    };
    fields.finish();
    Some(options)
}

fn hash(slot: &Slot<'_>, problems: &mut Problems) -> Option<HashText> {
    let mut fields = Fields::open(slot, problems)?;
    let hash = HashText { domain: fields.optional("domain", scalar::text) };
    fields.finish();
    Some(hash)
}

fn mask(slot: &Slot<'_>, problems: &mut Problems) -> Option<MaskText> {
    let mut fields = Fields::open(slot, problems)?;
    let mask = MaskText { last: fields.optional("last", scalar::whole) };
    fields.finish();
    Some(mask)
}

fn generalise(slot: &Slot<'_>, problems: &mut Problems) -> Option<GeneraliseText> {
    let mut fields = Fields::open(slot, problems)?;
    let generalise = GeneraliseText {
        position: slot.node.position,
        width: fields.optional("width", scalar::number),
        cap: fields.optional("cap", scalar::number),
        time: fields.optional("time", scalar::word),
        prefix: fields.optional("prefix", scalar::whole),
    };
    fields.finish();
    Some(generalise)
}
