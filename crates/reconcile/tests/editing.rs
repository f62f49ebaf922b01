//! What the lab says of files that are being edited, and of charts that somebody brings.

// The cases lie in a file.
#![allow(clippy::disallowed_methods)]

mod folders;

use kube::Value;
use kube::fields::Table;
use reconcile::Lab;
use reconcile::delivery::labs::Files;
use view::{DeliveredBy, Dropped, Edits, Effect};

const VALUES: &str = "order-service/chart/values.yaml";
const TEMPLATE: &str = "order-service/chart/templates/deployment.yaml";

/// The lab of a case: a built-in one, or files laid over the base of the GitOps cases.
fn lab_of(case: &Value) -> Lab {
    let mut lab = match case.get("lab").as_str() {
        Some(name) => Lab::built_in(name).expect("the lab"),
        None => {
            let mut files = Files::new();
            folders::read(&folders::folder("gitops/base"), "", &mut files);
            folders::lay(case.get("files"), &mut files);
            Lab::open(&files, None).expect("the lab")
        }
    };
    lab.seek(lab.end());
    lab.learn_fields(Table::embedded());
    lab
}

/// Each case of `editing.yaml`: what is edited in a lab, which file is open, what is said of it, and
/// which lines of what it renders come from where.
#[test]
fn edited_files_are_judged_as_the_real_programs_do() {
    let text = std::fs::read_to_string(folders::folder("editing.yaml")).expect("it is there");
    let cases = yaml::decode(&text).expect("it is YAML");
    for case in cases.items() {
        let about = case.get("about").text();
        let lab = lab_of(case);
        let main = lab.files();
        let mut files = main.clone();
        folders::lay(case.get("edit"), &mut files);
        let mut edits = Edits {
            changed: files.clone(),
            ..Edits::default()
        };
        edits.settle(&main);
        let open = case.get("open").text();
        let line = |path: &str, line: u32| {
            let at = usize::try_from(line).unwrap_or(0).checked_sub(1);
            let text = files.get(path).map(String::as_str).unwrap_or_default();
            let text = at.and_then(|at| text.lines().nth(at)).unwrap_or_default();
            format!("{path}: {}", text.trim())
        };
        let problems = lab.check_edited(open, &edits);
        let said = problems.iter();
        let said = said.map(|it| format!("{}\n{}", line(&it.path, it.line), it.message));
        let says = case.get("says").items().iter();
        let says = says.map(|it| format!("{}\n{}", it.get("at").text(), it.get("message").text()));
        assert_eq!(
            said.collect::<Vec<_>>(),
            says.collect::<Vec<_>>(),
            "{about}"
        );
        let renders = case.get("renders");
        let manifest = lab.render(open, &edits);
        assert_eq!(manifest.is_some(), !renders.is_null(), "{about}");
        let Some(manifest) = manifest else { continue };
        assert_eq!(
            format!("{:?}", manifest.by),
            renders.get("by").text(),
            "{about}"
        );
        for (wanted, places) in renders.get("lines").members() {
            let mut lines = manifest.lines.iter();
            let found = lines.find(|line| line.text.trim() == wanted.as_str());
            let found = found.unwrap_or_else(|| panic!("{about}: no line {wanted}"));
            let first = found.sources.first().map_or("", |it| it.as_str());
            let shown = match first.rsplit_once(':').map(|(path, at)| (path, at.parse())) {
                Some((path, Ok(at))) => {
                    let full = match path.strip_prefix("../") {
                        Some(elsewhere) => elsewhere.to_owned(),
                        None => format!("{}/{path}", manifest.repository),
                    };
                    line(&full, at)
                }
                _ => first.to_owned(),
            };
            assert_eq!(shown, places.text(), "{about}: {wanted}");
        }
    }
}

fn lab() -> Lab {
    Lab::built_in("order-service").expect("the lab")
}

fn edited(lab: &Lab, path: &str, from: &str, to: &str) -> Edits {
    let text = &lab.files()[path];
    assert!(text.contains(from), "{path} has {from}");
    let mut edits = Edits::default();
    edits
        .changed
        .insert(path.to_owned(), text.replace(from, to));
    edits
}

#[test]
fn mistakes_are_found_in_what_a_chart_renders() {
    let lab = lab();
    for (path, from, to, expected) in [
        (VALUES, "replicaCount: 3", "replicaCount: 4", ""),
        (
            TEMPLATE,
            ".Values.replicaCount",
            "nonsense .Values.replicaCount",
            "function \"nonsense\" not defined",
        ),
        (VALUES, "replicaCount: 3", "replicaCount: 3: 4", "mapping"),
    ] {
        let edits = edited(&lab, path, from, to);
        let problems = lab.check_edited(path, &edits);
        let told = problems.first().map_or("", |problem| &*problem.message);
        match expected {
            "" => assert_eq!(told, ""),
            expected => {
                assert!(told.contains(expected), "{told}");
                let line = edits.changed[path]
                    .lines()
                    .position(|line| line.contains(to));
                let line = line.map(|at| u32::try_from(at + 1).unwrap_or(0));
                assert_eq!(Some(problems[0].line), line, "{told}");
                assert_eq!(&*problems[0].path, path);
            }
        }
    }
}

#[test]
fn each_rendered_line_knows_what_made_it() {
    let lab = lab();
    let edits = edited(&lab, VALUES, "replicaCount: 3", "replicaCount: 7");
    let manifest = lab.render(VALUES, &edits).expect("a chart");
    assert_eq!(manifest.by, DeliveredBy::Workflow);
    assert_eq!(manifest.problems, []);
    let line = |text: &str| {
        let mut lines = manifest.lines.iter();
        let found = lines.find(|line| line.text.trim() == text);
        let sources = &found.unwrap_or_else(|| panic!("no line {text}")).sources;
        sources.iter().map(|it| it.as_str()).collect::<Vec<_>>()
    };
    let replicas = line("replicas: 7");
    assert!(
        replicas[0].starts_with("chart/values.yaml:"),
        "{replicas:?}"
    );
    assert!(
        replicas[1].starts_with("chart/templates/deployment.yaml:"),
        "{replicas:?}"
    );
    let mut images = manifest.lines.iter();
    let image = images.find(|line| line.text.contains("image: "));
    let image = &image.expect("an image").sources;
    assert!(
        image.iter().any(|it| it.starts_with("--set image.tag=")),
        "{image:?}"
    );
    assert_eq!(lab.render("order-service/app.yaml", &edits), None);
}

#[test]
fn what_is_deleted_is_planned_to_go() {
    let mut lab = lab();
    let edits = Edits {
        removed: ["order-service/chart/templates/service.yaml".to_owned()].into(),
        ..Edits::default()
    };
    let files = edits.apply(&lab.files());
    lab.open_pull_request("Drop the service", &files)
        .expect("a pull request");
    let scene = lab.scene();
    let plan = &scene.pull_request.as_ref().expect("it is open").plan;
    assert!(plan.iter().any(|row| row.effect == Effect::Deleted));
}

fn chart(files: &[(&str, &str)]) -> Dropped {
    let files = files
        .iter()
        .map(|(path, text)| (format!("web/{path}"), text.as_bytes().to_vec()));
    Dropped {
        name: "web".into(),
        files: files.collect(),
    }
}

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"
        ports: [{name: http, containerPort: 9000}]
        readinessProbe: {httpGet: {path: /ready, port: http}}
";

#[test]
fn a_chart_becomes_a_repository_and_runs() {
    let mut lab = lab();
    let files = [
        ("Chart.yaml", CHART),
        (
            "values.yaml",
            "image: {repository: ghcr.io/a/web, tag: '1'}\n",
        ),
        ("templates/web.yaml", DEPLOYMENT),
    ];
    let adopted = lab.adopt(chart(&files)).expect("a chart");
    assert_eq!(adopted.open, "web/chart/values.yaml");
    assert!(adopted.files["web/app.yaml"].contains("port: 9000"));
    assert!(adopted.files["web/app.yaml"].contains("readiness: /ready"));
    let edits = Edits {
        changed: adopted.files,
        ..Edits::default()
    };
    let manifest = lab.render(&adopted.open, &edits).expect("a chart");
    assert_eq!(manifest.problems, []);
    assert!(!manifest.lines.is_empty());
    let files = edits.apply(&lab.files());
    lab.open_pull_request(&adopted.title, &files)
        .expect("a pull request in a new repository");
    let scene = lab.scene();
    let pull = scene.pull_request.as_ref().expect("it is open");
    assert_eq!(
        (&*pull.problems, &manifest.by),
        (&[][..], &DeliveredBy::Workflow),
        "{:?}",
        pull.plan
    );
    lab.merge().expect("merged");
    lab.seek(lab.end());
    let scene = lab.scene();
    let mut deployments = scene.deployments.iter();
    let row = deployments.find(|row| row.name == "web");
    assert_eq!(
        row.map(|row| row.ready),
        Some(2),
        "{:?}",
        lab.events().last()
    );
    assert_eq!(
        lab.adopt(chart(&[("Chart.yaml", CHART)])).map(|it| it.open),
        Ok("web-2/chart/Chart.yaml".into())
    );
}

#[test]
fn what_is_no_chart_is_refused_in_the_words_of_helm() {
    let lab = lab();
    let packed = |bytes: &[u8]| Dropped {
        name: "x.tgz".into(),
        files: vec![("x.tgz".into(), bytes.to_vec())],
    };
    let library = format!("{CHART}type: library\n");
    for (dropped, expected) in [
        (chart(&[("values.yaml", "")]), "Chart.yaml file is missing"),
        (
            chart(&[("Chart.yaml", &library)]),
            "library charts are not installable",
        ),
        (
            packed(b"no archive at all"),
            "file 'x.tgz' does not appear to be a valid chart file (details: gzip: invalid header)",
        ),
        (packed(&[0x1F, 0x8B, 8, 0]), "unable to load chart archive"),
        (Dropped::default(), "Chart.yaml file is missing"),
    ] {
        let problems = lab.adopt(dropped).expect_err(expected);
        assert_eq!(problems[0].message, expected);
    }
}
