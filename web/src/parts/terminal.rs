//! A terminal for `kubectl`: what one does to a cluster past git.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::session::{Action, Printed};
use crate::words::clock;
use crate::{dom, texts};

#[derive(PartialEq, Properties)]
pub struct TerminalProps {
    pub lines: Rc<Vec<Printed>>,
    /// Whether a command is still on its way.
    pub waits: bool,
    /// Commands that one could begin with.
    pub ideas: Rc<[String]>,
    pub on: Callback<Action>,
}

/// What was printed, and a line to type. The arrow keys bring earlier lines back, as in a shell.
#[component]
pub fn Terminal(props: &TerminalProps) -> Html {
    let text = use_state(String::new);
    // How many lines back the shown one is; 0 for a new one.
    let back = use_state(|| 0_usize);
    let (log, field) = (use_node_ref(), use_node_ref());
    use_effect_with((log.clone(), props.lines.len()), |(log, _)| {
        if let Some(log) = log.cast::<HtmlElement>() {
            log.set_scroll_top(log.scroll_height());
        }
    });
    let oninput = {
        let text = text.setter();
        Callback::from(move |event: InputEvent| text.set(dom::value(&event)))
    };
    let onsubmit = {
        let (text, back, on, waits) = (text.clone(), back.setter(), props.on.clone(), props.waits);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match text.trim() {
                _ if waits => return,
                "" => return,
                "clear" => on.emit(Action::ClearTerminal),
                line => on.emit(Action::Command(line.to_owned())),
            }
            text.set(String::new());
            back.set(0);
        })
    };
    let onkeydown = {
        let (text, back, lines) = (text.setter(), back.clone(), Rc::clone(&props.lines));
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowUp" => (*back + 1).min(lines.len()),
                "ArrowDown" => back.saturating_sub(1),
                _ => return,
            };
            event.prevent_default();
            let at = lines.len() - to;
            text.set(lines.get(at).map_or_else(String::new, |it| it.line.clone()));
            back.set(to);
        })
    };
    html! {
        <section class="terminal" aria-label={texts::TAB_TERMINAL}>
            { log_of(&props.lines, log) }
            <div class="ideas" role="group" aria-label={texts::TERMINAL_IDEAS}>
                for line in props.ideas.iter() {
                    { idea(line, text.setter(), field.clone()) }
                }
            </div>
            <form class="prompt" {onsubmit}>
                <span aria-hidden="true">{ "$" }</span>
                <input
                    ref={field}
                    type="text"
                    aria-label={texts::COMMAND}
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="send"
                    placeholder={texts::COMMAND_EXAMPLE}
                    value={(*text).clone()}
                    {oninput}
                    {onkeydown}
                />
                <button type="submit" disabled={props.waits}>{ texts::RUN }</button>
            </form>
        </section>
    }
}

/// What was printed so far.
fn log_of(lines: &[Printed], node: NodeRef) -> Html {
    html! {
        <div class="scroll" ref={node} role="log" aria-label={texts::TERMINAL_OUTPUT} tabindex="0">
            if lines.is_empty() {
                <p class="quiet">{ texts::TERMINAL_INTRO }</p>
            }
            for (index, printed) in lines.iter().enumerate() {
                <div key={index} class="printed" data-testid="printed" data-failed={printed.is_failed.to_string()}>
                    <p class="command"><code>{ format!("$ {}", printed.line) }</code><span class="when">{ clock(printed.t) }</span></p>
                    if !printed.text.is_empty() {
                        <pre tabindex="0">{ &printed.text }</pre>
                    }
                </div>
            }
        </div>
    }
}

/// A command that one could begin with: it is put into the field.
fn idea(line: &str, text: UseStateSetter<String>, field: NodeRef) -> Html {
    let put = line.to_owned();
    let onclick = move |_| {
        text.set(put.clone());
        dom::focus(field.cast());
    };
    html! { <button type="button" key={line.to_owned()} {onclick}><code>{ line }</code></button> }
}
