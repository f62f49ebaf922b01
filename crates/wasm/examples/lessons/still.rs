//! A picture of a moment as SVG: the Deployments with their pods, and who answers how many requests. It
//! follows the side of the paper that the page around it has.

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

/// Draws a moment.
pub fn draw(title: &str, scene: &Scene) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" font-size=\"13\"><style>{}</style>\n\
         <rect width=\"100%\" height=\"100%\" class=\"paper\"/>\n\
         <text x=\"36\" y=\"52\" class=\"ink\" font-size=\"18\" font-weight=\"650\">{}</text>\n\
         <text x=\"36\" y=\"75\" class=\"soft\">{}</text>\n",
        style(),
        escaped(title),
        escaped(&sum(scene)),
    );
    for (row, deployment) in scene.deployments.iter().take(ROWS).enumerate() {
        draw_deployment(&mut svg, 118 + row * 58, deployment);
    }
    svg.push_str("</svg>\n");
    svg
}

fn style() -> String {
    let mut style = String::from(
        ".paper{fill:#f4f3ef}.ink{fill:#1b1c20}.soft{fill:#5b5d65}.line{stroke:#dcd9d1}.open{fill:none!important;stroke-width:1.5}",
    );
    let mut night = String::from(
        ".paper{fill:#131519}.ink{fill:#ecebe7}.soft{fill:#a5a7ae}.line{stroke:#2c2f36}",
    );
    for (index, (day, dark)) in TINTS.iter().enumerate() {
        let _ = write!(style, ".t{index}{{fill:{day};stroke:{day}}}");
        let _ = write!(night, ".t{index}{{fill:{dark};stroke:{dark}}}");
    }
    style + "@media(prefers-color-scheme:dark){" + &night + "}"
}

/// `3 of 3 pods ready, 40 requests a second`
fn sum(scene: &Scene) -> String {
    let desired: u32 = scene.deployments.iter().map(|it| it.desired).sum();
    let ready: u32 = scene.deployments.iter().map(|it| it.ready).sum();
    let calls: u32 = scene.callers.iter().map(|it| it.per_second).sum();
    format!("{ready} of {desired} pods ready, {calls} requests a second")
}

fn draw_deployment(svg: &mut String, y: usize, row: &DeploymentRow) {
    let _ = write!(
        svg,
        "<line x1=\"36\" x2=\"684\" y1=\"{}\" y2=\"{}\" class=\"line\"/>\
         <text x=\"36\" y=\"{}\" class=\"ink\" font-weight=\"600\">{}</text>\
         <text x=\"36\" y=\"{}\" class=\"soft\" font-size=\"11\">Deployment · {} of {} ready</text>",
        y - 8,
        y - 8,
        y + 14,
        escaped(&row.name),
        y + 31,
        row.ready,
        row.desired,
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
    svg.push('\n');
}

fn tint(tint: Option<&Tint>) -> usize {
    tint.map_or(TINTS.len() - 1, |tint| tint.index % TINTS.len())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
