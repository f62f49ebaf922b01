//! Objects printed by a template: `kubectl get -o go-template`
//! (`k8s.io/cli-runtime/pkg/printers/template.go`). It is executed by the machine that charts are, as a
//! second one would be as large.

use super::Context;
use crate::error::Error;
use crate::functions::PRINTER;
use gotmpl::{Machine, Map, MissingKey, Trees, Value, print};
use std::rc::Rc;

const NAME: &str = "output";

/// A template to print objects with. It has Go's own functions, `exists` and `base64decode`.
#[derive(Clone, Debug)]
pub struct Printer(Rc<Trees>);

impl Printer {
    /// Reads a template.
    ///
    /// # Errors
    /// Go's, for a template that is none.
    pub fn parse(template: &str) -> Result<Printer, Error> {
        let context = Context::with(PRINTER.iter());
        let is_function = |name: &str| gotmpl::is_function(&context, name);
        let mut trees = Trees::new();
        gotmpl::parse(NAME, template, &mut trees, &is_function)
            .map_err(|error| Error::new(error.message))?;
        Ok(Printer(Rc::new(trees)))
    }

    /// The text that the template makes of an object.
    ///
    /// # Errors
    /// What was printed before the template failed, why it did, in Go's words, and the object as Go shows
    /// it.
    pub fn print(&self, object: &yaml::Value) -> Result<String, [String; 3]> {
        let mut context = Context::with(PRINTER.iter());
        let mut machine = Machine::new(self.0.clone(), &mut context);
        machine.missing_key = MissingKey::Invalid;
        let data = decoded(object);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match machine.execute(NAME, data.clone(), NAME) {
            Ok(output) => Ok(text(&output.text)),
            Err(why) => Err([
                text(&machine.left.text),
                why.message,
                text(&print::sprintf(b"%+v", &[data])),
            ]),
        }
    }
}

/// A value as Kubernetes reads JSON (`k8s.io/apimachinery/pkg/util/json`): whole numbers are int64.
fn decoded(value: &yaml::Value) -> Value {
    match value {
        yaml::Value::Int(number) => Value::int64(*number),
        yaml::Value::List(items) => Value::list(items.iter().map(decoded).collect()),
        yaml::Value::Map(members) => {
            let map = Map::new();
            for (key, value) in members.iter() {
                map.insert(key.as_str(), decoded(value));
            }
            Value::Map(map)
        }
        plain => Value::from(plain),
    }
}
