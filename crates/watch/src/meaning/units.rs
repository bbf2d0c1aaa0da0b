//! Conversions that pipelines get wrong.

/// A factor and what it converts, forwards and backwards.
pub(super) struct Factor {
    pub(super) factor: f64,
    pub(super) forward: &'static str,
    pub(super) backward: &'static str,
}

const fn factor(factor: f64, forward: &'static str, backward: &'static str) -> Factor {
    Factor { factor, forward, backward }
}

/// Exact by definition of the units (NIST SP 811, appendix B); where several conversions share a factor, all are named.
pub(super) const FACTORS: [Factor; 25] = [
    factor(10.0, "a power of ten", "a power of ten"),
    factor(
        100.0,
        "a fraction to percent, or a currency to its cents",
        "percent to a fraction, or cents to the currency",
    ),
    factor(1000.0, "thousands: such as seconds to milliseconds", "thousandths: such as milliseconds to seconds"),
    factor(1e4, "a fraction to basis points", "basis points to a fraction"),
    factor(1e5, "a power of ten", "a power of ten"),
    factor(1e6, "millions: such as seconds to microseconds", "millionths: such as microseconds to seconds"),
    factor(1e9, "billions: such as seconds to nanoseconds", "billionths: such as nanoseconds to seconds"),
    factor(2.54, "inches to centimetres", "centimetres to inches"),
    factor(25.4, "inches to millimetres", "millimetres to inches"),
    factor(30.48, "feet to centimetres", "centimetres to feet"),
    factor(1.0 / 0.3048, "metres to feet", "feet to metres"),
    factor(1.609_344, "miles to kilometres", "kilometres to miles"),
    factor(1.852, "nautical miles to kilometres", "kilometres to nautical miles"),
    factor(1.0 / 0.453_592_37, "kilograms to pounds", "pounds to kilograms"),
    factor(28.349_523_125, "ounces to grams", "grams to ounces"),
    factor(3.785_411_784, "gallons to litres", "litres to gallons"),
    factor(3.6, "metres per second to kilometres per hour", "kilometres per hour to metres per second"),
    factor(33.863_886_67, "inches of mercury to hectopascals", "hectopascals to inches of mercury"),
    factor(7.0, "weeks to days", "days to weeks"),
    factor(12.0, "years to months", "months to years"),
    factor(24.0, "days to hours", "hours to days"),
    factor(60.0, "minutes to seconds, or hours to minutes", "seconds to minutes, or minutes to hours"),
    factor(1440.0, "days to minutes", "minutes to days"),
    factor(3600.0, "hours to seconds", "seconds to hours"),
    factor(86_400.0, "days to seconds", "seconds to days"),
];

/// `x · factor + offset` and what it converts.
pub(super) const AFFINE: [(f64, f64, &str); 6] = [
    (1.8, 32.0, "°C to °F"),
    (1.0 / 1.8, -32.0 / 1.8, "°F to °C"),
    (1.0, 273.15, "°C to K"),
    (1.0, -273.15, "K to °C"),
    (1.0 / 1.8, 459.67 / 1.8, "°F to K"),
    (1.8, -459.67, "K to °F"),
];

/// Units of times since 1970, from seconds up, with the exponent of ten.
pub(super) const EPOCHS: [(&str, i32); 4] =
    [("seconds", 0), ("milliseconds", 3), ("microseconds", 6), ("nanoseconds", 9)];

/// Seconds since 1970 of 2001-09-09 and of 2096-10-02: numbers between are taken for times.
pub(super) const EPOCH_SECONDS: (f64, f64) = (1e9, 4e9);
