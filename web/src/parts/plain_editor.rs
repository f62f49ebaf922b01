//! The plain editor: a text area with line numbers, drawn over a coloured copy of its own text. It is what
//! there is until the other one is loaded, and where that cannot be.

use view::Problem;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::editor::{EditorProps, changed_lines};
use super::paint::paint;
use crate::session::{Action, GoTo};
use crate::{dom, texts};

/// One file, editable. The text area is as large as its text, so the frame around it scrolls both.
#[component]
pub fn PlainEditor(props: &EditorProps) -> Html {
    let area = use_node_ref();
    // The value is set only where it differs: setting it moves the caret.
    use_effect_with((area.clone(), props.text.clone()), |(area, text)| {
        if let Some(area) = area.cast::<HtmlTextAreaElement>()
            && area.value() != text.as_str()
        {
            area.set_value(text);
        }
    });
    use_effect_with((area.clone(), props.line), |(area, line)| {
        if let (Some(area), Some(to)) = (area.cast::<HtmlTextAreaElement>(), *line) {
            go_to(&area, to);
        }
    });
    let oninput = props
        .on
        .reform(|event: InputEvent| Action::Edit(dom::value(&event)));
    let lines: Vec<&str> = props.text.split('\n').collect();
    let columns = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
        + 2;
    let changed = changed_lines(props.main.as_deref().unwrap_or_default(), &props.text);
    html! {
        <div class="editor">
            <div class="sheet">
                <div class="numbers" aria-hidden="true">
                    for (index, _) in lines.iter().enumerate() {
                        <span class={classes!(
                            changed.contains(&index).then_some("changed"),
                            wrong(&props.problems, index).then_some("wrong"),
                        )}>{ index + 1 }</span>
                    }
                </div>
                <div class="writing">
                    <pre aria-hidden="true">
                        for (index, line) in lines.iter().enumerate() {
                            <span class={classes!("line", wrong(&props.problems, index).then_some("wrong"))}>
                                for (ink, text) in paint(line) {
                                    <span class={ink.class()}>{ text }</span>
                                }
                                { "\n" }
                            </span>
                        }
                    </pre>
                    <textarea
                        ref={area}
                        aria-label={texts::text_of(&props.name)}
                        aria-invalid={(!props.problems.is_empty()).to_string()}
                        aria-describedby="problems"
                        rows={lines.len().to_string()}
                        cols={columns.to_string()}
                        wrap="off"
                        spellcheck="false"
                        autocapitalize="off"
                        autocomplete="off"
                        {oninput}
                    />
                </div>
            </div>
        </div>
    }
}

/// Puts the caret before a line, and scrolls the frame around the text area to it.
fn go_to(
    area: &HtmlTextAreaElement,
    GoTo {
        line, is_sought, ..
    }: GoTo,
) {
    let text = area.value();
    let before = line.saturating_sub(1) as usize;
    // The browser counts in UTF-16.
    let length = |line: &str| line.encode_utf16().count() + 1;
    let start: usize = text.split('\n').take(before).map(length).sum();
    let start = u32::try_from(start).unwrap_or(0);
    let _ = area.set_selection_range(start, start);
    if is_sought {
        let _ = area.focus();
    }
    let lines = u32::try_from(text.split('\n').count()).unwrap_or(1);
    if let Ok(Some(frame)) = area.closest(".editor") {
        let height = area.scroll_height() / i32::try_from(lines).unwrap_or(1).max(1);
        let top = height * i32::try_from(before).unwrap_or(0);
        frame.set_scroll_top((top - frame.client_height() / 3).max(0));
    }
}

fn wrong(problems: &[Problem], index: usize) -> bool {
    problems
        .iter()
        .any(|problem| problem.line as usize == index + 1)
}
