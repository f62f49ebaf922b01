//! `kubectl api-resources` and `kubectl version` (`k8s.io/kubectl/pkg/cmd/apiresources`,
//! `pkg/cmd/version`).

use super::args::{Args, Flag, switch, value};
use super::session::{Fault, SHORT_NAMES, Session};
use super::table;
use kube::{KINDS, KindInfo};

pub(super) const FLAGS: &[Flag] = &[
    value("api-group", None),
    value("namespaced", None),
    switch("no-headers", None),
];

/// Lists the kinds that the server knows, those of the core first.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<(), Fault> {
    let group = |info: &KindInfo| {
        info.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    };
    let scope = args.last("namespaced").map(|text| text == "true");
    let is_asked = |info: &&KindInfo| {
        args.last("api-group")
            .is_none_or(|asked| asked == group(info))
            && scope.is_none_or(|namespaced| namespaced == info.namespaced)
    };
    let mut kinds: Vec<&KindInfo> = KINDS.iter().filter(is_asked).collect();
    lean::sort_by_key(&mut kinds, |info| (group(info), info.plural));
    let mut rows = Vec::new();
    if !args.is_on("no-headers") {
        rows.push(
            ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
                .map(str::to_owned)
                .into(),
        );
    }
    for info in kinds {
        let short = SHORT_NAMES
            .iter()
            .filter(|(_, plural)| *plural == info.plural);
        let short: Vec<&str> = short.map(|(short, _)| *short).collect();
        rows.push(vec![
            info.plural.to_owned(),
            short.join(","),
            info.api_version.to_owned(),
            info.namespaced.to_string(),
            info.kind.to_owned(),
        ]);
    }
    session.output.stdout.push_str(&table::lines(&rows));
    Ok(())
}

/// Says which releases the client and the server are of.
pub(super) fn version(session: &mut Session, _: &Args) -> Result<(), Fault> {
    const VERSIONS: &str =
        "Client Version: v1.36.3\nKustomize Version: v5.8.1\nServer Version: v1.36.2\n";
    session.output.stdout.push_str(VERSIONS);
    Ok(())
}
