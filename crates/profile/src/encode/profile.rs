//! Profiles as bytes.

use super::bytes::{Reader, Writer};
use super::{Tag, header, open};
use crate::{
    Body, CategoricalProfile, Distinct, ExactSum, HashSample, NumericProfile, Profile, ProfileError, ValueClasses,
};

/// A profile of a numeric grid has at most this many cells: 65,535 edges.
const CELLS_MAX: u64 = 65_538;

impl Profile {
    /// The profile as bytes: equal states give equal bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = header(Tag::Profile);
        self.classes.to_array().into_iter().for_each(|n| writer.count(n));
        match &self.body {
            Body::Presence => writer.byte(0),
            Body::Numeric(profile) => {
                writer.byte(1);
                write_numeric(&mut writer, profile);
            }
            Body::Categorical(profile) => {
                writer.byte(2);
                write_categorical(&mut writer, profile);
            }
            Body::Text(profiles) => {
                writer.byte(3);
                profiles.iter().for_each(|profile| write_numeric(&mut writer, profile));
            }
        }
        write_distinct(&mut writer, self.distinct.as_ref());
        write_sample(&mut writer, self.sample.as_ref());
        writer.bytes
    }

    /// Reads what [`encode`](Self::encode) wrote, in this or an older version.
    ///
    /// # Errors
    /// [`ProfileError::Encoding`] says what is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProfileError> {
        let mut reader = open(bytes, Tag::Profile)?;
        let mut classes = [0u64; 7];
        for class in &mut classes {
            *class = reader.count()?;
        }
        let body = match reader.byte()? {
            0 => Body::Presence,
            1 => Body::Numeric(Box::new(read_numeric(&mut reader)?)),
            2 => Body::Categorical(read_categorical(&mut reader)?),
            3 => Body::Text(Box::new([read_numeric(&mut reader)?, read_numeric(&mut reader)?])),
            kind => return Err(ProfileError::Encoding(format!("unknown kind of profile {kind}"))),
        };
        let distinct = read_distinct(&mut reader)?;
        let sample = read_sample(&mut reader)?;
        reader.end()?;
        Ok(Self { classes: ValueClasses::from_array(classes), body, distinct, sample })
    }
}

/// Counts with runs of zeros as `0, length − 1`.
fn write_counts(writer: &mut Writer, counts: &[u64]) {
    writer.len(counts.len());
    for run in counts.chunk_by(|a, b| *a == 0 && *b == 0) {
        writer.count(run.first().copied().unwrap_or(0));
        if run.first() == Some(&0) {
            writer.len(run.len() - 1);
        }
    }
}

fn read_counts(reader: &mut Reader<'_>) -> Result<Vec<u64>, ProfileError> {
    let len = reader.count()?;
    if len > CELLS_MAX {
        return Err(ProfileError::Encoding(format!("{len} cells are more than {CELLS_MAX}")));
    }
    let mut counts = Vec::with_capacity(len as usize);
    while (counts.len() as u64) < len {
        let count = reader.count()?;
        counts.push(count);
        if count == 0 {
            let more = reader.count()?;
            if more > len - counts.len() as u64 {
                return Err(ProfileError::Encoding("a run of empty cells is too long".into()));
            }
            counts.resize(counts.len() + more as usize, 0);
        }
    }
    Ok(counts)
}

fn write_numeric(writer: &mut Writer, profile: &NumericProfile) {
    writer.word(profile.grid_id);
    write_counts(writer, &profile.counts);
    // Only inner cells that hold rows have a sum.
    for (&count, &offset) in profile.counts.iter().skip(1).zip(&profile.offsets) {
        if count > 0 {
            writer.signed(offset);
        }
    }
    profile.powers.iter().for_each(|&power| writer.signed(power));
    for sum in [&profile.below, &profile.above].into_iter().chain(&profile.outer_powers) {
        writer.len(sum.terms().len());
        for &(exponent, mantissa) in sum.terms() {
            writer.signed(i128::from(exponent));
            writer.signed(mantissa);
        }
    }
    writer.count(profile.overflowed);
    writer.count(profile.out_of_range);
    writer.float(profile.min);
    writer.float(profile.max);
}

fn read_numeric(reader: &mut Reader<'_>) -> Result<NumericProfile, ProfileError> {
    let grid_id = reader.word()?;
    let counts = read_counts(reader)?;
    let mut offsets = vec![0i128; counts.len().saturating_sub(2)];
    for (offset, &count) in offsets.iter_mut().zip(counts.iter().skip(1)) {
        if count > 0 {
            *offset = reader.signed()?;
        }
    }
    let mut powers = [0i128; 4];
    for power in &mut powers {
        *power = reader.signed()?;
    }
    let mut sums: [ExactSum; 5] = Default::default();
    for sum in &mut sums {
        for _ in 0..reader.len()? {
            let exponent = i16::try_from(reader.signed()?)
                .map_err(|_| ProfileError::Encoding("an exponent is out of range".into()))?;
            sum.add_term(exponent, reader.signed()?);
        }
    }
    let [below, above, second, third, fourth] = sums;
    Ok(NumericProfile {
        grid_id,
        counts,
        offsets,
        powers,
        below,
        above,
        outer_powers: [second, third, fourth],
        overflowed: reader.count()?,
        out_of_range: reader.count()?,
        min: reader.float()?,
        max: reader.float()?,
    })
}

fn write_categorical(writer: &mut Writer, profile: &CategoricalProfile) {
    writer.word(profile.grid_id);
    write_counts(writer, &profile.counts);
    writer.len(profile.unseen.names.len());
    for (&hash, (label, count)) in &profile.unseen.names {
        writer.word(hash);
        writer.text(label);
        writer.count(*count);
    }
}

fn read_categorical(reader: &mut Reader<'_>) -> Result<CategoricalProfile, ProfileError> {
    let grid_id = reader.word()?;
    let counts = read_counts(reader)?;
    let mut profile = CategoricalProfile { grid_id, counts, unseen: Default::default() };
    for _ in 0..reader.len()? {
        let hash = reader.word()?;
        profile.unseen.names.insert(hash, (reader.text()?, reader.count()?));
    }
    Ok(profile)
}

fn write_distinct(writer: &mut Writer, distinct: Option<&Distinct>) {
    let Some(distinct) = distinct else { return writer.byte(0) };
    writer.byte(if distinct.is_exact() { 1 } else { 2 });
    let hashes = distinct.sorted();
    writer.len(hashes.len());
    hashes.into_iter().for_each(|hash| writer.word(hash));
}

fn read_distinct(reader: &mut Reader<'_>) -> Result<Option<Distinct>, ProfileError> {
    let exact = match reader.byte()? {
        0 => return Ok(None),
        kind => kind == 1,
    };
    let hashes = (0..reader.len()?).map(|_| reader.word()).collect::<Result<Vec<u64>, _>>()?;
    Ok(Some(Distinct::from_hashes(&hashes, exact)))
}

fn write_sample(writer: &mut Writer, sample: Option<&HashSample>) {
    let Some(sample) = sample else { return writer.byte(0) };
    writer.byte(1);
    writer.len(sample.rows().len());
    for (hash, value) in sample.rows() {
        writer.word(hash);
        writer.float(value);
    }
}

fn read_sample(reader: &mut Reader<'_>) -> Result<Option<HashSample>, ProfileError> {
    if reader.byte()? == 0 {
        return Ok(None);
    }
    let mut sample = HashSample::default();
    for _ in 0..reader.len()? {
        let hash = reader.word()?;
        sample.offer(hash, reader.float()?);
    }
    Ok(Some(sample))
}
