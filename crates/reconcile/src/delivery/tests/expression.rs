use crate::delivery::actions::expression::{Scope, Sees, Status, Value, check, fill, holds};
use proptest::prelude::*;

fn scope(has_failure: bool) -> Scope<'static> {
    let json = |text| Value::from_json(text).unwrap();
    let mut scope = Scope::default();
    scope.set(
        "github",
        json(r#"{"sha": "3f2c1ab", "event": {"labels": [{"name": "bug"}, {"name": "ui"}]}}"#),
    );
    scope.set(
        "steps",
        json(r#"{"tag": {"outputs": {"has-tag": "true"}}}"#),
    );
    scope.set("env", json(r#"{"EMPTY": ""}"#));
    scope.set("matrix", json(r#"{"os": "linux", "versions": [10, 12.5]}"#));
    if has_failure {
        scope.status = Status::Failure;
    }
    scope
}

#[test]
fn expressions_have_the_values_that_github_gives() {
    let cases = [
        ("plain", "plain"),
        ("sha ${{ github.sha }}!", "sha 3f2c1ab!"),
        ("${{github.sha}}${{ github.sha }}", "3f2c1ab3f2c1ab"),
        ("[${{ github.missing }}]", "[]"),
        ("${{ GitHub.SHA }} ${{ github['sha'] }}", "3f2c1ab 3f2c1ab"),
        ("${{ 'it''s' }} ${{ '}}' }}", "it's }}"),
        ("${{ 1 == 1 && 'yes' || 'no' }}", "yes"),
        ("${{ 'A' == 'a' }}", "true"),
        ("${{ 'a' != 'b' }}", "true"),
        ("${{ env.EMPTY || 'none' }}", "none"),
        (
            "${{ null == 0 }} ${{ '' == 0 }} ${{ 'a' == 0 }}",
            "true true false",
        ),
        (
            "${{ ' 0x10 ' == 16 }} ${{ 1e3 }} ${{ -.5 }}",
            "true 1000 -0.5",
        ),
        (
            "${{ 2 > 1 }} ${{ 'b' >= 'A' }} ${{ NaN == NaN }}",
            "true true false",
        ),
        ("${{ !(true && false) }}", "true"),
        ("${{ contains('Hello', 'ell') }}", "true"),
        ("${{ contains(matrix.versions, 12.5) }}", "true"),
        ("${{ contains(github.event.labels.*.name, 'UI') }}", "true"),
        (
            "${{ join(github.event.labels.*.name, ' and ') }}",
            "bug and ui",
        ),
        (
            "${{ startsWith(github.sha, '3F') }} ${{ endsWith('x.yaml', '.YAML') }}",
            "true true",
        ),
        ("${{ format('{1}-{0} {{x}}', 'a', 2) }}", "2-a {x}"),
        ("${{ toJSON(matrix.versions) }}", "[\n  10,\n  12.5\n]"),
        (
            "${{ fromJSON('{\"a\": [1, {\"b\": null}]}').a[1].b == null }}",
            "true",
        ),
        (
            "${{ matrix }} ${{ matrix.versions[1] }} ${{ matrix.versions[9] }}",
            "Object 12.5 ",
        ),
        (
            "${{ github == github }} ${{ fromJSON('[1]') == fromJSON('[1]') }}",
            "true false",
        ),
        ("${{ case(false, 1, true, 2, 3) }}", "2"),
        ("${{ hashFiles('**/none') }}", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(fill(text, &scope(false)).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn mistakes_in_expressions_are_named() {
    let within = |what: &str, at: usize, text: &str| {
        format!("{what}. Located at position {at} within expression: {text}")
    };
    let cases = [
        (
            "${{ github.sha",
            "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.".to_owned(),
        ),
        ("${{ }}", "An expression was expected".into()),
        (
            "${{ github.sha b }}",
            within("Unexpected symbol: 'b'", 12, "github.sha b"),
        ),
        ("${{ 1 < }}", within("Unexpected end of expression: '<'", 3, "1 <")),
        ("${{ \"a\" }}", within("Unexpected symbol: '\"a\"'", 1, "\"a\"")),
        ("${{ a.b }}", within("Unrecognized named-value: 'a'", 1, "a.b")),
        (
            "${{ secrets.x }}",
            within("Unrecognized named-value: 'secrets'", 1, "secrets.x"),
        ),
        (
            "${{ always() }}",
            within("Unrecognized function: 'always'", 1, "always()"),
        ),
        ("${{ nope(1) }}", within("Unrecognized function: 'nope'", 1, "nope(1)")),
        (
            "${{ toJSON() }}",
            within("Too few parameters supplied: 'toJSON'", 1, "toJSON()"),
        ),
        ("${{ (1 }}", within("Unexpected end of expression: '1'", 2, "(1")),
    ];
    for (text, expected) in cases {
        assert_eq!(check(text, Sees::JOB).unwrap_err(), expected, "{text}");
    }
    assert_eq!(
        check("${{ 1 }}", Sees::NOTHING).unwrap_err(),
        "A template expression is not allowed in this context"
    );
    let deep = format!("${{{{ {} }}}}", "(".repeat(1000));
    assert_eq!(
        check(&deep, Sees::ALL).unwrap_err(),
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
        ("github.sha != 'failure()'", true, false),
        ("!cancelled()", true, true),
        ("", true, false),
        // What is more than one expression is a text, and true.
        ("${{ false }} && x", true, false),
    ];
    for (condition, after_success, after_failure) in cases {
        let holds = |has_failure| holds(condition, &scope(has_failure));
        assert_eq!(holds(false), Ok(after_success), "{condition}");
        assert_eq!(holds(true), Ok(after_failure), "{condition}");
    }
}

proptest! {
    #[test]
    fn no_expression_panics(text in "[ ()!=&|'.,a-z0-9ü-]{0,40}") {
        let _ = fill(&format!("${{{{{text}}}}}"), &scope(false));
    }
}
