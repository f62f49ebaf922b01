//! `-o go-template` (`k8s.io/cli-runtime/pkg/genericclioptions/template_flags.go`,
//! `pkg/printers/template.go`).

use super::session::{Fault, Session};
use kube::Value;
use yaml::json::{self, Style};

/// A template that objects are printed with.
pub(super) struct GoTemplate {
    text: String,
    printer: helm::Printer,
}

impl GoTemplate {
    /// Reads a template.
    pub fn read(text: &str) -> Result<GoTemplate, Fault> {
        if text.is_empty() {
            return Err(Fault::Usage(
                "template format specified but no template given".to_owned(),
            ));
        }
        let printer = helm::Printer::parse(text)
            .map_err(|why| Fault::Usage(format!("error parsing template {text}, {why}")))?;
        Ok(GoTemplate {
            text: text.to_owned(),
            printer,
        })
    }

    /// The text that it makes of an object. Where it fails, what it had printed is, and what it saw.
    pub fn print(&self, session: &mut Session, object: &Value) -> Result<String, Fault> {
        let text = &self.text;
        self.printer.print(object).map_err(|[printed, why, shown]| {
            let raw = json::encode(
                object,
                Style {
                    indent: None,
                    is_html_escaped: true,
                },
            );
            session.output.stdout.push_str(&format!(
                "{printed}Error executing template: {why}. Printing more information for debugging the template:\n\
                 \ttemplate was:\n\t\t{text}\n\traw data was:\n\t\t{raw}\n\tobject given to template engine \
                 was:\n\t\t{shown}\n\n"
            ));
            Fault::Usage(format!("error executing template {text:?}: {why}"))
        })
    }
}
