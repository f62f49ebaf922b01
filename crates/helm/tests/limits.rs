//! What must not happen: a hang, a panic, a stack that ends.

use helm::{Chart, ReleaseOptions, SetKind, Values};
use std::collections::BTreeMap;

fn render(template: &str) -> Result<String, helm::Error> {
    let files = BTreeMap::from([
        (
            "Chart.yaml".to_owned(),
            "apiVersion: v2\nname: t\nversion: 0.1.0\n",
        ),
        ("templates/t".to_owned(), template),
    ]);
    let chart = Chart::load(&files)?;
    let rendered = helm::render_templates(&chart, &Values::new(), &ReleaseOptions::default())?;
    Ok(rendered["t/templates/t"].text.clone())
}

fn shows(template: &str, part: &str) {
    let message = render(template).unwrap_err().message;
    assert!(
        message.contains(part),
        "{template}\n{}",
        &message[..message.len().min(400)]
    );
}

#[test]
fn limits_name_themselves() {
    shows(
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "exceeded maximum template depth (100)",
    );
    shows(
        "{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t) }}",
        "exceeded maximum template depth (100)",
    );
    shows(
        "{{ until 1000000000 }}",
        "until makes more than 100000 elements",
    );
    shows(
        "{{ seq 1 1000000000 }}",
        "until makes more than 100000 elements",
    );
    shows(
        "{{ repeat 1000000000 \"x\" }}",
        "repeat makes more than 1048576 bytes",
    );
    shows(
        "{{ indent 1000000000 \"x\" }}",
        "cannot indent by more than 65536 spaces",
    );
    shows(
        "{{ randAlpha 1000000000 }}",
        "cannot make more than 1048576 letters",
    );
}

/// A search whose every match is looked for to the end of the text, and one that finds too much.
#[test]
fn searches_end() {
    shows(
        "{{ regexFindAll \".*c|b\" (repeat 500000 \"b\") -1 }}",
        "exceeded maximum of 5000000 steps",
    );
    shows(
        "{{ range until 1000 }}{{ regexMatch \"(a*)*b\" (repeat 300000 \"a\") }}{{ end }}",
        "exceeded maximum of 5000000 steps",
    );
    shows(
        "{{ regexReplaceAll \"a\" (repeat 100000 \"a\") (repeat 10000 \"b\") }}",
        "exceeded maximum text of 33554432 bytes",
    );
}

/// Values that hold a part of themselves twice, forty times over, and texts that are made longer
/// by each other: what would go through all of it says so instead.
#[test]
fn what_grows_out_of_bounds_is_stopped() {
    let steps = "exceeded maximum of 5000000 steps";
    let text = "exceeded maximum output of 33554432 bytes";
    let dict = "{{ $d := dict }}{{ range until 40 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}";
    let list = "{{ $d := list 1 }}{{ range until 40 }}{{ $d = list $d $d }}{{ end }}";
    let long = "{{ $t := repeat 1000000 \"x\" }}";
    let cases = [
        (dict, "{{ $d }}", steps),
        (dict, "{{ toYaml $d }}", steps),
        (dict, "{{ toJson $d }}", steps),
        (dict, "{{ deepCopy $d }}", steps),
        (dict, "{{ merge (dict) $d }}", steps),
        (dict, "{{ deepEqual $d (dict) }}", steps),
        (dict, "{{ tpl \"{{ . }}\" $d }}", steps),
        (list, "{{ has 1 $d }}", steps),
        (list, "{{ uniq $d }}", steps),
        (list, "{{ join \",\" $d }}", steps),
        (list, "{{ eq $d 1 }}", steps),
        (long, "{{ replace \"x\" $t $t }}", text),
        (long, "{{ replace \"\" $t $t }}", text),
        (long, "{{ join $t (until 100000) }}", text),
        (long, "{{ wrapWith 1 $t $t }}", text),
        (long, "{{ indent 60000 (replace \"x\" \"\\n\" $t) }}", text),
        (
            long,
            "{{ range until 40 }}{{ $t = print $t $t }}{{ end }}",
            "exceeded maximum text of 33554432 bytes",
        ),
        (
            long,
            "{{ range until 10000 }}{{ $x := tpl $t $ }}{{ end }}",
            steps,
        ),
        (
            long,
            "{{ range until 10000 }}{{ $x := fromYaml $t }}{{ end }}",
            steps,
        ),
        (
            "{{ $l := until 100000 }}",
            "{{ range until 1000 }}{{ $x := append $l 1 }}{{ end }}",
            steps,
        ),
        ("{{ $l := until 100000 }}", "{{ uniq $l }}", steps),
        (
            "{{ define \"a\" }}{{ if gt (int .) 0 }}{{ include \"a\" (sub . 1) }}{{ include \"a\" (sub . 1) }}{{ end }}{{ end }}",
            "{{ include \"a\" 50 }}",
            steps,
        ),
    ];
    for (start, end, part) in cases {
        shows(&format!("{start}{end}"), part);
    }
}

/// Nesting ends before any stack does.
#[test]
fn depth_has_limits() {
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let parts = [
        (
            format!("{{{{ {} }}}}", deep("(", ")")),
            "max expression depth exceeded",
        ),
        (
            deep("{{ if 1 }}", "{{ end }}"),
            "max nesting depth exceeded",
        ),
        (
            format!(
                "{{{{ if 0 }}}}{}{{{{ end }}}}",
                "{{ else if 0 }}".repeat(100_000)
            ),
            "max nesting depth exceeded",
        ),
    ];
    for (template, part) in parts {
        shows(&template, part);
    }
    let read = [
        ("fromYaml", "[", "exceeded max depth of 200"),
        ("fromYaml", "{a: ", "exceeded max depth of 200"),
        ("fromYamlArray", "- ", "exceeded max depth of 200"),
        ("fromJson", "[", "depth"),
        ("fromJson", "{\\\"a\\\":", "depth"),
    ];
    for (function, open, part) in read {
        let template = format!("{{{{ {function} (repeat 100000 \"{open}\") }}}}");
        let shown = render(&template).unwrap_or_else(|error| error.message);
        assert!(shown.contains(part), "{template}\n{shown}");
    }
}

#[test]
fn a_map_that_holds_itself_is_printed_so_far() {
    let start = "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}";
    for end in [
        "{{ toYaml $d }}",
        "{{ toJson $d }}",
        "{{ $d }}",
        "{{ deepCopy $d }}",
        "{{ merge $d $d }}",
        "{{ deepEqual $d (deepCopy $d) }}",
        "{{ toToml $d }}",
    ] {
        assert!(render(&format!("{start}{end}")).is_ok(), "{end}");
    }
}

#[test]
fn a_long_chain_of_maps_is_dropped() {
    let template = "{{ $d := dict }}{{ range until 100000 }}{{ $d = dict \"d\" $d }}{{ end }}ok";
    assert_eq!(render(template).unwrap(), "ok");
}

#[test]
fn random_functions_repeat_with_the_seed() {
    let template =
        "{{ randAlphaNum 8 }} {{ uuidv4 }} {{ (genCA \"x\" 1).Cert | sha256sum }} {{ now }}";
    assert_eq!(render(template).unwrap(), render(template).unwrap());
}

#[test]
fn flags_have_limits() {
    let values = Values::new();
    assert!(values.set("a[99999999]=1", SetKind::Set).is_err());
    assert!(values.set(&"a.".repeat(100), SetKind::Set).is_err());
    assert!(
        values
            .set(&format!("a{}=1", "[0]".repeat(100_000)), SetKind::Set)
            .is_err()
    );
}
