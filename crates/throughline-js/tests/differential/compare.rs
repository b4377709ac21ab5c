//! The lines in which two texts differ.

use std::fmt::Write as _;

pub(crate) enum Difference<'a> {
    First(&'a str),
    Second(&'a str),
}

/// The lines that are not common to both, by a longest common subsequence.
pub(crate) fn differences<'a>(first: &'a str, second: &'a str) -> Vec<Difference<'a>> {
    let (a, b): (Vec<&str>, Vec<&str>) = (first.lines().collect(), second.lines().collect());
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = match a[i] == b[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            i += 1;
            j += 1;
        } else if j == b.len() || i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1] {
            found.push(Difference::First(a[i]));
            i += 1;
        } else {
            found.push(Difference::Second(b[j]));
            j += 1;
        }
    }
    found
}

pub(crate) fn report(differences: &[Difference<'_>], first: &str, second: &str) -> String {
    let mut text = String::new();
    for difference in differences {
        let _ = match difference {
            Difference::First(line) => writeln!(text, "{first}: {line}"),
            Difference::Second(line) => writeln!(text, "{second}: {line}"),
        };
    }
    text
}
