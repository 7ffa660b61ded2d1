//! Hex digits to numbers and back, byte by byte.

/// Reads at most 32 hex digits.
pub(crate) fn hex_number(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(number << 4 | u128::from(value))
    })
}

/// Writes the bytes of a number, two lower-case digits each; `N` is twice their count.
pub(crate) fn hex_digits<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut digits = [b'0'; N];
    let (pairs, _) = digits.as_chunks_mut();
    for ([high, low], byte) in pairs.iter_mut().zip(bytes) {
        (*high, *low) = (digit(byte >> 4), digit(byte & 0xf));
    }
    digits
}

fn digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'a' + (value - 10)
    }
}
