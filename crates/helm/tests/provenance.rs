//! Where lines come from: each line of a rendered template, the template lines that made it, the
//! values it read, and after `if` those that decided that it is there.

use helm::{Chart, LineOrigin, ReleaseOptions, Values};
use std::collections::BTreeMap;

const VALUES: &str = "\
replicas: 2
image: {repository: nginx, tag: \"1.25\", pull: true}
names: {full: }
labels: {team: shop, tier: web}
ports: [{name: http, port: 80}, {name: admin, port: 81}]
hosts: [a.example, b.example]
env:
  MODE: fast
  LIMITS.MAX: 3
resources:
  limits: {cpu: 1, memory: 1Gi}
  list: [x, {w: z}]
note: \"tag {{ .Values.image.tag }}\"
debug: false
sub: {level: 3}
global: {zone: north}
";

const HELPERS: &str = "\
{{ define \"name\" }}{{ .Values.names.full | default .Release.Name }}{{ end }}
{{ define \"labels\" }}
app: {{ include \"name\" . }}
{{ toYaml .Values.labels }}
{{ end }}
{{ define \"image\" }}{{ .image.repository }}:{{ .image.tag }}{{ end }}
{{ define \"plain\" -}}
flag: {{ .flag }}
fixed: {{ .fixed }}
zone: {{ .context.Values.global.zone }}
{{- end }}
";

fn shown(origin: &LineOrigin) -> String {
    let site = |site: &helm::Site| {
        let file = site.file.rsplit('/').next().unwrap_or_default();
        format!("{file}:{}", site.line)
    };
    let sites: Vec<String> = origin.sites.iter().map(site).collect();
    let mut out = sites.join(" > ");
    for value in &origin.values {
        out.push_str(&format!(" {value}"));
    }
    if !origin.conditions.is_empty() {
        out.push_str(&format!(" if {}", origin.conditions.join(" ")));
    }
    out
}

/// `expected` has a line for each line of the output: `text | origin`.
fn check(template: &str, expected: &str) {
    let files = BTreeMap::from([
        ("Chart.yaml".to_owned(), "name: c\nversion: 1.0.0\n"),
        ("values.yaml".to_owned(), VALUES),
        ("templates/_h.tpl".to_owned(), HELPERS),
        ("templates/t".to_owned(), template),
        (
            "charts/sub/Chart.yaml".to_owned(),
            "name: sub\nversion: 1.0.0\n",
        ),
        ("charts/sub/values.yaml".to_owned(), "kind: inner\n"),
        (
            "charts/sub/templates/s".to_owned(),
            "{{ .Values.level }} {{ .Values.kind }} {{ .Values.global.zone }}\n",
        ),
    ]);
    let chart = Chart::load(&files).unwrap();
    let options = ReleaseOptions {
        provenance: true,
        ..ReleaseOptions::default()
    };
    let rendered = helm::render_templates(&chart, &Values::new(), &options).unwrap();
    let path = match template {
        "" => "c/charts/sub/templates/s",
        _ => "c/templates/t",
    };
    let file = &rendered[path];
    let lines: Vec<String> = file
        .text
        .lines()
        .zip(&file.lines)
        .map(|(text, origin)| format!("{text} | {}\n", shown(origin)))
        .collect();
    assert_eq!(lines.concat(), expected, "\n{template}");
    assert_eq!(file.text.lines().count(), file.lines.len());
}

#[test]
fn a_line_names_its_template_line_and_its_values() {
    check(
        "a: 1\nb: {{ .Values.replicas }}\n",
        "a: 1 | t:1\nb: 2 | t:2 replicas\n",
    );
    check(
        "{{- $t := .Values.image.tag }}\nt: {{ $t | quote }}\n{{ with .Values.image }}\nr: {{ .repository }}{{ end }}",
        " | t:1\nt: \"1.25\" | t:2 image.tag\n | t:3 if image\nr: nginx | t:4 image.repository if image\n",
    );
    check(
        "x: {{ .Values.names.full | default .Values.image.tag }} {{ ternary \"a\" \"b\" .Values.debug }}",
        "x: 1.25 b | t:1 debug image.tag names.full\n",
    );
    check(
        "{{ if and .Values.image.pull (not .Values.debug) }}y: {{ index .Values.ports 1 \"port\" }}{{ end }}",
        "y: 81 | t:1 ports[1].port if debug image.pull\n",
    );
    check(
        "{{ get .Values.labels \"team\" }} {{ dig \"limits\" \"memory\" \"\" .Values.resources }}",
        "shop 1Gi | t:1 labels.team resources.limits.memory\n",
    );
}

#[test]
fn loops_name_the_item() {
    check(
        "{{- range .Values.ports }}\n- {{ .name }} {{ .port }}\n{{- end }}\n{{ range $i, $h := .Values.hosts }}{{ $h }} {{ $i }}\n{{ end }}",
        " | t:1 if ports\n- http 80 | t:2 ports[0].name ports[0].port if ports\n- admin 81 | t:2 ports[1].name ports[1].port if ports\na.example 0 | t:4 hosts[0] if hosts\nb.example 1 | t:4 hosts[1] if hosts\n",
    );
    check(
        "{{ range $k, $v := .Values.env }}{{ $k }}={{ $v }}\n{{ end }}",
        "LIMITS.MAX=3 | t:1 env.LIMITS\\.MAX if env\nMODE=fast | t:1 env.MODE if env\n",
    );
}

#[test]
fn lines_are_followed_through_includes() {
    check(
        "labels:\n  {{- include \"labels\" . | trim | nindent 2 }}\nimage: {{ include \"image\" .Values | quote }}\n",
        "labels: | t:1\n  app: release-name | t:2 > _h.tpl:3 > _h.tpl:1 names.full\n  team: shop | t:2 > _h.tpl:4 labels.team\n  tier: web | t:2 > _h.tpl:4 labels.tier\nimage: \"nginx:1.25\" | t:3 > _h.tpl:6 image.repository image.tag\n",
    );
    check(
        "{{ template \"image\" (dict \"image\" .Values.image) }}",
        "nginx:1.25 | t:1 > _h.tpl:6 image.repository image.tag\n",
    );
    check(
        "{{ include \"plain\" (dict \"flag\" .Values.debug \"fixed\" 1 \"context\" $) }}",
        "flag: false | t:1 > _h.tpl:8 debug\nfixed: 1 | t:1 > _h.tpl:9\nzone: north | t:1 > _h.tpl:10 global.zone\n",
    );
    check(
        "a: {{ tpl .Values.note . }}\n{{ if include \"name\" . }}b{{ end }}",
        "a: tag 1.25 | t:1 > gotpl:1 image.tag note\nb | t:2 if names.full\n",
    );
}

#[test]
fn lines_of_collections_name_their_own_member() {
    check(
        "r:\n{{ toYaml .Values.resources | indent 2 }}\nj: {{ toJson .Values.labels }}\n",
        "r: | t:1\n  limits: | t:2 resources.limits\n    cpu: 1 | t:2 resources.limits.cpu\n    memory: 1Gi | t:2 resources.limits.memory\n  list: | t:2 resources.list\n  - x | t:2 resources.list[0]\n  - w: z | t:2 resources.list[1].w\nj: {\"team\":\"shop\",\"tier\":\"web\"} | t:3 labels.team labels.tier\n",
    );
    check(
        "{{ toYaml (merge (dict \"own\" 1) .Values.labels (pick .Values.env \"MODE\")) }}",
        "MODE: fast | t:1 env.MODE\nown: 1 | t:1 env labels\nteam: shop | t:1 labels.team\ntier: web | t:1 labels.tier\n",
    );
    check(
        "{{ $y := include \"labels\" . | fromYaml }}{{ toYaml $y }}",
        "app: release-name | t:1 > _h.tpl:3 > _h.tpl:1 names.full\nteam: shop | t:1 > _h.tpl:4 labels.team\ntier: web | t:1 > _h.tpl:4 labels.tier\n",
    );
}

#[test]
fn values_of_subcharts_have_the_path_of_the_whole_chart() {
    check("", "3 inner north | s:1 global.zone sub.kind sub.level\n");
}

#[test]
fn a_path_leads_back_to_its_line() {
    let file = "a: 1\nb:\n  c: [x,\n    {d.e: y}]\n---\nb:\n  f: 2\na: 3\n";
    let cases = [
        ("a", Some(8)),
        ("b.f", Some(7)),
        ("b.c", Some(3)),
        ("b.c[0]", Some(3)),
        ("b.c[1].d\\.e", Some(4)),
        ("b.c[2]", None),
        ("a.x", None),
        ("z", None),
    ];
    for (path, line) in cases {
        assert_eq!(helm::line_of_value(file, path), line, "{path}");
    }
}
