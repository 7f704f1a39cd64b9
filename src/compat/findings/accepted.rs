//! Findings about what a team has accepted. They are put to results behind the judgement, by whoever knows the exceptions.

use super::declare::declare;

declare! {
    Accepted = "accepted", Note, about [Acceptance] {
        title: "a failure that is accepted",
        message: "this failure is accepted",
        help: "",
        meaning: "The result fails, and an exception, a baseline or an option says that this is known and accepted. It does not fail the scan.",
        advice: "Nothing has to be done. Exceptions stand in wincompat.toml, or in a comment at the line.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    ExceptionExpired = "exception-expired", Warning, about [Acceptance] {
        title: "an exception is over",
        message: "the exception for this failure is over",
        help: "correct the failure, or give the exception a later day",
        meaning: "An exception in wincompat.toml covers this failure, and its last day is over. The failure counts again.",
        advice: "Correct the failure, or give the exception a later day.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    ExceptionWithoutReason = "exception-without-reason", Warning, about [Acceptance] {
        title: "an exception has no reason",
        message: "the exception in the file has no reason, so it does not count",
        help: "write the reason behind two hyphens: `# wincompat: allow CODE -- REASON`",
        meaning: "A comment at the line accepts this failure and does not say why. Such an exception does not count: later nobody knows whether it still has to be.",
        advice: "Write the reason behind two hyphens.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }
}
