//! The codes in reports that are not findings: why something could not be read, the rule of a policy report that no finding names, and what
//! the webhook does with pods.

use crate::explain::{Entry, Explanation, Group, Kind};
use crate::report::document::ErrorEntryKind;

/// An explanation before it is asked for.
struct Told {
    title: &'static str,
    meaning: &'static str,
    causes: &'static [&'static str],
    steps: &'static [&'static str],
    sources: &'static [&'static str],
}

/// The specification of registries.
const REGISTRIES: &str = "https://github.com/opencontainers/distribution-spec/blob/main/spec.md";

/// The rule of a workload in a policy report for which there is no finding.
const LANDS: &str = "lands-where-it-runs";

/// What the webhook does with a pod.
pub(super) const DENIED: &str = "webhook-denied";
pub(super) const NOT_JUDGED: &str = "webhook-not-judged";

/// Those that are not kinds of failures.
const OTHERS: [(&str, Kind, fn() -> Told); 3] =
    [(LANDS, Kind::Finding, lands), (DENIED, Kind::Message, denied), (NOT_JUDGED, Kind::Message, not_judged)];

/// How admission works.
const ADMISSION: &str = "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/";

/// The names of all codes that are explained here.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let kinds = ErrorEntryKind::ALL.into_iter().filter(|kind| told(*kind).is_some()).map(ErrorEntryKind::as_str);
    kinds.chain(OTHERS.into_iter().map(|(name, ..)| name))
}

/// The explanation of the code with this name.
pub(super) fn named(text: &str) -> Option<Explanation> {
    let name = text.trim().to_ascii_lowercase().replace('_', "-");
    if let Some((name, kind, told)) = OTHERS.into_iter().find(|(known, ..)| *known == name) {
        return Some(explanation(name, kind, &told()));
    }
    let kind = ErrorEntryKind::ALL.into_iter().find(|kind| kind.as_str() == name)?;
    Some(explanation(kind.as_str(), Kind::Failure, &told(kind)?))
}

/// The codes in groups.
pub(super) fn groups() -> [Group; 3] {
    let group = |title: &str, is_among: fn(&Explanation) -> bool| Group {
        title: title.to_owned(),
        entries: names()
            .filter_map(named)
            .filter(is_among)
            .map(|Explanation { id, kind, title, .. }| Entry { id, kind, name: None, title })
            .collect(),
    };
    [
        group("What could not be read", |one| one.kind == Kind::Failure),
        group("Rules of policy reports that are not findings", |one| one.kind == Kind::Finding),
        group("What the webhook of a cluster does with pods", |one| one.kind == Kind::Message),
    ]
}

fn explanation(name: &str, kind: Kind, told: &Told) -> Explanation {
    let each = |texts: &[&'static str]| texts.iter().map(|text| (*text).into()).collect();
    Explanation {
        id: name.to_owned(),
        kind,
        names: Vec::new(),
        title: told.title.to_owned(),
        meaning: told.meaning.into(),
        causes: each(told.causes),
        steps: each(told.steps),
        sources: told.sources.iter().map(|source| (*source).to_owned()).collect(),
    }
}

/// The explanation of a kind of failure; `None` for one that is an error of registries too, which is explained as such.
fn told(kind: ErrorEntryKind) -> Option<Told> {
    Some(match kind {
        ErrorEntryKind::NotFound => Told {
            title: "what was to be read does not exist",
            meaning: "The registry does not have this repository, tag or digest, or there is no file or folder with this name. Many registries give the same answer for a private repository that the user may not read.",
            causes: &[
                "The name or the tag is misspelled, or the tag was removed.",
                "The repository is private, and the registry hides it from users who are not signed in.",
                "The path is relative, and the command was started in another folder.",
            ],
            steps: &[
                "Compare the registry, the repository and the tag with what the registry lists.",
                "If the repository is private, sign in and run the command again: `docker login REGISTRY`.",
                "For a file, check the path.",
            ],
            sources: &[REGISTRIES],
        },
        ErrorEntryKind::Unauthorized => Told {
            title: "what was to be read may not be read by this user",
            meaning: "The registry asks for credentials, or refuses those that it got. For a file or an object of a cluster: this user has no right to read it.",
            causes: &[
                "Docker's configuration has no credentials for this registry, or they have expired.",
                "The account is signed in, but may not pull from this repository.",
                "A credential helper failed. The message says which one, and why.",
            ],
            steps: &[
                "Sign in with an account that may pull: `docker login REGISTRY`. wincompat takes the credentials from Docker's configuration and its credential helpers.",
                "In a pipeline, sign in before the check, as the same user.",
                "For a file, let this user read it. For a cluster, give the user the right to list what the message names.",
            ],
            sources: &[REGISTRIES],
        },
        ErrorEntryKind::Network => Told {
            title: "the other side was not reached, or did not give a proper answer",
            meaning: "A registry or a cluster could not be reached, did not answer in time, or sent something that is not an answer of its kind. The image was not judged, so it is not known whether it can run.",
            causes: &[
                "The name of the registry is misspelled, or it cannot be resolved from this machine.",
                "A firewall or a proxy blocks the connection, or a proxy shows a certificate that this machine does not trust.",
                "The registry uses HTTP, and HTTPS was tried.",
                "The registry is overloaded, or the time limit of the command is too short for many images.",
            ],
            steps: &[
                "Run the command again. What was read before is in the cache and is not downloaded again.",
                "Check the proxy settings: `HTTPS_PROXY` and `NO_PROXY`.",
                "For a certificate of your own authority, use --ca-file FILE; for a registry without HTTPS, --plain-http.",
                "For a registry that is slow, give more time with --timeout SECONDS.",
            ],
            sources: &[REGISTRIES],
        },
        ErrorEntryKind::RateLimited => return None,
        ErrorEntryKind::Invalid => Told {
            title: "what was read is malformed",
            meaning: "A reference or a file is not written as it has to be, or the content is not what its digest says. The message names what is wrong, and the place.",
            causes: &[
                "A reference has a typing error, e.g. capital letters in the repository or a space.",
                "A file has a syntax error, or is of another kind than its name says.",
                "An image was changed or cut off on its way, or written by a faulty tool.",
            ],
            steps: &[
                "Correct the reference or the file at the place that the message names.",
                "For an image, create it again with the tool that wrote it, or copy it again.",
            ],
            sources: &["https://docs.docker.com/reference/cli/docker/image/tag/"],
        },
        ErrorEntryKind::Unsupported => Told {
            title: "what was read is of a kind that is not supported",
            meaning: "It is well formed, but wincompat does not read this kind: a manifest of Docker's schema 1, an archive in a compression that is not known, or a file of a later version.",
            causes: &[
                "The image was pushed years ago, or by an old tool.",
                "The archive is compressed with something else than gzip or zstd.",
                "The file was written by a newer version of wincompat.",
            ],
            steps: &[
                "Build the image again, and push it with a current tool.",
                "Decompress the archive first.",
                "Update wincompat.",
            ],
            sources: &["https://docs.docker.com/engine/deprecated/"],
        },
        ErrorEntryKind::Unresolved => Told {
            title: "the value of a variable or the Windows of a machine is not known",
            meaning: "A file names the image with a variable that has no value here, or the machine on which a job runs does not say its Windows. wincompat does not read the environment of the process, so values have to be given.",
            causes: &[
                "The variable gets its value in the pipeline, or from a file that was not read.",
                "The job runs on a machine of the team's own, whose name does not say a release.",
            ],
            steps: &[
                "Give the variable a value: `wincompat scan --var NAME=VALUE`, or all of them in a file: `wincompat scan --env-file FILE`.",
                "Write values for every scan into wincompat.toml, below `[var]`.",
                "For a machine, use a name that says its release, such as windows-2022.",
            ],
            sources: &[],
        },
        ErrorEntryKind::NotLocked => Told {
            title: "the image is not in the lock",
            meaning: "With --locked only what the lock holds is judged, and no registry is asked. A file names an image that the lock does not have.",
            causes: &["A reference was added or changed after the lock was written."],
            steps: &["Write the lock again, and commit it: `wincompat scan --write-lock FILE`."],
            sources: &[],
        },
    })
}

fn lands() -> Told {
    Told {
        title: "whether the pods of a workload land only where all of its images run",
        meaning: "In a policy report, each finding of a workload is a result with the code of the finding as its rule. A workload that has none, or whose findings do not decide, has this rule: `pass` means that its pods land only on nodes where all of its images run, `fail` that they can land on others, and `error` that an image or a part of the cluster could not be read.",
        causes: &[],
        steps: &[
            "For `fail`, write a change that leads the pods to nodes that fit: `wincompat cluster patch -n NAMESPACE KIND/NAME`.",
            "For `error`, see what was not read: `wincompat cluster check -n NAMESPACE KIND/NAME`.",
        ],
        sources: &["https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"],
    }
}

fn denied() -> Told {
    Told {
        title: "the webhook of wincompat denied a pod that runs on none of the nodes that it can land on",
        meaning: "The webhook is in the mode `enforce`. It has read the images of the pod, and no node that the pod can land on runs all of them, so the API server did not create the pod. The message names the images and the nodes with their Windows builds, and what to do. A controller, such as a ReplicaSet, tries again by itself.",
        causes: &[
            "An image is for another Windows than that of the nodes.",
            "The selector or the affinity of the pod leaves out the nodes that fit.",
            "The pool whose nodes fit has no node at the moment, and the webhook was not told that they may come.",
        ],
        steps: &[
            "See where the pods of the workload can land: `wincompat cluster check -n NAMESPACE KIND/NAME`.",
            "Use an image for the Windows of the nodes, or lead the pods to nodes that fit: `wincompat cluster patch -n NAMESPACE KIND/NAME`.",
            "For a pool that is scaled to zero, the administrator of the webhook names its Windows: `wincompat webhook manifest --image IMAGE --expect RELEASE`.",
        ],
        sources: &[ADMISSION],
    }
}

fn not_judged() -> Told {
    Told {
        title: "the webhook of wincompat admitted a pod without judging it",
        meaning: "What decides was not known in time: an image that could not be read or is still being read, the nodes, or a RuntimeClass. What is not known is never denied, so the pod was created as it is, and may land where it does not run.",
        causes: &[
            "The registry did not answer in the time that a request may take. It is still being read, and the next pod is judged.",
            "The webhook has no credentials for the registry: it does not use those of nodes or of the pod.",
            "The registry is in a private network, and was not named to the webhook.",
        ],
        steps: &[
            "See why in the log of the webhook, below `unread`: `kubectl logs -n wincompat deployment/wincompat-webhook`.",
            "Give the webhook what it lacks with --registry-secret NAME or --private-registry REGISTRY: `wincompat webhook manifest --help`.",
            "Check the workload with your own credentials: `wincompat cluster check -n NAMESPACE KIND/NAME`.",
        ],
        sources: &[ADMISSION],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain;

    #[test]
    fn every_kind_of_failure_is_explained_under_the_name_that_reports_have() {
        for kind in ErrorEntryKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            let found = named(kind.as_str()).or_else(|| explain::named(kind.as_str())).unwrap();
            assert_eq!(found.id, kind.as_str());
            assert!(!found.steps.is_empty() && !found.title.ends_with('.'), "{found:?}");
        }
        // A name stands for one thing.
        for name in names() {
            assert!(explain::named(name).is_none() && name.parse::<crate::compat::Code>().is_err(), "{name}");
        }
        assert_eq!(named(" Not_Found ").unwrap().id, "not-found");
        assert!(named("not found").is_none() && named("").is_none());
    }
}
