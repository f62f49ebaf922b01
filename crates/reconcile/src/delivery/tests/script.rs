use super::oracle::{self, Folder};
use crate::delivery::actions::answer::Answer;
use crate::delivery::actions::machine::{self, Outcome, Start};
use crate::delivery::actions::workplace::{Checkout, Credential, Workplace};
use crate::delivery::git::{Person, Repository, Tree};
use lean::FlatMap;
use proptest::prelude::*;
use std::rc::Rc;

fn files() -> Tree {
    [
        ("app.yaml", "version: 1.4.2\nimage:\n  size: 84Mi\n"),
        ("notes", "one\ntwo\n"),
    ]
    .map(|(path, text)| (path.into(), text.into()))
    .into()
}

fn play(script: &str, answers: &[Answer]) -> machine::Result {
    let files = files();
    let mut repository = Repository::new();
    let commit = repository
        .commit_files(&files, &[], Person::you(), 0, "First")
        .unwrap();
    let clone = Checkout {
        folder: "".into(),
        name: "shop".into(),
        repository,
        branch: "main".into(),
        head: commit,
        depth: None,
        index: Rc::new(files.clone()),
        author: None,
        credential: Credential::Writer,
    };
    let mut place = Workplace::default();
    place.check_out(clone, &files);
    let start = Start {
        place,
        ..Start::default()
    };
    let env = FlatMap::from([
        ("NAME".into(), "big  world".into()),
        ("EMPTY".into(), "".into()),
        (
            "GITHUB_WORKSPACE".into(),
            "/home/runner/work/shop/shop".into(),
        ),
    ]);
    machine::run(script, &env, start, answers)
}

/// What a script prints and its status, as `status: line|line`.
fn printed(script: &str) -> String {
    let result = play(script, &[]);
    let log: Vec<&str> = result.log.iter().map(|line| line.as_str()).collect();
    match result.outcome {
        Outcome::Ended(status) => format!("{status}: {}", log.join("|")),
        Outcome::Waits(call) => format!("waits for {:?}: {}", call.words, log.join("|")),
    }
}

/// Scripts that do here what they do in bash, with what they print.
const AS_IN_BASH: [(&str, &str); 72] = [
    ("echo a | wc -l\necho b", "0: 1|b"),
    ("for x in 1 2; do\n  echo $x\ndone", "0: 1|2"),
    (
        "for x in a b c; do if [ $x = b ]; then continue; fi; echo $x; done",
        "0: a|c",
    ),
    (
        "for x in a b; do for y in 1 2; do echo $x$y; break; done; done",
        "0: a1|b1",
    ),
    (
        "N=; while [ \"$N\" != xxx ]; do N=x$N; done; echo $N",
        "0: xxx",
    ),
    ("until true; do echo never; done; echo end", "0: end"),
    ("{ echo a; echo b; } | tail -n 1", "0: b"),
    ("(echo a; exit 3) || echo $?", "0: a|3"),
    (
        "cat <<EOF\nis $NAME\nEOF\necho after",
        "0: is big  world|after",
    ),
    ("cat <<'EOF'\nis $NAME\nEOF", "0: is $NAME"),
    (
        "cat <<-EOF | grep -c a\n\ta\n\tb\n\tEOF\necho end",
        "0: 1|end",
    ),
    ("cat <<< \"$NAME\"", "0: big  world"),
    ("cat < notes", "0: one|two"),
    ("echo `echo one`", "0: one"),
    (
        "echo ${NAME%% *} ${NAME##* } ${NAME#big} ${NAME%world}",
        "0: big world world big",
    ),
    (
        "echo ${NAME/big/small} ${NAME//l/L}",
        "0: small world big worLd",
    ),
    (
        "echo ${EMPTY:-$NAME} [${EMPTY:+x}] ${NAME:+x} ${EMPTY:-${NAME::3}}",
        "0: big world [] x big",
    ),
    (
        "sed 's/o/0/' notes; sed -E 's/(t)(w)/\\2\\1/; s/e$/&!/' notes",
        "0: 0ne|tw0|one!|wto",
    ),
    ("sed -i 's|^o.*|uno|' notes; cat notes", "0: uno|two"),
    (
        "grep -q two notes && echo found; grep three notes || echo missing",
        "0: found|missing",
    ),
    (
        "grep -v o[n] notes; grep -E 't(w|x)o' notes; grep -c . notes",
        "0: two|two|2",
    ),
    ("printf '%s-%s\\n' a b c d", "0: a-b|c-d"),
    ("echo -n a; echo -e 'b\\tc'", "0: ab\tc"),
    (
        "head -n 1 notes; tail -n 1 notes; head -c 2 notes; echo",
        "0: one|two|on",
    ),
    (
        "echo a:b:c | cut -d: -f2; echo abcdef | cut -c2-3; echo ab | tr a-z A-Z",
        "0: b|bc|AB",
    ),
    ("echo 'b a b' | tr ' ' '\\n' | sort -u", "0: a|b"),
    (
        "basename /a/b.yaml .yaml; dirname a/b; seq 2 4",
        "0: b|a|2|3|4",
    ),
    (
        "set +e; false; echo goes on; set -e; false; echo never",
        "1: goes on",
    ),
    ("set -o pipefail; false | true; echo never", "1: "),
    (
        "[ 2 -lt 10 ] && [ 3 -ge 3 ] && [ -d . ] && echo yes",
        "0: yes",
    ),
    (
        "echo a > x; cp x y; mv y z; rm x; cat z; [ -e x ] || echo gone",
        "0: a|gone",
    ),
    ("", "0: "),
    ("# only a comment", "0: "),
    ("echo hello", "0: hello"),
    ("echo   a    b", "0: a b"),
    ("echo 'a   b' \"c   d\"", "0: a   b c   d"),
    ("echo a\\ b \\$NAME", "0: a b $NAME"),
    ("echo $NAME", "0: big world"),
    ("echo \"$NAME\"", "0: big  world"),
    ("echo \"${NAME}s\" '$NAME'", "0: big  worlds $NAME"),
    ("echo [$EMPTY] [\"$EMPTY\"] [$UNSET]", "0: [] [] []"),
    ("echo $EMPTY a $EMPTY b", "0: a b"),
    ("echo \"$EMPTY\" a", "0:  a"),
    (
        "echo ${NAME::3} ${NAME:5:5} ${NAME:5}",
        "0: big world world",
    ),
    ("echo ${EMPTY:-none} ${NAME:-none}", "0: none big world"),
    ("echo \"a\\\"b\\\\c\\n\"", "0: a\"b\\c\\n"),
    ("echo a \\\n  b", "0: a b"),
    ("A=1; B=\"$A 2\"; echo $B$A", "0: 1 21"),
    ("A=1 B=2\necho $A$B", "0: 12"),
    ("A=$(echo one; echo two); echo \"$A\"", "0: one|two"),
    ("echo $(echo one; echo two)", "0: one two"),
    ("echo \"$(echo \"$(echo deep)\")\"", "0: deep"),
    ("true && echo yes || echo no", "0: yes"),
    ("false && echo yes || echo no", "0: no"),
    ("false || true && echo both", "0: both"),
    ("false\necho never", "1: "),
    ("false && true\necho goes on", "0: goes on"),
    ("! true\necho goes on", "0: goes on"),
    ("true && false\necho never", "1: "),
    ("A=$(false)\necho never", "1: "),
    ("echo x$(false)y", "0: xy"),
    ("if true; then echo yes; else echo no; fi", "0: yes"),
    (
        "if false\nthen echo yes\nelif [ a = a ]\nthen echo maybe\nelse echo no\nfi",
        "0: maybe",
    ),
    (
        "if ! [ -n \"$EMPTY\" ]; then echo empty; fi; echo $?",
        "0: empty|0",
    ),
    ("if false; then echo yes; fi; echo $?", "0: 0"),
    ("if true; then false; echo never; fi", "1: "),
    ("exit 3", "3: "),
    ("echo a; exit; echo b", "0: a"),
    ("echo hidden > /dev/null; echo seen", "0: seen"),
    (
        "if [[ -n $NAME ]]; then echo yes; fi; [[ $EMPTY == a ]] || echo no",
        "0: yes|no",
    ),
    (
        "echo a > f; echo b >> f; cat f; echo c > f; cat f",
        "0: a|b|c",
    ),
    (
        "test -z \"$EMPTY\" && [ -f notes ] && [ 1 != 2 ] && cat notes",
        "0: one|two",
    ),
];

#[test]
fn scripts_do_what_bash_does() {
    for (script, expected) in AS_IN_BASH {
        assert_eq!(printed(script), expected, "{script}");
    }
}

#[test]
fn bash_does_it_too() {
    if !oracle::has("bash") {
        return;
    }
    for (script, expected) in AS_IN_BASH {
        let folder = Folder::new();
        folder.fill(&files());
        let env = [("NAME", "big  world"), ("EMPTY", "")];
        let (status, out) = folder.run("bash", &["-e", "-c", script], &env);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(
            format!("{status}: {}", lines.join("|")),
            expected,
            "{script}"
        );
    }
}

#[test]
fn what_is_not_bash_here_says_so() {
    let cases = [
        (
            "curl https://example.com",
            "0: not simulated: curl https://example.com",
        ),
        (
            "case a in a) echo b;; esac\necho c",
            "0: not simulated: case a in a) echo b;; esac",
        ),
        ("f() {\n  echo a\n}\nf", "0: not simulated: f() {"),
        (
            "if a | b; then echo yes; fi",
            "0: not simulated: a|not simulated: b|yes",
        ),
        (
            "echo $(a 'b)' | c; echo d)",
            "0: not simulated: a 'b)'|not simulated: c|d",
        ),
        (
            "while true; do :; done",
            "1: the lab's limit: a script runs at most 20000 commands",
        ),
        (
            "if [[ a =~ b && c ]]; then echo yes; fi",
            "0: not simulated: [[ a =~ b && c ]]|yes",
        ),
        ("sleep 9 & echo yes", "0: not simulated: sleep 9 & echo yes"),
        ("echo $((1 + 2))", "0: not simulated: echo $((1 + 2))"),
        (
            "echo 'open",
            "2: line 1: unexpected EOF while looking for matching `''",
        ),
        (
            "\necho \"$(echo a",
            "2: line 2: unexpected EOF while looking for matching `)'",
        ),
        (
            "if true; then echo a",
            "2: line 1: syntax error: unexpected end of file",
        ),
        (
            "echo a )",
            "2: line 1: syntax error near unexpected token `)'",
        ),
        (
            "&& echo a",
            "2: line 1: syntax error near unexpected token `&'",
        ),
        ("cat missing", "1: cat: missing: No such file or directory"),
        ("test a b", "2: test: not simulated: a b"),
    ];
    for (script, expected) in cases {
        assert_eq!(printed(script), expected, "{script}");
    }
    let doubling = "A=xxxxxxxx\n".to_owned() + &"A=$A$A\n".repeat(100);
    assert_eq!(
        printed(&doubling),
        "1: the lab's limit: a script handles at most 262144 bytes"
    );
    let long = "A=".to_owned() + &"x".repeat(1000) + "\n" + &"B=$A\n".repeat(20_000);
    assert_eq!(
        printed(&long),
        "1: the lab's limit: a script handles at most 16777216 bytes"
    );
    let deep = "$(".repeat(200);
    assert_eq!(printed(&deep), "2: line 1: nested deeper than 30 levels");
}

#[test]
fn programs_of_a_workflow() {
    let files = files();
    let mut repository = Repository::new();
    let head = repository
        .commit_files(&files, &[], Person::you(), 0, "First")
        .unwrap();
    let cases = [
        ("yq .version app.yaml", "0: 1.4.2".to_owned()),
        ("yq -r '.image.size' ./app.yaml", "0: 84Mi".into()),
        ("yq .missing app.yaml", "0: null".into()),
        (
            "yq .version missing.yaml",
            "1: Error: open missing.yaml: no such file or directory".into(),
        ),
        (
            "yq '.a | length' app.yaml",
            "0: not simulated: yq .a | length app.yaml".into(),
        ),
        ("git rev-parse HEAD", format!("0: {head}")),
        ("git rev-parse --short HEAD", format!("0: {}", head.short())),
        ("git log -1 --format=%H -- app.yaml", format!("0: {head}")),
        (
            "git log -1 --format='%h %s'",
            format!("0: {} First", head.short()),
        ),
        ("git push", "waits for [\"git\", \"push\"]: ".into()),
        ("git stash", "0: not simulated: git stash".into()),
        ("git status --porcelain", "0: ".into()),
        (
            "echo x > new; git status -s; git add new; git diff --cached --quiet || echo staged",
            "0: ?? new|staged".into(),
        ),
        (
            "yq -i '.image.size = \"9Mi\"' app.yaml; cat app.yaml",
            "0: version: 1.4.2|image:|  size: 9Mi".into(),
        ),
        (
            "make test\necho after",
            "waits for [\"make\", \"test\"]: ".into(),
        ),
    ];
    for (script, expected) in cases {
        assert_eq!(printed(script), expected, "{script}");
    }
}

#[test]
fn outputs_and_environment_are_read_from_their_files() {
    let script = "echo \"tag=$(yq .version app.yaml)-x\" >> \"$GITHUB_OUTPUT\"\n\
                  echo A=1 >> $GITHUB_ENV\necho B=2=3 >> $GITHUB_ENV";
    let result = play(script, &[]);
    assert_eq!(result.outputs, [("tag".into(), "1.4.2-x".into())]);
    assert_eq!(
        result.env,
        [("A".into(), "1".into()), ("B".into(), "2=3".into())]
    );
}

#[test]
fn an_answer_moves_a_script_on() {
    let script =
        "if docker manifest inspect x; then echo there; else echo not there; make test; fi";
    let words = |outcome: &Outcome| match outcome {
        Outcome::Waits(call) => call.words.join(" "),
        Outcome::Ended(status) => format!("ended with {status}"),
    };
    assert_eq!(
        words(&play(script, &[]).outcome),
        "docker manifest inspect x"
    );
    let there = play(script, &[Answer::ok("{}")]);
    assert_eq!(
        (there.outcome, there.log.join("|")),
        (Outcome::Ended(0), "{}|there".into())
    );
    let missing = Answer::failed(1, "no such manifest");
    assert_eq!(
        words(&play(script, std::slice::from_ref(&missing)).outcome),
        "make test"
    );
    let failed = play(script, &[missing, Answer::failed(2, "FAIL")]);
    assert_eq!(failed.outcome, Outcome::Ended(2));
    assert_eq!(failed.log.join("|"), "no such manifest|not there|FAIL");
}

proptest! {
    #[test]
    fn no_script_panics(script in "([ \n;&|!$(){}<>'\"\\\\#=\\[\\]a-c]|if |then |else |fi |echo ){0,60}") {
        let _ = play(&script, &[Answer::ok("x")]);
    }
}
