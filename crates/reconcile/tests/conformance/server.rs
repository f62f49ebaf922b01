//! An API server that is alone: no controller acts on what it stores.

use kube::api::{Request, Response, Verb, serve};
use kube::fields::{Descriptions, Table};
use kube::{Key, Millis, Status, Store, Value, map};
use shell::{Cluster, Output, kubectl};
use std::rc::Rc;

/// The server, and what it refused last.
pub struct Server {
    pub store: Store,
    /// The moment it is.
    pub now: Millis,
    pub refused: Option<Status>,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            store: Store::new(1),
            now: 0,
            refused: None,
        }
    }
}

impl Cluster for Server {
    fn ask(&mut self, request: Request) -> Response {
        let strict = Request {
            fields: Some(Table::embedded()),
            ..request
        };
        let answer = serve(&mut self.store, self.now, strict);
        self.refused = answer.as_ref().err().cloned();
        answer
    }

    fn now(&self) -> Millis {
        self.now
    }

    fn schema(&self) -> Option<(&'static Table, Rc<Descriptions>)> {
        let descriptions = Descriptions::new(Table::descriptions());
        Some((Table::embedded(), Rc::new(descriptions)))
    }

    // There is only one moment.
    fn wait(&mut self, _: Millis) -> bool {
        false
    }
}

impl Server {
    /// A server with the namespace that the recorder worked in.
    pub fn with_namespace(name: &str) -> Server {
        let mut server = Server::default();
        let namespace = map! {
            "apiVersion" => "v1",
            "kind" => "Namespace",
            "metadata" => map! { "name" => name },
        };
        let request = Request::new("you", Key::of(&namespace), Verb::Create(namespace));
        serve(&mut server.store, 0, request).expect("a namespace is made");
        server
    }

    /// `kubectl apply -f -` of a manifest.
    pub fn apply(&mut self, manifest: &Value, namespace: &str) -> Output {
        let text = serde_json::to_string(manifest).expect("a manifest is JSON");
        kubectl(self, "you", &["apply", "-n", namespace, "-f", "-"], &text)
    }
}
