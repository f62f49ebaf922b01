//! What becomes of a command's words before it runs: variables, `$(…)`, splitting at blanks
//! ("Shell Expansions" in bash's manual). File names are not expanded.

use super::machine::{Done, Machine, Stop};
use super::syntax::{Form, Piece, Word};
use ecow::{EcoString, eco_format};

impl Machine<'_> {
    /// Words as a command gets them: unquoted variables and outputs are split at blanks, and vanish
    /// if they are empty. (File names are not expanded.)
    pub(super) fn fields(&mut self, words: &[Word]) -> Done<Vec<EcoString>> {
        let mut fields = Vec::new();
        for word in words {
            let mut field: Option<EcoString> = None;
            for piece in &word.0 {
                let (text, splits) = self.piece(piece)?;
                let have = field.as_ref().map_or(0, EcoString::len);
                self.spend(have + text.len(), text.len())?;
                if !splits {
                    field.get_or_insert_default().push_str(&text);
                    continue;
                }
                for (at, part) in text.split(char::is_whitespace).enumerate() {
                    if at > 0 {
                        fields.extend(field.take());
                    }
                    if !part.is_empty() {
                        field.get_or_insert_default().push_str(part);
                    }
                }
            }
            fields.extend(field);
        }
        Ok(fields)
    }

    /// A word as one text, without splitting.
    pub(super) fn text(&mut self, word: &Word) -> Done<EcoString> {
        let mut text = EcoString::new();
        for piece in &word.0 {
            let more = self.piece(piece)?.0;
            self.spend(text.len() + more.len(), more.len())?;
            text.push_str(&more);
        }
        Ok(text)
    }

    /// The text of a piece, and whether it is split at blanks.
    pub(super) fn piece(&mut self, piece: &Piece) -> Done<(EcoString, bool)> {
        Ok(match piece {
            Piece::Text(text) => (text.clone(), false),
            Piece::Variable {
                name,
                form,
                is_quoted,
            } => (self.variable(name, form)?, !is_quoted),
            Piece::Output { block, is_quoted } => {
                self.captures.push(String::new());
                let done = self.block(block, false);
                let output = self.captures.pop().unwrap_or_default();
                self.caught(done)?;
                (output.trim_end_matches('\n').into(), !is_quoted)
            }
        })
    }

    pub(super) fn variable(&mut self, name: &str, form: &Form) -> Done<EcoString> {
        let value = match name {
            "?" => eco_format!("{}", self.last),
            _ => self.value(name).into(),
        };
        match form {
            Form::Default(other) if value.is_empty() => self.text(other),
            Form::Instead(_) if value.is_empty() => Ok(value),
            Form::Instead(other) => self.text(other),
            Form::Required(message) if value.is_empty() => {
                let message = self.text(message)?;
                self.print_error(&format!("{name}: {message}\n"))?;
                Err(Stop::Exit(1))
            }
            form => Ok(form.applied(value)),
        }
    }
}
