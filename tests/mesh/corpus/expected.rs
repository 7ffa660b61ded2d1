//! What a row expects.

/// What a row expects: `NAME(ITEMS)+NAME(ITEMS)`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Expected {
    /// Names that have no value in the file: parameters, foreign resources, placeholders.
    pub(super) needs: Vec<String>,
    /// Blanks in angle brackets: texts, for which nothing need ask.
    pub(super) blanks: Vec<String>,
    /// Pseudo parameters that the file asks for.
    pub(super) pseudo: Vec<String>,
    /// The tool that has to run first.
    pub(super) tool: Option<String>,
    /// The unknown fields of a file that loads without them.
    pub(super) pruned: Vec<String>,
    /// Why the file is refused.
    pub(super) invalid: Vec<String>,
}

impl Expected {
    pub(super) fn of(text: &str) -> Self {
        let mut expected = Self::default();
        for (name, inside) in parts(text) {
            match name {
                "needs-parameters" | "needs-envsubst" => expected.wants(inside),
                "pseudo" => expected.pseudo.extend(listed(inside, ',')),
                "needs-templating" => expected.tool = Some(inside.to_owned()),
                "loads-lenient" => {
                    let fields = inside.trim_start_matches("strict:");
                    expected.pruned.extend(listed(fields, ';'));
                }
                "invalid" => expected.invalid.extend(listed(inside, ';')),
                "loads" => {}
                other => panic!("the manifest expects `{other}`, for which there is no rule"),
            }
        }
        expected
    }

    /// Takes names under the keys by which their values are given.
    fn wants(&mut self, names: &str) {
        for name in listed(names, ',') {
            match name.split_once(':') {
                Some(("angle", blank)) => self.blanks.push(blank.to_owned()),
                Some(("getatt" | "ref" | "mustache", name)) => self.needs.push(name.to_owned()),
                _ => self.needs.push(name),
            }
        }
    }
}

/// The parts between the `+` that stand outside of brackets.
fn parts(text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    for (at, c) in text.char_indices().chain([(text.len(), '+')]) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '+' if depth == 0 => {
                let part = &text[from..at];
                let (name, inside) = part.split_once('(').unwrap_or((part, ""));
                parts.push((name, inside.strip_suffix(')').unwrap_or(inside)));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts
}

/// The items of a list, whose separators do not count within brackets.
fn listed(text: &str, separator: char) -> impl Iterator<Item = String> {
    let mut items = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match items.last_mut() {
            Some(_) if c == separator && depth == 0 => items.push(String::new()),
            Some(item) => item.push(c),
            None => {}
        }
    }
    let items = items.into_iter().map(|item| item.trim().to_owned());
    items.filter(|item| !item.is_empty())
}

#[test]
fn an_expectation_is_read_part_by_part() {
    let text = "invalid(a.b[0]: unknown (c, d); e: f)+needs-parameters(A, getatt:B.C, import:{\"Fn::Sub\": \"${D}:e\"})";
    let expected = Expected {
        invalid: vec!["a.b[0]: unknown (c, d)".into(), "e: f".into()],
        needs: vec![
            "A".into(),
            "B.C".into(),
            "import:{\"Fn::Sub\": \"${D}:e\"}".into(),
        ],
        ..Expected::default()
    };
    assert_eq!(Expected::of(text), expected);
    let pruned = Expected::of("loads-lenient(strict: X/y.spec.foo: unknown field (pruned))");
    assert_eq!(pruned.pruned, ["X/y.spec.foo: unknown field (pruned)"]);
    assert_eq!(
        Expected::of("loads+pseudo(AWS::Region)").pseudo,
        ["AWS::Region"]
    );
}
