//! Grids as bytes.

use super::bytes::{Reader, Writer};
use super::{Tag, header, open};
use crate::grid::{CategoryGrid, NumericGrid, Support};
use crate::{Grid, ProfileError};

impl Grid {
    /// The grid as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = header(Tag::Grid);
        match self {
            Self::Presence => writer.byte(0),
            Self::Numeric(grid) => {
                writer.byte(1);
                write_numeric(&mut writer, grid);
            }
            Self::Categorical(grid) => {
                writer.byte(2);
                write_categories(&mut writer, grid);
            }
            Self::Text(grids) => {
                writer.byte(3);
                grids.iter().for_each(|grid| write_numeric(&mut writer, grid));
            }
        }
        writer.bytes
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`ProfileError::Encoding`] says what is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProfileError> {
        let mut reader = open(bytes, Tag::Grid)?;
        let grid = match reader.byte()? {
            0 => Self::Presence,
            1 => Self::Numeric(Box::new(read_numeric(&mut reader)?)),
            2 => Self::Categorical(read_categories(&mut reader)?),
            3 => Self::Text(Box::new([read_numeric(&mut reader)?, read_numeric(&mut reader)?])),
            kind => return Err(ProfileError::Encoding(format!("unknown kind of grid {kind}"))),
        };
        reader.end()?;
        Ok(grid)
    }
}

fn write_numeric(writer: &mut Writer, grid: &NumericGrid) {
    let (support, limits) = (grid.support(), grid.limits());
    [support.lo, support.hi, limits.lo, limits.hi, grid.center()].into_iter().for_each(|x| writer.float(x));
    writer.len(grid.edges().len());
    grid.edges().iter().for_each(|&edge| writer.float(edge));
}

fn read_numeric(reader: &mut Reader<'_>) -> Result<NumericGrid, ProfileError> {
    let [mut support, mut limits] = [Support { lo: 0.0, hi: 0.0 }; 2];
    for field in [&mut support.lo, &mut support.hi, &mut limits.lo, &mut limits.hi] {
        *field = reader.float()?;
    }
    let center = reader.float()?;
    let edges = (0..reader.len()?).map(|_| reader.float()).collect::<Result<Vec<f64>, _>>()?;
    if edges.len() > usize::from(u16::MAX) {
        return Err(ProfileError::Encoding(format!("{} edges are more than 65,535", edges.len())));
    }
    NumericGrid::from_parts(edges, support, limits, center).map_err(|error| ProfileError::Encoding(error.to_string()))
}

fn write_categories(writer: &mut Writer, grid: &CategoryGrid) {
    let mut kept: Vec<(u32, u64)> = grid.index().iter().map(|(&hash, &bin)| (bin, hash)).collect();
    kept.sort_unstable();
    let others = kept.split_off(grid.labels().len().min(kept.len()));
    writer.len(grid.labels().len());
    for (label, (_, hash)) in grid.labels().iter().zip(kept) {
        writer.text(label);
        writer.word(hash);
    }
    writer.len(others.len());
    others.into_iter().for_each(|(_, hash)| writer.word(hash));
}

fn read_categories(reader: &mut Reader<'_>) -> Result<CategoryGrid, ProfileError> {
    let kept =
        (0..reader.len()?).map(|_| Ok((reader.text()?, reader.word()?))).collect::<Result<Vec<_>, ProfileError>>()?;
    let others = (0..reader.len()?).map(|_| reader.word()).collect::<Result<Vec<u64>, _>>()?;
    let mut hashes: Vec<u64> = kept.iter().map(|(_, hash)| *hash).chain(others.iter().copied()).collect();
    hashes.sort_unstable();
    if hashes.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(ProfileError::Encoding("a category stands twice".into()));
    }
    Ok(CategoryGrid::new(kept, others))
}
