//! The form of a figure: one line that people and scripts can read.

use std::fmt::Display;

/// Prints `figure: BENCH/SUBJECT/WHAT = NUMBER UNIT`.
pub fn print(bench: &str, subject: &str, what: &str, number: impl Display, unit: &str) {
    println!("figure: {bench}/{subject}/{what} = {number} {unit}");
}
