//! The rights to read a cluster that a user lacks, and the commands that give them.

use super::api::{CLASSES, List, NODES, WORKLOADS};
use crate::Error;

/// The beginning of the advice about a list that is denied.
const LET: &str = "let this user list";

/// The verbs that reading a cluster needs, and those that following it needs.
pub(super) const READ: &str = "list";
pub(super) const FOLLOW: &str = "list,watch";

/// The advice about one list that is denied, as long as it is not known which others are.
pub(super) fn to_list(plural: &str) -> String {
    format!("{LET} {plural}")
}

/// The failure to read the nodes, without which nothing can be said.
pub(super) fn without_nodes(error: Error, verbs: &str) -> Error {
    // Which of the others are denied is not known yet.
    let error = if is_denied(&error) { error.hint(advice(verbs, &every())) } else { error };
    error.within("the nodes of the cluster cannot be read")
}

/// Gives all lists that are denied the same advice, which has the rights for them and for no others.
pub(super) fn advise(unread: &mut [(String, Error)], verbs: &str) {
    let is_among = |list: &List| unread.iter().any(|(plural, error)| plural == list.plural && is_denied(error));
    let denied: Vec<List> = every().into_iter().filter(is_among).collect();
    for (plural, error) in unread.iter_mut() {
        if denied.iter().any(|list| list.plural == plural.as_str()) {
            error.hint = Some(advice(verbs, &denied).into());
        }
    }
}

fn is_denied(error: &Error) -> bool {
    error.advice().to_string().starts_with(LET)
}

/// All lists that are read.
fn every() -> Vec<List> {
    [NODES, CLASSES].into_iter().chain(WORKLOADS.iter().flat_map(|stage| stage.iter().copied())).collect()
}

fn advice(verbs: &str, lists: &[List]) -> String {
    let resource = |list: &List| match list.group() {
        "" => list.plural.to_owned(),
        group => format!("{}.{group}", list.plural),
    };
    let resources: Vec<String> = lists.iter().map(resource).collect();
    let resources = resources.join(",");
    format!(
        "{LET} what is denied here: `kubectl create clusterrole wincompat-check --verb={verbs} --resource={resources}`, then `kubectl create \
         clusterrolebinding wincompat-check --clusterrole=wincompat-check --user=NAME`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn denied(plural: &str) -> (String, Error) {
        (plural.to_owned(), Error::of(ErrorKind::Unauthorized, "denied").hint(to_list(plural)))
    }

    #[test]
    fn lists_that_are_denied_have_the_rights_for_all_of_them() {
        let busy = ("jobs".to_owned(), Error::of(ErrorKind::RateLimited, "busy").hint("wait"));
        let mut unread = [denied("deployments"), busy, denied("pods"), denied("runtimeclasses")];
        advise(&mut unread, READ);
        let hints: Vec<String> = unread.iter().map(|(_, error)| error.advice().to_string()).collect();
        let rights = "--verb=list --resource=runtimeclasses.node.k8s.io,deployments.apps,pods`";
        assert!(hints[0].contains(rights), "{hints:?}");
        assert_eq!((&hints[2], &hints[3], hints[1].as_str()), (&hints[0], &hints[0], "wait"));
    }

    #[test]
    fn nodes_that_are_denied_have_the_rights_for_everything() {
        let hint = |error: Error| without_nodes(error, FOLLOW).advice().to_string();
        let all = "--verb=list,watch --resource=nodes,runtimeclasses.node.k8s.io,deployments.apps,statefulsets.apps,daemonsets.apps,\
                   cronjobs.batch,replicationcontrollers,replicasets.apps,jobs.batch,pods`";
        let (_, error) = denied("nodes");
        assert!(hint(error.clone()).contains(all), "{}", hint(error));
        assert_eq!(hint(Error::new("away").hint("wait")), "wait");
    }
}
