//! A picture of a moment as SVG: what happens, the Deployments with their pods, and who answers how many
//! requests. It follows the side of the paper that the page around it has.

use crate::texts;
use ecow::{EcoString, eco_format};
use std::fmt::Write;
use view::{DeploymentRow, PodForm, Scene, Tint};

/// The picture's size, that of an embed that was given none.
const WIDTH: usize = 720;
const HEIGHT: usize = 420;
/// The colours of commits, day and night, as `tokens.css` has them.
const TINTS: [(&str, &str); 7] = [
    ("#2a6fb5", "#6caaec"),
    ("#d9780a", "#f5a83f"),
    ("#0f8268", "#45c3a0"),
    ("#a84f92", "#df8cc6"),
    ("#8a7a00", "#d8c640"),
    ("#4b3f9e", "#a79cf2"),
    ("#5f6673", "#b4bac6"),
];
/// Rows that there is room for, and pods in one.
const ROWS: usize = 4;
const PODS: usize = 12;

/// How much of a sentence there is room for, in characters.
const SENTENCE: usize = 98;

/// Draws a moment.
#[must_use]
pub fn draw(title: &str, scene: &Scene) -> EcoString {
    let mut svg = eco_format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" font-size=\"13\"><style>{}</style>\n\
         <rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n\
         <text x=\"36\" y=\"52\" class=\"ink\" font-size=\"18\" font-weight=\"650\">{}</text>\n\
         <text x=\"36\" y=\"75\" class=\"soft\">{}</text>\n\
         <text x=\"36\" y=\"97\" class=\"ink\">{}</text>\n",
        style(),
        escaped(title),
        escaped(&sum(scene)),
        escaped(&happening(scene)),
    );
    for (row, deployment) in scene.deployments.iter().take(ROWS).enumerate() {
        draw_deployment(&mut svg, 118 + row * 58, deployment);
    }
    svg.push_str("</svg>\n");
    svg
}

/// `0:45.2 Pod order-service-5c68485986-2szkc is ready.`; nothing before anything was done to the lab.
fn happening(scene: &Scene) -> EcoString {
    let sentence = scene.sentence.as_ref();
    let Some(sentence) = sentence.filter(|_| scene.pull_request.is_some()) else {
        return EcoString::new();
    };
    let (now, text) = (scene.now, &sentence.text);
    let said = || text.chars().filter(|it| *it != '`');
    let told: EcoString = said().take(SENTENCE).collect();
    let end = if said().count() > SENTENCE { "…" } else { "" };
    let (minutes, seconds, tenth) = (now / 60_000, now / 1_000 % 60, now / 100 % 10);
    eco_format!("{minutes}:{seconds:02}.{tenth} {told}{end}")
}

fn style() -> EcoString {
    let mut style = EcoString::from(
        ".paper{fill:#f4f3ef}.ink{fill:#1b1c20}.soft{fill:#5b5d65}.line{stroke:#dcd9d1}.open{fill:none!important;stroke-width:1.5}",
    );
    let mut night = EcoString::from(
        ".paper{fill:#131519}.ink{fill:#ecebe7}.soft{fill:#a5a7ae}.line{stroke:#2c2f36}",
    );
    for (index, (day, dark)) in TINTS.iter().enumerate() {
        let _ = write!(style, ".t{index}{{fill:{day};stroke:{day}}}");
        let _ = write!(night, ".t{index}{{fill:{dark};stroke:{dark}}}");
    }
    eco_format!("{style}@media(prefers-color-scheme:dark){{{night}}}")
}

/// `3 of 3 pods ready, 40 requests a second`
fn sum(scene: &Scene) -> EcoString {
    let desired: u32 = scene.deployments.iter().map(|it| it.desired).sum();
    let ready: u32 = scene.deployments.iter().map(|it| it.ready).sum();
    let calls: u32 = scene.callers.iter().map(|it| it.per_second).sum();
    texts::serving(ready, desired, calls)
}

fn draw_deployment(svg: &mut EcoString, y: usize, row: &DeploymentRow) {
    let _ = write!(
        svg,
        "<line x1=\"36\" x2=\"684\" y1=\"{}\" y2=\"{}\" class=\"line\"/>\
         <text x=\"36\" y=\"{}\" class=\"ink\" font-weight=\"600\">{}</text>\
         <text x=\"36\" y=\"{}\" class=\"soft\" font-size=\"11\">{}</text>",
        y - 8,
        y - 8,
        y + 14,
        escaped(&row.name),
        y + 31,
        texts::deployment(row.ready, row.desired),
    );
    let pods = row.sets.iter().flat_map(|set| &set.pods);
    for (place, pod) in pods.take(PODS).enumerate() {
        let open = if pod.form == PodForm::Ready {
            ""
        } else {
            " open"
        };
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"24\" height=\"24\" rx=\"7\" class=\"t{}{open}\"/>",
            260 + place * 34,
            y + 6,
            tint(pod.tint.as_ref()),
        );
    }
    svg.push_str("\n");
}

fn tint(tint: Option<&Tint>) -> usize {
    tint.map_or(TINTS.len() - 1, |tint| tint.index % TINTS.len())
}

fn escaped(text: &str) -> EcoString {
    text.replace('&', "&amp;").replace('<', "&lt;").into()
}
