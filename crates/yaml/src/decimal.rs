//! Decimal texts to floats, correctly rounded.
//!
//! The standard library does the same faster, with tables of ten kilobytes that do not compress: too much
//! for a page that reads a handful of floats. This is the method of Go's `strconv/decimal.go`: the
//! number is halved or doubled, digit by digit, until it lies between ½ and 1.

/// More digits than this cannot change the result, but for whether there are any.
const DIGITS_MAX: usize = 800;
/// Bits of a float's fraction, the leading one included.
const MANTISSA_BITS: u32 = 53;
/// The exponents of the smallest and the largest normal float.
const EXPONENT_MIN: i32 = -1022;
const EXPONENT_MAX: i32 = 1023;
/// As many bits as are shifted at once without an overflow.
const SHIFT_MAX: u32 = 59;

/// Reads `1`, `-.5`, `2.5e-3`, as `f64::from_str` does, but not its names of infinity and NaN. What is
/// too large is infinite.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<f64> {
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, whole(exponent)?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let digits = whole.bytes().chain(fraction.bytes());
    let mut decimal = Decimal {
        digits: digits.map(|byte| byte - b'0').collect(),
        point: i64::try_from(whole.len()).ok()?.saturating_add(exponent),
    };
    decimal.trim();
    Some(sign * decimal.into_float())
}

/// A whole number with a sign; one that is too large stays as large as can be.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(i64::MAX / 2);
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

/// `0.DIGITS × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn into_float(mut self) -> f64 {
        if self.digits.is_empty() || self.point < -330 {
            return 0.0;
        }
        if self.point > 310 {
            return f64::INFINITY;
        }
        // The number is brought between ½ and 1, which is 1.… × 2^-1.
        let mut exponent = -1;
        while self.point > 0 {
            let bits = if self.point == 1 { 1 } else { 3 };
            self.halve(bits);
            exponent += bits as i32;
        }
        while self.point < 0 || self.digits[0] < 5 {
            let bits = if self.point < 0 { 3 } else { 1 };
            self.double(bits);
            exponent -= bits as i32;
        }
        // Below the smallest normal float the leading bits are zeros.
        while exponent < EXPONENT_MIN {
            let bits = SHIFT_MAX.min((EXPONENT_MIN - exponent) as u32);
            self.halve(bits);
            exponent += bits as i32;
        }
        self.double(MANTISSA_BITS);
        let mut mantissa = self.round();
        if mantissa >> MANTISSA_BITS != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
        if exponent > EXPONENT_MAX {
            return f64::INFINITY;
        }
        let hidden = 1 << (MANTISSA_BITS - 1);
        let biased = match mantissa & hidden {
            0 => 0,
            _ => (exponent + EXPONENT_MAX) as u64,
        };
        f64::from_bits(biased << (MANTISSA_BITS - 1) | mantissa & (hidden - 1))
    }

    /// Divides by 2^bits.
    fn halve(&mut self, bits: u32) {
        let mut rest = 0u64;
        let mut quotient = Vec::with_capacity(self.digits.len() + bits as usize);
        let mut digits = self.digits.iter();
        loop {
            let next = digits.next();
            if next.is_none() && rest == 0 {
                break;
            }
            rest = rest * 10 + u64::from(next.copied().unwrap_or(0));
            quotient.push((rest >> bits) as u8);
            rest &= (1 << bits) - 1;
        }
        self.digits = quotient;
        self.trim();
    }

    /// Multiplies by 2^bits.
    fn double(&mut self, bits: u32) {
        let mut carry = 0u64;
        for digit in self.digits.iter_mut().rev() {
            carry += u64::from(*digit) << bits;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            self.digits.insert(0, (carry % 10) as u8);
            self.point += 1;
            carry /= 10;
        }
        self.trim();
    }

    /// Drops zeros at both ends, and digits that only matter by being there.
    fn trim(&mut self) {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.point = self.point.saturating_sub(zeros as i64);
        if self.digits.len() > DIGITS_MAX {
            let is_exact = self.digits[DIGITS_MAX..].iter().all(|digit| *digit == 0);
            self.digits.truncate(DIGITS_MAX);
            self.digits.extend((!is_exact).then_some(1));
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
    }

    /// The nearest whole number; of two, the even one.
    fn round(&self) -> u64 {
        let count = usize::try_from(self.point).unwrap_or(0);
        let mut number = 0u64;
        for at in 0..count {
            number = number * 10 + u64::from(self.digits.get(at).copied().unwrap_or(0));
        }
        let rest = match self.point {
            0.. => self.digits.get(count..).unwrap_or(&[]),
            _ => &[],
        };
        let is_up = match rest {
            [5] => number % 2 == 1,
            [first, ..] => *first >= 5,
            [] => false,
        };
        number + u64::from(is_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) {
        let expected = text.parse::<f64>().ok().map(f64::to_bits);
        assert_eq!(parse_decimal(text).map(f64::to_bits), expected, "{text}");
    }

    #[test]
    fn reads_as_the_standard_library_does() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "e1",
            "1e",
            "1e+",
            "1e-+1",
            "1.2.3",
            "--1",
            "1_0",
            " 1",
            "0x1",
            "½",
            "0",
            "-0",
            "0.0e9",
            "00012",
            "1.",
            ".5",
            "-.5e1",
            "1E5",
            "+1e+05",
            "1e22",
            "1e23",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.00000000000000000001",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1e-400",
            "1e99999999999999999999",
            "-1e-99999999999999999999",
            "0e99999999999999999999",
            "8.5e-1",
            "0.3",
            "123456789012345678901234567890",
        ] {
            check(text);
        }
        // Halfway between two floats, and the least bit above.
        let halfway = format!("{}", 1.0 + f64::EPSILON / 2.0);
        check(&halfway);
        let long = format!("1.{}1", "0".repeat(3_000));
        check(&long);
        let half = "1.00000000000000011102230246251565404236316680908203125";
        check(half);
        check(&format!("{half}{}", "0".repeat(2_000)));
        check(&format!("{half}{}1", "0".repeat(2_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_float_reads_back(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            check(&format!("{number:e}"));
            check(&format!("{number}"));
        }

        #[test]
        fn digits_read_as_the_standard_library_reads_them(
            text in "-?[0-9]{0,40}(\\.[0-9]{0,40})?(e[+-]?[0-9]{1,3})?"
        ) {
            check(&text);
        }
    }
}
