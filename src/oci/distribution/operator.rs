//! Those who run registries that many use: how one logs in there, and what they call the right to pull.

use crate::image::docker_hub::DOCKER_HUB;

/// The endings of Azure's registries, in its clouds.
const OF_AZURE: [&str; 4] = [".azurecr.io", ".azurecr.cn", ".azurecr.us", ".azurecr.de"];

/// One who runs registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator<'a> {
    /// Azure, with the name of the registry.
    Azure(&'a str),
    /// Amazon ECR, with the region.
    Amazon(&'a str),
    Google,
    GitHub,
    GitLab,
    Other,
}

impl<'a> Operator<'a> {
    /// The one who runs this registry.
    fn of(registry: &'a str) -> Self {
        if let Some(label) = OF_AZURE.iter().find_map(|end| registry.strip_suffix(*end)) {
            // The name of a registry has no hyphen: what stands behind one is a hash.
            return Self::Azure(label.split('-').next().unwrap_or(label));
        }
        if let Some(region) = region(registry) {
            return Self::Amazon(region);
        }
        let is_below = |domain: &str| registry.strip_suffix(domain).is_some_and(|host| host.is_empty() || host.ends_with('.'));
        match registry {
            _ if is_below("gcr.io") || is_below("pkg.dev") => Self::Google,
            "ghcr.io" => Self::GitHub,
            "registry.gitlab.com" => Self::GitLab,
            _ => Self::Other,
        }
    }
}

/// The region of a registry of Amazon's: `eu-west-1` of `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
fn region(registry: &str) -> Option<&str> {
    let host = registry.strip_suffix(".cn").unwrap_or(registry).strip_suffix(".amazonaws.com")?;
    let (_, region) = host.split_once(".dkr.ecr.").or_else(|| host.split_once(".dkr.ecr-fips."))?;
    Some(region)
}

/// How one logs in to this registry, so that Docker stores the credentials: one command in backticks, or several with `or` between them.
pub(super) fn login(registry: &str) -> String {
    match Operator::of(registry) {
        Operator::Azure(name) => format!("`docker login {registry}`, or `az acr login -n {name}`"),
        Operator::Amazon(region) => {
            format!("`aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}`")
        }
        Operator::Google => format!("`gcloud auth configure-docker {registry}`"),
        Operator::Other if registry == DOCKER_HUB => "`docker login`".to_owned(),
        Operator::GitHub | Operator::GitLab | Operator::Other => format!("`docker login {registry}`"),
    }
}

/// The right to pull from this registry, as those who run it call it.
pub(super) fn right_to_pull(registry: &str) -> &'static str {
    match Operator::of(registry) {
        Operator::Azure(_) => "the role AcrPull",
        Operator::Amazon(_) => "the permissions ecr:BatchGetImage and ecr:GetDownloadUrlForLayer",
        Operator::Google => "the role Artifact Registry Reader",
        Operator::GitHub => "access to the package, and a token with read:packages",
        Operator::GitLab => "access to the project, and a token with read_registry",
        Operator::Other => "the right to pull it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECR: &str = "the permissions ecr:BatchGetImage and ecr:GetDownloadUrlForLayer";
    const READER: &str = "the role Artifact Registry Reader";

    #[test]
    fn the_right_to_pull_has_the_name_that_the_registry_gives_it() {
        for (registry, right) in [
            ("team.azurecr.io", "the role AcrPull"),
            ("team.azurecr.us", "the role AcrPull"),
            ("team.azurecr.cn", "the role AcrPull"),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", ECR),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", ECR),
            ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", ECR),
            ("europe-docker.pkg.dev", READER),
            ("gcr.io", READER),
            ("eu.gcr.io", READER),
            ("ghcr.io", "access to the package, and a token with read:packages"),
            ("registry.gitlab.com", "access to the project, and a token with read_registry"),
            ("harbor.test:8443", "the right to pull it"),
            ("notgcr.io", "the right to pull it"),
            ("s3.amazonaws.com", "the right to pull it"),
        ] {
            assert_eq!(right_to_pull(registry), right, "{registry}");
        }
    }

    #[test]
    fn one_logs_in_as_the_registry_wants_it() {
        for (registry, command) in [
            ("docker.io", "`docker login`"),
            ("harbor.test:8443", "`docker login harbor.test:8443`"),
            ("ghcr.io", "`docker login ghcr.io`"),
            ("team.azurecr.io", "`docker login team.azurecr.io`, or `az acr login -n team`"),
            ("team-a1b2c3.azurecr.io", "`docker login team-a1b2c3.azurecr.io`, or `az acr login -n team`"),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "`aws ecr get-login-password --region cn-north-1 | docker login --username AWS --password-stdin 123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn`",
            ),
            ("europe-docker.pkg.dev", "`gcloud auth configure-docker europe-docker.pkg.dev`"),
        ] {
            assert_eq!(login(registry), command);
        }
    }
}
