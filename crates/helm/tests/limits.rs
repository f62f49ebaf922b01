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
