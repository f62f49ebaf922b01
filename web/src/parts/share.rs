//! The dialog that gives a link to the moment.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use web_sys::{HtmlDialogElement, HtmlInputElement, js_sys};
use yew::prelude::*;

use crate::session::Action;
use crate::{link, texts};

#[derive(PartialEq, Properties)]
pub struct ShareProps {
    /// What the link carries; empty as long as the engine is asked.
    pub json: Rc<str>,
    /// A picture of the moment, as SVG; empty as long as the engine draws it.
    pub picture: Rc<str>,
    pub on: Callback<Action>,
}

/// Shows the link, says how long it is, and offers a file instead.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let address = use_state(String::new);
    let said = use_state(|| "");
    let dialog = use_node_ref();
    let field = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            let _ = dialog.show_modal();
        }
    });
    use_effect_with(Rc::clone(&props.json), {
        let address = address.setter();
        move |json| {
            if !json.is_empty() {
                link::address_of(json, move |it| address.set(it));
            }
        }
    });
    let on_copy = copying(address.clone(), said.setter(), field.clone());
    let close = props.on.reform(|_: MouseEvent| Action::EndShare);
    let is_ready = !address.is_empty();
    html! {
        <dialog
            class="share"
            ref={dialog}
            aria-labelledby="share-title"
            onclose={props.on.reform(|_| Action::EndShare)}
        >
            <h2 id="share-title">{ texts::SHARE_THIS_MOMENT }</h2>
            <p>
                { texts::WHAT_A_LINK_CARRIES }
            </p>
            <div class="line">
                <input
                    ref={field}
                    readonly=true
                    aria-label={texts::LINK}
                    value={(*address).clone()}
                    placeholder={texts::ASKING_THE_ENGINE}
                />
                <button class="primary" type="button" disabled={!is_ready} onclick={on_copy}>{ texts::COPY }</button>
            </div>
            <p class="length" data-testid="link-length" role="status">
                if is_ready {
                    { texts::link_length(address.len()) }
                }
                if !said.is_empty() {
                    { " " }<strong>{ *said }</strong>
                }
            </p>
            <div class="line">
                { files(props, is_ready, said.setter()) }
                <a href="embedding.html">{ texts::EMBED_IT }</a>
                <button class="quiet" type="button" onclick={close}>{ texts::CLOSE }</button>
            </div>
        </dialog>
    }
}

/// Copies the link, and says whether it did.
fn copying(
    address: UseStateHandle<String>,
    said: UseStateSetter<&'static str>,
    field: NodeRef,
) -> Callback<MouseEvent> {
    Callback::from(move |_| {
        if let Some(field) = field.cast::<HtmlInputElement>() {
            field.select();
        }
        let said = said.clone();
        link::copy_text(&address, move |is_copied| {
            said.set(if is_copied {
                texts::COPIED
            } else {
                texts::NOT_COPIED
            });
        });
    })
}

/// The same as files: what the link carries, the picture of the moment, and the way back.
fn files(props: &ShareProps, is_ready: bool, said: UseStateSetter<&'static str>) -> Html {
    let json = Rc::clone(&props.json);
    let on_save = move |_: MouseEvent| link::save(&json);
    let picture = Rc::clone(&props.picture);
    let on_picture = move |_: MouseEvent| link::save_picture(&picture);
    let on_file = move |event: Event| {
        let said = said.clone();
        if let Some(file) = event.target().and_then(|it| first_file(&it)) {
            link::open(&file, move || said.set(texts::NO_LINK_IN_FILE));
        }
    };
    html! {
        <>
            <button type="button" disabled={!is_ready} onclick={on_save}>{ texts::SAVE_AS_A_FILE }</button>
            <button type="button" disabled={props.picture.is_empty()} onclick={on_picture}>{ texts::SAVE_A_PICTURE }</button>
            <label class="file">
                <input class="said" type="file" accept=".json,application/json" onchange={on_file} />
                { texts::OPEN_A_FILE }
            </label>
        </>
    }
}

/// The chosen file. Asked of the object itself, which spares the page a list type for it.
fn first_file(input: &JsValue) -> Option<JsValue> {
    let files = js_sys::Reflect::get(input, &"files".into()).ok()?;
    let file = js_sys::Reflect::get(&files, &0.into()).ok()?;
    (!file.is_undefined() && !file.is_null()).then_some(file)
}
