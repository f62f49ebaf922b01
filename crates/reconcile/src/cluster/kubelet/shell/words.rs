//! Words: variables and the output of commands, put in and split.

use super::{Shell, Thread};
use crate::cluster::kubelet::files::Disk;
use crate::delivery::actions::syntax::{Form, Piece, Word};
use ecow::EcoString;

impl Shell {
    /// Words after expansion: what is not quoted is split at blanks.
    pub(super) fn words(
        &mut self,
        thread: &mut Thread,
        words: &[Word],
        disk: &mut Disk<'_>,
    ) -> Vec<EcoString> {
        let mut out = Vec::new();
        for word in words {
            let splits = word.0.iter().any(|piece| {
                matches!(
                    piece,
                    Piece::Variable {
                        is_quoted: false,
                        ..
                    } | Piece::Output {
                        is_quoted: false,
                        ..
                    }
                )
            });
            let text = self.word(thread, word, disk);
            if splits {
                out.extend(text.split_whitespace().map(EcoString::from));
            } else {
                out.push(text);
            }
        }
        out
    }

    pub(super) fn word(
        &mut self,
        thread: &mut Thread,
        word: &Word,
        disk: &mut Disk<'_>,
    ) -> EcoString {
        let mut text = EcoString::new();
        for piece in &word.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Variable { name, form, .. } => {
                    let value = match name.as_str() {
                        "?" => ecow::eco_format!("{}", thread.status),
                        name => self.variables.get(name).cloned().unwrap_or_default(),
                    };
                    match form {
                        Form::Default(other) | Form::Required(other) if value.is_empty() => {
                            text.push_str(&self.word(thread, other, disk));
                        }
                        Form::Instead(_) if value.is_empty() => {}
                        Form::Instead(other) => text.push_str(&self.word(thread, other, disk)),
                        form => text.push_str(&form.applied(value)),
                    }
                }
                Piece::Output { block, .. } => {
                    let done = self.capture(thread, block.clone(), disk);
                    text.push_str(done.out.trim_end_matches('\n'));
                }
            }
        }
        text
    }
}
