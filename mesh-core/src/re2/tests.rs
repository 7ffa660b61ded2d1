use super::{Expression, NoExpression};

fn takes(expression: &str, text: &[u8]) -> bool {
    let expression = Expression::new(expression).unwrap();
    expression.compile(1 << 20).unwrap().is_match(text)
}

#[test]
fn an_expression_means_what_it_means_in_re2() {
    let rows: [(&str, &[&str], &[&str]); 37] = [
        ("[a&&b]", &["a", "&", "b"], &["", "c"]),
        ("[a~~b]", &["~"], &["c"]),
        ("[[a]b]", &["[b]", "ab]"], &["a", "b"]),
        ("[[:alpha:]_]+", &["a_b"], &["1"]),
        ("[[:^digit:]]", &["a"], &["1"]),
        ("[[:a]", &[":", "[", "a"], &["b"]),
        ("[]a]", &["]", "a"], &["b"]),
        ("[^]a]", &["b"], &["]", "a"]),
        ("[a-]", &["a", "-"], &["b"]),
        ("[-a]", &["a", "-"], &["b"]),
        ("[a-c-e]", &["b", "-", "e"], &["d"]),
        ("[+--]", &["+", ",", "-"], &["."]),
        (r"[\d-z]", &["1", "-", "z"], &["y"]),
        (r"[\s]", &["\t", " ", "\x0c"], &["\x0b"]),
        (r"[\S]", &["a", "\x0b"], &[" "]),
        (r"[\]\\^]", &["]", "\\", "^"], &["a"]),
        (r"[\x41-\x{43}\104]", &["A", "B", "C", "D"], &["E"]),
        ("[a.b*]+", &["a.*"], &["c"]),
        ("[#]", &["#"], &[" "]),
        (r"\Qa.b|c\E+", &["a.b|c", "a.b|ccc"], &["aXb", "c"]),
        (r"\Qa\b", &[r"a\b"], &["a"]),
        (r"a\C", &["ab", "a\n"], &["a"]),
        (r"\<a\>", &["<a>"], &["a"]),
        (r"\-\/\#\ ", &["-/# "], &[]),
        (r"a\b{start}", &["a{start}"], &["a"]),
        ("a{,2}", &["a{,2}"], &["", "a", "aa"]),
        ("a{", &["a{"], &["a"]),
        ("a{x}", &["a{x}"], &["a"]),
        ("a{02}", &["a{02}"], &["aa"]),
        ("a{2}?b{1,}c{0,1}", &["aabbc", "aab"], &["ab"]),
        ("a}", &["a}"], &["a"]),
        ("a]", &["a]"], &["a"]),
        ("a #b", &["a #b"], &["ab"]),
        (r"\s\d\w", &["\t1_"], &["\x0b1_"]),
        (r"\101\x42\x{43}\0", &["ABC\0"], &["ABC"]),
        ("(?P<n>a)(?<m>b)(?:c)(?i)D(?s-i:.)", &["abcd\n"], &["abcd"]),
        ("(|a)b||c", &["b", "ab", "", "c"], &["a"]),
    ];
    for (expression, taken, refused) in rows {
        for text in taken {
            assert!(
                takes(expression, text.as_bytes()),
                "{expression} on {text:?}"
            );
        }
        for text in refused {
            assert!(
                !takes(expression, text.as_bytes()),
                "{expression} on {text:?}"
            );
        }
    }
}

#[test]
fn a_character_beyond_ascii_is_its_bytes() {
    assert!(takes("größe", "größe".as_bytes()));
    assert!(takes("é?", b"\xC3") && takes("é?", "é".as_bytes()) && !takes("é?", b""));
    assert!(takes("[é]", b"\xA9") && !takes("[é]", "é".as_bytes()));
    assert!(takes(r"\xE9\x{E9}", b"\xE9\xE9"));
}

#[test]
fn what_re2_has_not_is_told_by_what_it_is() {
    let rows = [
        ("(?=a)", "(?=", "look-around"),
        ("(?!a)", "(?!", "look-around"),
        ("(?<=a)b", "(?<=", "look-around"),
        ("(?<!a)b", "(?<!", "look-around"),
        ("(?x)a b", "(?x", "such flag"),
        ("(?iu:a)", "(?u", "such flag"),
        ("(?>a)", "(?>", "such flag"),
        ("(?#a)", "(?#", "such flag"),
        ("a++", "+", "repetition of a repetition"),
        ("a+?*", "*", "repetition of a repetition"),
        ("a{2}{3}", "{3}", "repetition of a repetition"),
        ("a{1001}", "{1001}", "more than 1,000 repetitions"),
        (r"(a)\1", r"\1", "reference to a group"),
        (r"\8", r"\8", "reference to a group"),
        (r"\u0041", r"\u", "such escape"),
        (r"\_", r"\_", "such escape"),
        (r"\E", r"\E", "such escape"),
        (r"\Z", r"\Z", "such escape"),
        (r"\xg", r"\x", "such escape"),
        (r"\x{100}", r"\100", "byte of this number"),
        (r"\777", r"\777", "byte of this number"),
        ("(?P<a-b>c)", "(?<a-b", "such name of a group"),
        ("(?<>c)", "(?<", "such name of a group"),
        ("(?P<n", "(?<n", "such name of a group"),
        (
            "(a{100}){11}",
            "a repetition of repetitions",
            "more than 1,000 of them",
        ),
        (
            "b|(a{50,}){30}",
            "a repetition of repetitions",
            "more than 1,000 of them",
        ),
        (r"\x{}", r"\x{", "such escape"),
        (r"[\b]", r"\b", "such escape"),
        (r"[\Qa\E]", r"\Q", "such escape"),
        ("[[:foo:]]", "[:foo:]", "class of this name"),
    ];
    for (expression, found, what) in rows {
        let found = found.to_owned();
        let told = Expression::new(expression).map(drop);
        assert_eq!(
            told,
            Err(NoExpression::NotRe2 { found, what }),
            "{expression}"
        );
    }
}

#[test]
fn what_is_no_expression_or_not_read_is_told() {
    for expression in [
        "(", "a)(b", "[", "[]", "[a", "[a-", "[c-a]", "[a--c]", "*", "a|*", "(*a)", "{2}", r"a\",
        "[a\\", "(?", "(?i", "a{3,2}",
    ] {
        let told = Expression::new(expression).map(drop);
        assert!(
            matches!(told, Err(NoExpression::Broken(_))),
            "{expression}: {told:?}"
        );
    }
    for expression in [r"\pN", r"\p{Greek}", r"[\PN]", r"\p", r"a+\Q\E?"] {
        let told = Expression::new(expression).map(drop);
        assert!(
            matches!(told, Err(NoExpression::NotRead(_))),
            "{expression}: {told:?}"
        );
    }
    let large = Expression::new("(a{100}){10}").unwrap();
    assert_eq!(
        large.compile(10).map(drop),
        Err(NoExpression::TooLarge { bytes: 10 })
    );
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(if cfg!(miri) { 8 } else { 2_000 })
    })]

    #[test]
    fn any_text_is_an_expression_or_told_why_not(written in r"[\[\](){}a-c0-2\\^$|.*+?,:&~<>QEPxé -]{0,24}") {
        if let Ok(expression) = Expression::new(&written) {
            proptest::prop_assert!(expression.compile(1 << 20).is_ok(), "{}", written);
        }
    }
}
