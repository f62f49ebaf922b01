//! Edits that keep the rest: text, path, new value as JSON, and the text after.

use yaml::Value;

fn check(text: &str, path: &[&str], json: &str, expected: &str) {
    let value: Value = serde_json::from_str(json).unwrap();
    let edited = yaml::edit::set(text, path, &value).unwrap();
    assert_eq!(edited, expected);
    let node = yaml::parse_first(&edited).unwrap().unwrap();
    let node = node.at(path).unwrap();
    assert_eq!(
        yaml::decode_node(node, yaml::Duplicates::Refuse).unwrap(),
        value
    );
}

#[test]
fn scalars_keep_their_quotes_and_comments() {
    check(
        "image:\n  tag: \"1.0\"  # by CI\n",
        &["image", "tag"],
        "\"1.1\"",
        "image:\n  tag: \"1.1\"  # by CI\n",
    );
    check("tag: 'a'\n", &["tag"], "\"b\"", "tag: 'b'\n");
    check("a: 1 # one\nb: 2\n", &["a"], "5", "a: 5 # one\nb: 2\n");
    check("a:\nb: 2\n", &["a"], "5", "a: 5\nb: 2\n");
    check("a: x\n", &["a"], "\"yes\"", "a: \"yes\"\n");
    check("a: {b: 1, c: 2}\n", &["a", "c"], "3", "a: {b: 1, c: 3}\n");
}

#[test]
fn values_that_were_left_out() {
    check("{\"a\", b}\n", &["a"], "\"x\"", "{\"a\": x, b}\n");
    check("{a: , b: 1}\n", &["a"], "2", "{a: 2, b: 1}\n");
}

#[test]
fn a_key_is_found_by_what_it_decodes_to() {
    let edited = yaml::edit::set("off: 1\n", &["false"], &2.into());
    assert_eq!(edited.as_deref(), Ok("off: 2\n"));
}

#[test]
fn what_would_change_more_than_itself_is_refused() {
    let text = "a: &x {b: 1}\nc: *x\n";
    let error = yaml::edit::set(text, &["a", "b"], &2.into()).unwrap_err();
    assert_eq!(error.message, "a.b cannot be changed here alone");
    assert_eq!((error.line, error.column), (1, 11));
}

#[test]
fn missing_keys_are_added() {
    check("a: 1\n# end\n", &["b"], "2", "a: 1\nb: 2\n# end\n");
    check(
        "image:\n  name: x  # n\nother: 1\n",
        &["image", "tag"],
        "\"1\"",
        "image:\n  name: x  # n\n  tag: \"1\"\nother: 1\n",
    );
    check("a: {}\n", &["a", "b"], "1", "a:\n  b: 1\n");
    check("a: {x: 1}\n", &["a", "b"], "1", "a: {x: 1, b: 1}\n");
    check("", &["a", "b"], "1", "a:\n  b: 1\n");
    check(
        "# only a comment\n",
        &["a"],
        "1",
        "# only a comment\na: 1\n",
    );
}

#[test]
fn collections() {
    check(
        "a:\n  b: 1\nc: 2\n",
        &["a"],
        "{\"x\":[1]}",
        "a:\n  x:\n  - 1\nc: 2\n",
    );
    check("a: 1\nc: 2\n", &["a"], "{\"x\":1}", "a:\n  x: 1\nc: 2\n");
    check("l:\n- 1\n- 2\n", &["l", "1"], "9", "l:\n- 1\n- 9\n");
}

#[test]
fn a_path_through_a_scalar_is_an_error() {
    assert!(yaml::edit::set("a: 1\n", &["a", "b"], &Value::from(1)).is_err());
}
