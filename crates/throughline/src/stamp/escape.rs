//! Values as parts of a line: nothing in them ends the line, or what they stand in.

use std::fmt::Write as _;

pub(super) fn is_name(name: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.');
    !name.is_empty() && name.bytes().all(is_part)
}

/// As it is, or quoted.
pub(super) fn text(line: &mut String, value: &str) {
    if !value.is_empty() && value.chars().all(is_plain) {
        line.push_str(value);
        return;
    }
    line.push('"');
    for c in value.chars() {
        match c {
            '\'' => line.push(c),
            _ => line.extend(c.escape_debug()),
        }
    }
    line.push('"');
}

fn is_plain(c: char) -> bool {
    match c {
        '"' | '\'' | '=' | '\\' => false,
        _ => c.is_ascii_graphic() || c.is_alphanumeric(),
    }
}

/// A string of JSON.
pub(super) fn json(line: &mut String, value: &str) {
    line.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            '\'' => line.push(c),
            // What Rust's `Debug` would not print as it is: controls, separators of lines, what turns the direction of text.
            _ if c.escape_debug().len() > 1 => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(line, "\\u{unit:04x}"); // A `String` takes everything.
                }
            }
            _ => line.push(c),
        }
    }
    line.push('"');
}
