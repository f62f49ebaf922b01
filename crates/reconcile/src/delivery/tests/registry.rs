use crate::delivery::app::App;
use crate::delivery::git::{Oid, Tree};
use crate::delivery::registry::{Image, Reference, Registry};
use std::rc::Rc;

#[test]
fn references_are_filled_in() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let cases = [
        ("nginx", Some("docker.io/library/nginx:latest".to_owned())),
        ("nginx:1.29", Some("docker.io/library/nginx:1.29".into())),
        (
            "bitnami/nginx",
            Some("docker.io/bitnami/nginx:latest".into()),
        ),
        ("localhost/a", Some("localhost/a:latest".into())),
        (
            "registry.example/order-service:1.4.2-3f2c1ab",
            Some("registry.example/order-service:1.4.2-3f2c1ab".into()),
        ),
        (
            "registry.example:5000/a/b",
            Some("registry.example:5000/a/b:latest".into()),
        ),
        (
            &format!("a@{digest}"),
            Some(format!("docker.io/library/a@{digest}")),
        ),
        (
            &format!("a:b@{digest}"),
            Some(format!("docker.io/library/a:b@{digest}")),
        ),
        ("", None),
        (":tag", None),
        ("name:", None),
        ("Upper/case", Some("Upper/case:latest".into())),
        ("a/Upper", None),
        ("Upper", None),
        ("a.b:80/c:d", Some("a.b:80/c:d".into())),
        ("a.b:/c", None),
        ("a..b/c", None),
        ("a:-b", None),
        ("a b", None),
        ("a@sha256:12", None),
    ];
    for (text, expected) in cases {
        let found = Reference::parse(text).map(|reference| reference.to_string());
        assert_eq!(found, expected, "{text}");
    }
}

fn image(app_yaml: &str, commit: Oid) -> Rc<Image> {
    let files: Tree = [
        ("app.yaml".into(), app_yaml.into()),
        ("README.md".into(), "".into()),
    ]
    .into();
    Rc::new(Image::build(
        &files,
        App::parse("app.yaml", app_yaml).unwrap(),
        commit,
    ))
}

#[test]
fn a_tag_moves_and_a_digest_stays() {
    let mut registry = Registry::new();
    let latest = Reference::parse("registry.example/a:latest").unwrap();
    let (first, second) = (
        image("version: 1", Oid::default()),
        image("version: 2", Oid::default()),
    );
    assert_ne!(first.digest, second.digest);
    assert_eq!(image("version: 1", Oid::default()).digest, first.digest);

    assert_eq!(
        registry.push(&latest, first.clone(), 10).unwrap().before,
        None
    );
    let snapshot = registry.clone();
    assert_eq!(
        registry.push(&latest, second.clone(), 20).unwrap().before,
        Some(first.digest.clone())
    );
    assert_eq!(registry.resolve(&latest), Some(&second));
    assert_eq!(snapshot.resolve(&latest), Some(&first));
    let by_digest = Reference::parse(&format!("registry.example/a@{}", first.digest)).unwrap();
    assert_eq!(registry.resolve(&by_digest), Some(&first));
    assert_eq!((registry.tags().len(), registry.tags()[0].pushed), (1, 20));
    assert_eq!(
        registry.resolve(&Reference::parse("registry.example/b").unwrap()),
        None
    );
}
