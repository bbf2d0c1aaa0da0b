//! What became of every row of a column: exactly one class each.

/// Rows per value class. The classes are disjoint and add up to the rows seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueClasses {
    /// The field was not in the record.
    pub absent: u64,
    /// Explicit null.
    pub null: u64,
    /// IEEE NaN in a numeric column.
    pub nan: u64,
    /// Minus infinity.
    pub neg_inf: u64,
    /// Plus infinity.
    pub pos_inf: u64,
    /// A finite number, or any value of a categorical, boolean or text column.
    pub value: u64,
    /// Not readable as the column's declared type.
    pub invalid: u64,
}

impl ValueClasses {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.missing() + self.usable() + self.invalid
    }

    /// Rows without a value: absent, null or NaN.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.absent + self.null + self.nan
    }

    /// Rows that distribution metrics use: finite values and infinities (which fall in the outermost bins).
    #[must_use]
    pub fn usable(&self) -> u64 {
        self.value + self.neg_inf + self.pos_inf
    }

    /// Rows that are ±infinity.
    #[must_use]
    pub fn infinite(&self) -> u64 {
        self.neg_inf + self.pos_inf
    }

    pub(crate) fn to_array(self) -> [u64; 7] {
        [self.absent, self.null, self.nan, self.neg_inf, self.pos_inf, self.value, self.invalid]
    }

    pub(crate) fn from_array([absent, null, nan, neg_inf, pos_inf, value, invalid]: [u64; 7]) -> Self {
        Self { absent, null, nan, neg_inf, pos_inf, value, invalid }
    }

    pub(crate) fn combine(&mut self, other: Self, add: fn(u64, u64) -> u64) {
        let mut sums = self.to_array();
        sums.iter_mut().zip(other.to_array()).for_each(|(a, b)| *a = add(*a, b));
        *self = Self::from_array(sums);
    }
}
