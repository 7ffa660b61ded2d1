//! The nearest known spelling of a word, for messages.

use crate::error::quoted;

/// The end of a sentence about an unknown word: what was probably meant, else what there is.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.take(COMPARED).collect();
    if let Some(meant) = meant(word, &known) {
        return format!("; did you mean {}?", quoted(meant));
    }
    match known.len() {
        0 => String::new(),
        1..=LISTED => {
            let listed: Vec<String> = known.iter().map(|word| quoted(word)).collect();
            format!("; known here: {}", listed.join(", "))
        }
        _ => String::new(),
    }
}

/// The known word that was probably meant.
pub(crate) fn meant<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.chars().nth(LONGEST).is_some() {
        return None;
    }
    let folded = fold(word);
    let distances = known
        .iter()
        .filter(|other| other.chars().nth(LONGEST).is_none())
        .map(|other| (distance(&folded, &fold(other)), *other));
    let (distance, other) = distances.min()?;
    (distance <= folded.len().max(3) / 3).then_some(other)
}

/// Case and separators are what spellings differ in most.
fn fold(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour (Damerau and Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut below = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = row[j] + usize::from(x != y);
            let edited = replaced.min(row[j + 1] + 1).min(below[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x;
            below.push(if swapped {
                edited.min(above[j - 1] + 1)
            } else {
                edited
            });
        }
        above = std::mem::replace(&mut row, below);
    }
    row[b.len()]
}

const LONGEST: usize = 64;
/// A file can hold thousands of names and thousands of mistakes; their product must stay small.
const COMPARED: usize = 128;
const LISTED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, want) in [
            ("", "", 0),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("nmae", "name", 1),
        ] {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!(distance(&a, &b), want, "{a:?} {b:?}");
        }
    }

    #[test]
    fn the_nearest_word_is_offered_and_a_far_one_is_not() {
        let known = ["MaxServerErrors", "MaxEjectionPercent", "Interval"];
        for (word, want) in [
            ("maxServerErrors", "; did you mean `MaxServerErrors`?"),
            ("Intervall", "; did you mean `Interval`?"),
            (
                "Colour",
                "; known here: `MaxServerErrors`, `MaxEjectionPercent`, `Interval`",
            ),
        ] {
            assert_eq!(nearest(word, known.into_iter()), want, "{word}");
        }
    }
}
