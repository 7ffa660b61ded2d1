//! Hex digits to numbers and back.

/// Reads 16 hex digits; `None` if there are more, or fewer, or others.
pub(crate) fn hex_number(digits: &[u8]) -> Option<u64> {
    let digits: &[u8; 16] = digits.try_into().ok()?;
    // All 16 are looked at before any is judged: no branch, and one such number in a header takes a few nanoseconds.
    let (mut number, mut seen) = (0, 0);
    for &digit in digits {
        let value = value(digit);
        number = number << 4 | u64::from(value & 0xf);
        seen |= value;
    }
    (seen & NO_DIGIT == 0).then_some(number)
}

/// Writes a number as 16 lower-case digits.
pub(crate) fn hex_digits(number: u64) -> [u8; 16] {
    let (high, low) = (
        eight_digits(number >> 32),
        eight_digits(number & 0xffff_ffff),
    );
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

/// Eight digits of the low half of a number, as ASCII in a word, the first digit in the highest byte.
fn eight_digits(number: u64) -> u64 {
    // Each step halves the groups and moves them apart, until every nibble has a byte of its own.
    let number = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let number = (number | number << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (number | number << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // Plus six, a nibble from ten up carries into the next bit: 1 where a letter is due.
    let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    nibbles + 0x3030_3030_3030_3030 + letters * (b'a' - b'0' - 10) as u64
}

/// A digit's value, or [`NO_DIGIT`].
fn value(digit: u8) -> u8 {
    VALUES.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT)
}

const NO_DIGIT: u8 = 0x80;

/// By byte.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler makes the table, and would stop"
)]
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value];
        values[digit as usize] = value as u8;
        values[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_written_as_the_standard_library_writes_them() {
        let mut number = 1_u64;
        for _ in 0..1000 {
            let digits = hex_digits(number);
            assert_eq!(str::from_utf8(&digits), Ok(&*format!("{number:016x}")));
            assert_eq!(hex_number(&digits), Some(number));
            assert_eq!(hex_number(&digits.to_ascii_uppercase()), Some(number));
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
        }
    }

    #[test]
    fn one_byte_that_is_no_digit_spoils_the_number() {
        for byte in 0..=u8::MAX {
            for at in [0, 7, 15] {
                let mut digits = *b"0123456789abcdef";
                digits[at] = byte;
                assert_eq!(
                    hex_number(&digits).is_some(),
                    byte.is_ascii_hexdigit(),
                    "{byte} at {at}"
                );
            }
        }
        assert_eq!(hex_number(b"0123456789abcde"), None);
        assert_eq!(hex_number(b"0123456789abcdef0"), None);
    }
}
