//! A scanner of JSON text: strict (RFC 8259), without recursion, one value at a time.

use crate::decode::cell::Cell;

/// Where and why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// Byte of the text.
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

/// What a value begins with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'t> {
    /// `{`
    Object,
    /// `[`
    Array,
    Null,
    /// A scalar; its text lies in the body when it has no escapes, else in the scratch.
    Scalar(Cell<'t>),
    /// A number beyond the doubles.
    Infinite(&'t str),
}

/// Reads one JSON text after another from UTF-8.
#[derive(Debug)]
pub(super) struct Scanner<'b> {
    text: &'b str,
    bytes: &'b [u8],
    pub(super) at: usize,
    /// Whether a line feed ends a value's text (NDJSON) or is space.
    in_lines: bool,
}

impl<'b> Scanner<'b> {
    pub(super) const fn new(text: &'b str, in_lines: bool) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, in_lines }
    }

    pub(super) const fn fault(&self, expected: &'static str) -> Fault {
        Fault { at: self.at, expected }
    }

    /// The next byte that is no space, not taken.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            let is_space = byte == b' ' || byte == b'\t' || byte == b'\r' || (byte == b'\n' && !self.in_lines);
            if !is_space {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Takes `byte` if it is the next one after spaces.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes `raw` if the text goes on with it.
    #[inline]
    pub(super) fn take_raw(&mut self, raw: &[u8]) -> bool {
        let is_next = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(raw));
        if is_next {
            self.at += raw.len();
        }
        is_next
    }

    /// The text from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'b str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Goes behind the next line feed after `start`, or to the end.
    pub(super) fn next_line(&mut self, start: usize) {
        let rest = self.bytes.get(start..).unwrap_or_default();
        self.at = start + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
    }

    /// The next value, or the opening of an object or array.
    #[inline]
    pub(super) fn value<'t>(&mut self, scratch: &'t mut String) -> Result<Token<'t>, Fault>
    where
        'b: 't,
    {
        match self.peek() {
            Some(b'"') => self.string(scratch).map(|text| Token::Scalar(Cell::Text(text))),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => {
                self.at += 1;
                Ok(Token::Object)
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Token::Array)
            }
            Some(b't') => self.word("true", Token::Scalar(Cell::Bool(true))),
            Some(b'f') => self.word("false", Token::Scalar(Cell::Bool(false))),
            Some(b'n') => self.word("null", Token::Null),
            _ => Err(self.fault("a value")),
        }
    }

    fn word<'t>(&mut self, word: &str, token: Token<'t>) -> Result<Token<'t>, Fault> {
        if self.take_raw(word.as_bytes()) { Ok(token) } else { Err(self.fault("a value")) }
    }

    /// A string, the scanner being at its opening quote.
    #[inline]
    pub(super) fn string<'t>(&mut self, scratch: &'t mut String) -> Result<&'t str, Fault>
    where
        'b: 't,
    {
        let start = self.at + 1;
        self.at = start;
        self.plain_bytes();
        if self.bytes.get(self.at) == Some(&b'"') {
            let text = self.since(start);
            self.at += 1;
            return Ok(text);
        }
        self.escaped_string(start, scratch)?;
        Ok(scratch)
    }

    /// Goes to the next quote, backslash or control character: eight bytes at a time, then one.
    #[inline]
    fn plain_bytes(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGHS: u64 = 0x8080_8080_8080_8080;
        let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        while let Some(chunk) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_le_bytes(*chunk);
            let quote = has_zero(word ^ (ONES * u64::from(b'"')));
            let backslash = has_zero(word ^ (ONES * u64::from(b'\\')));
            let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
            let found = quote | backslash | control;
            if found != 0 {
                // The lowest mark is exact; borrows make wrong ones above it only.
                self.at += (found.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
        while let Some(byte) = self.bytes.get(self.at) {
            if matches!(byte, b'"' | b'\\' | 0..0x20) {
                return;
            }
            self.at += 1;
        }
    }

    #[cold]
    fn escaped_string(&mut self, start: usize, scratch: &mut String) -> Result<(), Fault> {
        scratch.clear();
        let mut plain_from = start;
        loop {
            self.plain_bytes();
            scratch.push_str(self.since(plain_from));
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => scratch.push(self.escape()?),
                Some(_) => return Err(self.fault("no control character in a string")),
                None => return Err(self.fault("the closing `\"` of a string")),
            }
            plain_from = self.at;
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let simple = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.fault("an escape of JSON")),
        };
        self.at += 2;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let first = self.hex_unit()?;
        let code = match first {
            0xd800..0xdc00 => {
                let second = if self.bytes.get(self.at..self.at + 2) == Some(b"\\u") { self.hex_unit()? } else { 0 };
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(self.fault("both halves of a surrogate pair"));
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| self.fault("both halves of a surrogate pair"))
    }

    /// The code unit of `\uXXXX`.
    fn hex_unit(&mut self) -> Result<u32, Fault> {
        let digits = self.bytes.get(self.at + 2..self.at + 6).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let unit = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.fault("four hexadecimal digits after `\\u`"))?;
        self.at += 6;
        Ok(unit)
    }

    #[inline]
    fn digits(&mut self, mantissa: &mut u64, count: &mut usize) -> usize {
        let start = self.at;
        while let Some(digit) = self.bytes.get(self.at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            // Beyond 19 digits the value is not used.
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        *count += self.at - start;
        self.at - start
    }

    #[inline]
    fn number<'t>(&mut self) -> Result<Token<'t>, Fault>
    where
        'b: 't,
    {
        /// Powers of ten that doubles hold exactly.
        const POWERS: [f64; 23] = [
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
            1e19, 1e20, 1e21, 1e22,
        ];
        let start = self.at;
        let is_negative = self.take_raw(b"-");
        let (mut mantissa, mut count) = (0, 0);
        let leads_with_zero = self.bytes.get(self.at) == Some(&b'0');
        let whole = self.digits(&mut mantissa, &mut count);
        if whole == 0 || (leads_with_zero && whole > 1) {
            return Err(self.fault("a number without leading zeros"));
        }
        let mut fraction = 0;
        let mut is_float = false;
        if self.take_raw(b".") {
            is_float = true;
            fraction = self.digits(&mut mantissa, &mut count);
            if fraction == 0 {
                return Err(self.fault("a digit after the decimal point"));
            }
        }
        let mut has_exponent = false;
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            (is_float, has_exponent) = (true, true);
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits(&mut 0, &mut 0) == 0 {
                return Err(self.fault("a digit of the exponent"));
            }
        }
        let text = self.since(start);
        if !is_float {
            return Ok(Token::Scalar(integer(text, is_negative, mantissa, count)));
        }
        // A mantissa and a power of ten that are both exact give the nearest double by one operation.
        let power = POWERS.get(fraction).filter(|_| !has_exponent && count <= 19 && mantissa <= 1 << 53);
        #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
        let number = match power {
            Some(power) if is_negative => -(mantissa as f64) / power,
            Some(power) => mantissa as f64 / power,
            None => text.parse().unwrap_or(f64::NAN),
        };
        Ok(if number.is_finite() { Token::Scalar(Cell::Float(number)) } else { Token::Infinite(text) })
    }

    /// Goes behind the value that comes next, whatever is in it.
    pub(super) fn skip(&mut self, scratch: &mut String) -> Result<(), Fault> {
        match self.value(scratch)? {
            Token::Object => self.skip_rest(true, scratch),
            Token::Array => self.skip_rest(false, scratch),
            _ => Ok(()),
        }
    }

    /// Goes behind an object or array whose opening was taken.
    ///
    /// One bit a level is kept, so a body of nothing but openings costs an eighth of its size.
    pub(super) fn skip_rest(&mut self, is_object: bool, scratch: &mut String) -> Result<(), Fault> {
        let mut levels = Levels::default();
        levels.push(is_object);
        // Whether the next thing is the first of its level.
        let mut is_first = true;
        while let Some(in_object) = levels.last() {
            if self.take(if in_object { b'}' } else { b']' }) {
                levels.pop();
                is_first = false;
                continue;
            }
            if !is_first && !self.take(b',') {
                return Err(self.fault("`,` or the end of an object or array"));
            }
            if in_object {
                self.key(scratch)?;
            }
            match self.value(scratch)? {
                Token::Object => {
                    levels.push(true);
                    is_first = true;
                }
                Token::Array => {
                    levels.push(false);
                    is_first = true;
                }
                _ => is_first = false,
            }
        }
        Ok(())
    }

    /// The name of a member and its colon.
    pub(super) fn key<'t>(&mut self, scratch: &'t mut String) -> Result<&'t str, Fault>
    where
        'b: 't,
    {
        if self.peek() != Some(b'"') {
            return Err(self.fault("a name in `\"`"));
        }
        let key = self.string(scratch)?;
        if self.take(b':') { Ok(key) } else { Err(self.fault("`:`")) }
    }
}

/// An integer of `text`, whose digits were added up to `mantissa` if there are at most 19.
#[inline]
fn integer(text: &str, is_negative: bool, mantissa: u64, digits: usize) -> Cell<'_> {
    if is_negative && mantissa == 0 && digits == 1 {
        return Cell::Float(-0.0);
    }
    match i64::try_from(mantissa) {
        Ok(value) if digits <= 18 => Cell::Int(if is_negative { -value } else { value }),
        _ => text.parse().map_or(Cell::Big(text), Cell::Int),
    }
}

/// The levels that are open: whether each is an object.
#[derive(Debug, Default)]
struct Levels {
    words: Vec<u64>,
    count: usize,
}

impl Levels {
    fn push(&mut self, is_object: bool) {
        let bit = 1_u64 << (self.count % 64);
        if self.count.is_multiple_of(64) {
            self.words.push(0);
        }
        if let (Some(word), true) = (self.words.last_mut(), is_object) {
            *word |= bit;
        }
        self.count += 1;
    }

    fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
        let bit = 1_u64 << (self.count % 64);
        if let Some(word) = self.words.last_mut() {
            *word &= !bit;
        }
        if self.count.is_multiple_of(64) {
            self.words.pop();
        }
    }

    fn last(&self) -> Option<bool> {
        let at = self.count.checked_sub(1)?;
        self.words.last().map(|word| word & (1 << (at % 64)) != 0)
    }
}
