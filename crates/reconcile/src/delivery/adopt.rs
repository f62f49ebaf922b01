//! Somebody's own chart becomes a repository: what it has none of, it gets a stand-in for.

use crate::texts;
use crate::texts::files::{
    BUILD_AND_PUSH, CHECK_OUT, DELIVER, STAND_IN_CODE, STAND_IN_WORKFLOW, UPGRADE_THE_RELEASE,
};
use crate::view::protocol::Files;
use crate::view::{Adopted, Dropped, Problem};
use ecow::{EcoString, eco_format};
use helm::{Chart, ReleaseOptions, Values};
use kube::Value;
use std::collections::BTreeMap;

/// All files of a chart together: they are kept as edits, which travel with every keystroke.
const BYTES_MAX: usize = 2 << 20;
const FILES_MAX: usize = 1_000;
const CHART_FILE: &str = "Chart.yaml";
const WORKFLOWS: &str = ".github/workflows/";

/// What builds the image of the stand-in.
const DOCKERFILE: &str = "FROM registry.example/runtime:22\nWORKDIR /app\nCOPY app.yaml ./\nUSER 10001\nENTRYPOINT [\"/app/server\"]\n";

type Bytes = BTreeMap<String, Vec<u8>>;

/// The files of a repository with what was dropped; no name in `taken` is given to it.
///
/// # Errors
/// What is no chart, in Helm's words.
pub fn adopt(dropped: Dropped, taken: &[EcoString]) -> Result<Adopted, Vec<Problem>> {
    let whole =
        |message: &dyn std::fmt::Display| vec![Problem::whole("", eco_format!("{message}"))];
    let mut notes = Vec::new();
    let mut files = unpacked(dropped).map_err(|why| whole(&why))?;
    unpack_subcharts(&mut files).map_err(|why| whole(&why))?;
    let bytes: usize = files.values().map(Vec::len).sum();
    if BYTES_MAX < bytes || FILES_MAX < files.len() {
        let why =
            texts::files::more_than_the_page_keeps((files.len(), bytes), (FILES_MAX, BYTES_MAX));
        return Err(whole(&why));
    }
    let folder = chart_folder(&files).ok_or_else(|| whole(&"Chart.yaml file is missing"))?;
    let mut in_chart = Bytes::new();
    for (path, content) in &files {
        if let Some(inside) = path.strip_prefix(&folder) {
            in_chart.insert(inside.to_owned(), content.clone());
        }
    }
    let chart = Chart::load(&in_chart).map_err(|error| {
        vec![Problem {
            path: error.file.as_deref().unwrap_or_default().into(),
            line: u32::try_from(error.line.unwrap_or(0)).unwrap_or(0),
            column: u32::try_from(error.column.unwrap_or(0)).unwrap_or(0),
            message: error.message.into(),
            hint: error.hint.unwrap_or_default().into(),
        }]
    })?;
    if chart.is_library() {
        return Err(whole(&"library charts are not installable"));
    }
    let name = free_name(chart.name(), taken);
    // A chart alone lies in a folder of its repository, as charts do beside code.
    let (folder, moved) = match folder.as_str() {
        "" => ("chart/".to_owned(), "chart/"),
        folder => (folder.to_owned(), ""),
    };
    let mut repository = Files::new();
    let mut binary = 0;
    for (path, content) in files {
        match String::from_utf8(content) {
            Ok(text) => drop(repository.insert(format!("{name}/{moved}{path}"), text)),
            Err(_) => binary += 1,
        }
    }
    if 0 < binary {
        notes.push(texts::files::no_text(binary));
    }
    let own = |path: &str| format!("{name}/{path}");
    let has_workflow = repository
        .keys()
        .any(|path| path.starts_with(&own(WORKFLOWS)));
    if !has_workflow {
        let builds = chart
            .default_values()
            .at(&["image", "repository"])
            .as_str()
            .is_some();
        let image = builds.then(|| eco_format!("registry.example/{name}"));
        let text = workflow(&name, folder.trim_end_matches('/'), image.as_deref());
        repository.insert(own(".github/workflows/deliver.yaml"), text);
        notes.push(texts::files::INSTALLED_BY_A_STAND_IN.into());
        if builds && !repository.contains_key(&own("app.yaml")) {
            let (app, told) = app(&chart, &name);
            repository.insert(own("app.yaml"), app);
            repository
                .entry(own("Dockerfile"))
                .or_insert_with(|| DOCKERFILE.to_owned());
            notes.push(told);
        }
        notes.push(texts::files::OTHER_IMAGES.into());
    }
    let open = own(&format!("{folder}values.yaml"));
    let open = match repository.contains_key(&open) {
        true => open,
        false => own(&format!("{folder}{CHART_FILE}")),
    };
    Ok(Adopted {
        title: texts::files::add(&name),
        files: repository,
        open,
        notes,
    })
}

/// The files by their paths, without the folder that all of them are in.
fn unpacked(dropped: Dropped) -> Result<Bytes, helm::Error> {
    let Dropped { name, mut files } = dropped;
    if let [(_, content)] = files.as_slice()
        && (name.ends_with(".tgz") || name.ends_with(".tar.gz"))
    {
        let unpacked = helm::unpack_chart(content, &name)?;
        return Ok(lean::map(unpacked));
    }
    let top = |path: &str| path.split_once('/').map(|(top, _)| top.to_owned());
    let first = files.first().and_then(|(path, _)| top(path));
    if first.is_some() && files.iter().all(|(path, _)| top(path) == first) {
        for (path, _) in &mut files {
            *path = path.split_once('/').map_or("", |(_, rest)| rest).to_owned();
        }
    }
    files.retain(|(path, _)| {
        !path
            .split('/')
            .any(|part| matches!(part, "" | "." | ".." | ".git"))
    });
    Ok(lean::map(files))
}

/// Packed subcharts become folders: the page's files are texts.
fn unpack_subcharts(files: &mut Bytes) -> Result<(), helm::Error> {
    let is_packed = |path: &&String| path.contains("charts/") && path.ends_with(".tgz");
    let packed: Vec<String> = files.keys().filter(is_packed).cloned().collect();
    for path in packed {
        let content = files.remove(&path).unwrap_or_default();
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let unpacked = helm::unpack_chart(&content, file)?;
        let name = file.trim_end_matches(".tgz");
        for (inside, content) in unpacked {
            files.insert(format!("{folder}/{name}/{inside}"), content);
        }
    }
    Ok(())
}

/// The folder of the outermost chart, with its slash.
fn chart_folder(files: &Bytes) -> Option<String> {
    let folders = files
        .keys()
        .filter_map(|path| path.strip_suffix(CHART_FILE))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'));
    let depth = |folder: &&str| folder.matches('/').count();
    folders.min_by_key(depth).map(str::to_owned)
}

fn free_name(name: &str, taken: &[EcoString]) -> EcoString {
    let is_free = |name: &EcoString| !taken.contains(name);
    let numbered = (2u32..).map(|n| eco_format!("{name}-{n}"));
    let mut names = std::iter::once(EcoString::from(name)).chain(numbered);
    names.find(is_free).unwrap_or_default()
}

/// The workflow that stands in: with an image, it is built and given to the chart.
fn workflow(name: &str, chart: &str, image: Option<&str>) -> String {
    let (mut build, mut set) = (String::new(), String::new());
    if let Some(image) = image {
        build = format!(
            "      - name: {BUILD_AND_PUSH}\n        run: |\n          docker build --tag {image}:${{{{ github.sha }}}} .\n          docker push {image}:${{{{ github.sha }}}}\n"
        );
        set = format!(
            " \\\n            --set image.repository={image} \\\n            --set image.tag=${{{{ github.sha }}}}"
        );
    }
    format!(
        "# {STAND_IN_WORKFLOW}\nname: {DELIVER}\non:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-24.04\n    steps:\n      - name: {CHECK_OUT}\n        uses: actions/checkout@v5\n{build}      - name: {UPGRADE_THE_RELEASE}\n        run: |\n          helm upgrade --install {name} ./{chart} \\\n            --namespace {name} --create-namespace \\\n            --wait --timeout 5m{set}\n"
    )
}

/// What the image is to do, read off the first container that the chart renders, and that in words.
fn app(chart: &Chart, name: &str) -> (String, EcoString) {
    let rendered = helm::render(chart, &Values::new(), &ReleaseOptions::default());
    let manifests = rendered.map(|it| it.manifests).unwrap_or_default();
    let objects = manifests
        .iter()
        .filter_map(|it| yaml::decode(&it.content).ok());
    let containers = objects.filter_map(|object| {
        let path = ["spec", "template", "spec", "containers"];
        object.at(&path).items().first().cloned()
    });
    let container = containers.into_iter().next().unwrap_or_default();
    let port = port(&container);
    let path = |probe: &str| {
        let path = container.at(&[probe, "httpGet", "path"]).to_text();
        if path.is_empty() { "/".into() } else { path }
    };
    let (liveness, readiness) = (path("livenessProbe"), path("readinessProbe"));
    let text = format!(
        "# {STAND_IN_CODE}\nversion: 1.0.0\ntests: pass\nimage:\n  size: 64Mi\nstartup: 2s\nport: {port}\nhealth:\n  liveness: {liveness}\n  readiness: {readiness}\nmemory:\n  base: 32Mi\ncpu:\n  idle: 5m\n  perRequest: 2ms\nlatency: 10ms\nerrors: 0%\nonSigterm: drain 1s\n"
    );
    let told = texts::files::code_is_assumed(name, port, &liveness, &readiness);
    (text, told)
}

/// The port that a container's first probe asks, or else its first one.
fn port(container: &Value) -> i64 {
    let ports = container.get("ports").items();
    let probes = ["readinessProbe", "livenessProbe"];
    let asked = probes.map(|probe| container.at(&[probe, "httpGet", "port"]).clone());
    let number = |port: &Value| match port.as_str() {
        Some(name) => {
            let mut named = ports
                .iter()
                .filter(|it| it.get("name").as_str() == Some(name));
            named.next().and_then(|it| it.get("containerPort").as_int())
        }
        None => port.as_int(),
    };
    let first = ports
        .first()
        .and_then(|it| it.get("containerPort").as_int());
    asked.iter().find_map(number).or(first).unwrap_or(8080)
}
