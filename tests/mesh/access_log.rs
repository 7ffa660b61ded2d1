//! One line for each request and each way in which it can end, at the node that sent it and at the one that answered it.

mod ended;
mod envoy;
mod shop;
mod written;

/// Holds lines to what is expected of them. The time is left out, which every line begins with; in what is expected, `ID`
/// stands for a request id that was made, and `~` for any number.
#[track_caller]
fn assert_lines(of: &str, lines: &[String], expected: &[&str]) {
    let fit = lines.len() == expected.len()
        && lines
            .iter()
            .zip(expected)
            .all(|(line, expected)| fits(line, expected));
    assert!(fit, "{of}:\n{lines:#?}\nexpected:\n{expected:#?}");
}

fn fits(line: &str, expected: &str) -> bool {
    let Some((time, line)) = line.split_once(' ') else {
        return false;
    };
    let (words, expected): (Vec<_>, Vec<_>) =
        (line.split(' ').collect(), expected.split(' ').collect());
    is_time(time)
        && words.len() == expected.len()
        && words
            .iter()
            .zip(expected)
            .all(|(word, expected)| match expected {
                "~" => word.parse::<u64>().is_ok(),
                "\"ID\"" => is_made(word.trim_matches('"')),
                expected => *word == expected,
            })
}

/// As in `[2026-11-22T18:21:51.123Z]`.
fn is_time(time: &str) -> bool {
    looks_like(time, "[0000-00-00T00:00:00.000Z]")
}

/// A random UUID.
fn is_made(id: &str) -> bool {
    looks_like(id, "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx")
}

fn looks_like(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .chars()
            .zip(shape.chars())
            .all(|(is, shape)| match shape {
                '0' => is.is_ascii_digit(),
                'x' => is.is_ascii_hexdigit(),
                shape => is == shape,
            })
}

/// The id of the request that a line is about.
fn request_id(line: &str) -> &str {
    // Between quotes stand the request, forwarded-for, user agent and the id.
    line.split('"').nth(7).expect("a request id")
}
