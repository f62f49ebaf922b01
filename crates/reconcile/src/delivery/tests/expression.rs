use crate::delivery::actions::expression::{Scope, check, fill, holds};
use proptest::prelude::*;

fn scope(has_failure: bool) -> Scope {
    let names = [
        ("github.sha", "3f2c1ab"),
        ("steps.tag.outputs.has-tag", "true"),
        ("env.EMPTY", ""),
    ];
    let names = names
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    Scope { names, has_failure }
}

#[test]
fn expressions_have_the_values_that_github_gives() {
    let cases = [
        ("plain", "plain"),
        ("sha ${{ github.sha }}!", "sha 3f2c1ab!"),
        ("${{github.sha}}${{ github.sha }}", "3f2c1ab3f2c1ab"),
        ("[${{ github.missing }}]", "[]"),
        ("${{ 'it''s' }}", "it's"),
        ("${{ 1 == 1 && 'yes' || 'no' }}", "yes"),
        ("${{ 'A' == 'a' }}", "true"),
        ("${{ 'a' != 'b' }}", "true"),
        ("${{ env.EMPTY || 'none' }}", "none"),
        (
            "${{ null == 0 }} ${{ '' == 0 }} ${{ 'a' == 0 }}",
            "true true false",
        ),
        ("${{ !(true && false) }}", "true"),
        ("${{ contains('Hello', 'ell') }}", "true"),
        ("${{ startsWith(github.sha, '3F') }}", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(fill(text, &scope(false)).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn mistakes_in_expressions_are_named() {
    let cases = [
        ("${{ github.sha", "`${{` without `}}`"),
        ("${{ a b }}", "Unexpected symbol: 'b'"),
        ("${{ }}", "Unexpected symbol: ''"),
        ("${{ 'open }}", "a text is not closed by '"),
        ("${{ nope(1) }}", "Unrecognized function: 'nope'"),
        ("${{ (1 }}", "Expected ')'"),
    ];
    for (text, expected) in cases {
        assert_eq!(check(text).unwrap_err(), expected, "{text}");
    }
    let deep = format!("${{{{ {} }}}}", "(".repeat(1000));
    assert_eq!(
        check(&deep).unwrap_err(),
        "Exceeded max expression depth 50"
    );
}

#[test]
fn conditions_ask_for_success_unless_they_ask_for_another_status() {
    let cases = [
        // condition, holds after success, holds after failure
        ("steps.tag.outputs.has-tag == 'true'", true, false),
        ("${{ steps.tag.outputs.has-tag == 'false' }}", false, false),
        ("always()", true, true),
        ("failure()", false, true),
        ("failure() && github.sha == 'x'", false, false),
        ("success()", true, false),
    ];
    for (condition, after_success, after_failure) in cases {
        assert_eq!(
            holds(condition, &scope(false)),
            after_success,
            "{condition}"
        );
        assert_eq!(holds(condition, &scope(true)), after_failure, "{condition}");
    }
}

proptest! {
    #[test]
    fn no_expression_panics(text in "[ ()!=&|'.,a-z0-9ü-]{0,40}") {
        let _ = fill(&format!("${{{{{text}}}}}"), &scope(false));
    }
}
