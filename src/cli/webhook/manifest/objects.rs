//! The objects that install the webhook, each once: what is written of them differs by the form alone.

use serde_json::{Value, json};

use super::Certificates;
use crate::cli::webhook::{HEALTH_PORT, PORT};

/// The name of most objects.
const NAME: &str = "wincompat-webhook";

/// The name of the two configurations.
const CONFIGURATION: &str = "wincompat";

/// The Secret with the certificate.
const SECRET: &str = "wincompat-webhook-tls";

/// The label of a namespace with its own name.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// The user of the image.
const USER: u32 = 65532;

/// The folder of Docker's configuration at this user's home in the image.
const DOCKER: &str = "/home/wincompat/.docker";

/// The seconds that the API server waits for an answer. The budget of a question is one second.
const TIMEOUT: u32 = 3;

/// What is to be installed. A value may be an expression of Helm.
pub(super) struct Install {
    /// The namespace.
    pub namespace: Namespace,
    /// `warn`, `steer` or `enforce`.
    pub mode: Value,
    /// The image.
    pub image: Value,
    /// The number of replicas.
    pub replicas: Value,
    /// `Ignore` or `Fail`.
    pub failure_policy: Value,
    /// The releases that may come, with commas between them.
    pub expect: Value,
    /// Namespaces that are left alone.
    pub exempt: Vec<String>,
    /// Registries that may be elsewhere than on the internet.
    pub private_registries: Vec<String>,
    /// The Secret with the credentials for registries.
    pub registry_secret: Option<String>,
    /// Where the certificate comes from.
    pub certificates: Certificates,
    /// The authority of the certificate, in base64.
    pub ca_bundle: Option<String>,
    /// True if the API server leaves out pods for Linux.
    pub match_conditions: bool,
}

/// The namespace that it is installed in.
#[derive(Clone)]
pub(super) enum Namespace {
    /// This one.
    Named(String),
    /// That of a release of Helm.
    OfRelease,
}

/// The objects of one subject, and the file that they are written into.
pub(super) struct File {
    /// E.g. `deployment.yaml`.
    pub name: &'static str,
    /// The objects.
    pub objects: Vec<Value>,
}

/// The beginning and end of a text that is an expression of Helm: no other text has this character.
pub(super) const EXPRESSION: char = '\u{1}';

/// The beginning of the expression before items that are there under a condition, and the expression behind them.
pub(super) const CONDITION: &str = "if ";
pub(super) const CONDITION_END: &str = "end";

/// An expression of Helm as a value.
pub(super) fn expression(text: &str) -> Value {
    json!(format!("{EXPRESSION}{text}{EXPRESSION}"))
}

/// Items of a list that are there where this value of a chart is set.
fn where_set(key: &str, items: Vec<Value>) -> Vec<Value> {
    let begin = expression(&format!("{CONDITION}.Values.{key}"));
    std::iter::once(begin).chain(items).chain([expression(CONDITION_END)]).collect()
}

/// True for a text that can be an item of a list with commas.
pub(super) fn part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

impl Namespace {
    /// Its name between two texts, e.g. with `.svc` behind it.
    fn within(&self, before: &str, after: &str) -> Value {
        match self {
            Self::Named(name) => json!(format!("{before}{name}{after}")),
            Self::OfRelease if before.is_empty() && after.is_empty() => expression(".Release.Namespace | quote"),
            Self::OfRelease => expression(&format!("printf \"{before}%s{after}\" .Release.Namespace | quote")),
        }
    }

    /// Its name.
    fn name(&self) -> Value {
        self.within("", "")
    }
}

impl Install {
    /// All of them, in the order in which they are created.
    pub fn files(&self) -> Vec<File> {
        let certificate = match self.certificates {
            Certificates::CertManager => self.cert_manager(),
            Certificates::Own | Certificates::Files => Vec::new(),
        };
        let files = [
            File { name: "namespace.yaml", objects: self.own_namespace() },
            File { name: "rbac.yaml", objects: self.rights() },
            File { name: "certificate.yaml", objects: certificate },
            File { name: "deployment.yaml", objects: vec![self.priority_class(), self.deployment(), self.disruption_budget()] },
            File { name: "service.yaml", objects: vec![self.service(), self.network_policy()] },
            File { name: "webhook.yaml", objects: vec![self.mutating(), self.validating()] },
        ];
        files.into_iter().filter(|file| !file.objects.is_empty()).collect()
    }

    /// The beginning of an object.
    fn object(&self, version: &str, kind: &str, is_namespaced: bool, more: Value) -> Value {
        let mut object = json!({
            "apiVersion": version, "kind": kind, "metadata": { "name": NAME, "labels": labels() },
        });
        if is_namespaced {
            object["metadata"]["namespace"] = self.namespace.name();
        }
        if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object
    }

    /// The namespace, which Helm makes itself.
    fn own_namespace(&self) -> Vec<Value> {
        let Namespace::Named(name) = &self.namespace else { return Vec::new() };
        let labels = json!({
            "app.kubernetes.io/name": NAME, NAMESPACE_LABEL: name, "pod-security.kubernetes.io/enforce": "restricted",
        });
        vec![json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } })]
    }

    fn rights(&self) -> Vec<Value> {
        let rule = |group: &str, resources: &[&str], verbs: &[&str], names: &[&str]| {
            let mut rule = json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
            if !names.is_empty() {
                rule["resourceNames"] = json!(names);
            }
            rule
        };
        let mut everywhere = vec![
            rule("", &["nodes"], &["list", "watch"], &[]),
            rule("node.k8s.io", &["runtimeclasses"], &["list", "watch"], &[]),
        ];
        let is_own = self.certificates == Certificates::Own;
        if is_own {
            let configurations = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
            everywhere.push(rule("admissionregistration.k8s.io", &configurations, &["get", "patch"], &[CONFIGURATION]));
        }
        let subjects = json!([{ "kind": "ServiceAccount", "name": NAME, "namespace": self.namespace.name() }]);
        let role = |kind: &str| json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": NAME });
        let version = "rbac.authorization.k8s.io/v1";
        let mut objects = vec![
            self.object("v1", "ServiceAccount", true, json!({ "automountServiceAccountToken": false })),
            self.object(version, "ClusterRole", false, json!({ "rules": everywhere })),
            self.object(version, "ClusterRoleBinding", false, json!({ "roleRef": role("ClusterRole"), "subjects": subjects })),
        ];
        if is_own {
            // What is created has no name yet.
            let rules = [rule("", &["secrets"], &["create"], &[]), rule("", &["secrets"], &["get", "update"], &[SECRET])];
            objects.push(self.object(version, "Role", true, json!({ "rules": rules })));
            objects.push(self.object(version, "RoleBinding", true, json!({ "roleRef": role("Role"), "subjects": subjects })));
        }
        objects
    }

    fn cert_manager(&self) -> Vec<Value> {
        let version = "cert-manager.io/v1";
        let names: Vec<Value> = ["", ".cluster.local"]
            .iter()
            .map(|domain| self.namespace.within(&format!("{NAME}."), &format!(".svc{domain}")))
            .collect();
        let issuer = json!({ "group": "cert-manager.io", "kind": "Issuer", "name": NAME });
        let certificate = json!({ "dnsNames": names, "issuerRef": issuer, "secretName": SECRET });
        vec![
            self.object(version, "Issuer", true, json!({ "spec": { "selfSigned": {} } })),
            self.object(version, "Certificate", true, json!({ "spec": certificate })),
        ]
    }

    fn priority_class(&self) -> Value {
        let more = json!({
            "description": "Admits pods: it goes before them.", "globalDefault": false, "value": 1_000_000,
        });
        self.object("scheduling.k8s.io/v1", "PriorityClass", false, more)
    }

    fn deployment(&self) -> Value {
        let mut args = vec![json!("webhook"), json!("serve"), json!("--mode"), self.mode.clone()];
        let mut mounts = vec![json!({ "name": "cache", "mountPath": "/cache" })];
        let mut volumes = vec![json!({ "name": "cache", "emptyDir": { "sizeLimit": "512Mi" } })];
        if self.certificates == Certificates::Own {
            let own = ["--tls-secret", SECRET, "--service", NAME, "--configuration", CONFIGURATION];
            args.extend(own.map(|word| json!(word)));
        } else {
            let files = ["--tls-cert", "/tls/tls.crt", "--tls-key", "/tls/tls.key"];
            args.extend(files.map(|word| json!(word)));
            mounts.push(json!({ "name": "tls", "mountPath": "/tls", "readOnly": true }));
            volumes.push(json!({ "name": "tls", "secret": { "secretName": SECRET } }));
        }
        args.extend(self.option("--exempt", "exempt", &self.exempt));
        args.extend(self.option("--private-registry", "privateRegistries", &self.private_registries));
        mounts.extend(self.where_registry_secret(|_| json!({ "name": "registry", "mountPath": DOCKER, "readOnly": true })));
        volumes.extend(self.where_registry_secret(|name| {
            let items = [json!({ "key": ".dockerconfigjson", "path": "config.json" })];
            json!({ "name": "registry", "secret": { "secretName": name, "items": items } })
        }));
        let mut variables = vec![
            json!({ "name": "POD_NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } }),
            json!({ "name": "WINCOMPAT_CACHE", "value": "/cache" }),
        ];
        // A variable that is empty counts as one that is not there.
        if self.expect != json!("") {
            variables.push(json!({ "name": "WINCOMPAT_WEBHOOK_EXPECT", "value": self.expect }));
        }
        let probe = |path: &str, every: u32| json!({ "httpGet": { "path": path, "port": "health" }, "periodSeconds": every, "timeoutSeconds": 2 });
        let container = json!({
            "name": "webhook", "image": self.image, "args": args, "env": variables,
            "ports": [{ "name": "https", "containerPort": PORT }, { "name": "health", "containerPort": HEALTH_PORT }],
            "livenessProbe": probe("/healthz", 10), "readinessProbe": probe("/readyz", 5),
            "resources": { "requests": { "cpu": "50m", "memory": "64Mi" }, "limits": { "memory": "512Mi" } },
            "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "privileged": false,
                "readOnlyRootFilesystem": true,
            },
            "volumeMounts": mounts,
        });
        let apart = json!({ "weight": 100, "podAffinityTerm": {
            "labelSelector": { "matchLabels": labels() }, "topologyKey": "kubernetes.io/hostname",
        } });
        // Variables of its own Service would look like those of its options.
        let pod = json!({
            "affinity": { "podAntiAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [apart] } },
            "automountServiceAccountToken": true, "containers": [container], "enableServiceLinks": false,
            "nodeSelector": { "kubernetes.io/os": "linux" }, "priorityClassName": NAME,
            "securityContext": {
                "fsGroup": USER, "runAsGroup": USER, "runAsNonRoot": true, "runAsUser": USER,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "serviceAccountName": NAME, "terminationGracePeriodSeconds": 30, "volumes": volumes,
        });
        let spec = json!({
            "replicas": self.replicas, "revisionHistoryLimit": 3, "selector": { "matchLabels": labels() },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } },
            "template": { "metadata": { "labels": labels() }, "spec": pod },
        });
        self.object("apps/v1", "Deployment", true, json!({ "spec": spec }))
    }

    /// An option of the server where it has values: those that were typed, or those of this key of a chart.
    fn option(&self, option: &str, key: &str, typed: &[String]) -> Vec<Value> {
        match &self.namespace {
            Namespace::OfRelease => where_set(key, vec![json!(option), expression(&format!("join \",\" .Values.{key} | quote"))]),
            Namespace::Named(_) if typed.is_empty() => Vec::new(),
            Namespace::Named(_) => vec![json!(option), json!(typed.join(","))],
        }
    }

    /// What is made of the name of the Secret with the credentials for registries, where there is one.
    fn where_registry_secret(&self, make: impl Fn(Value) -> Value) -> Vec<Value> {
        match &self.namespace {
            Namespace::OfRelease => where_set("registrySecret", vec![make(expression(".Values.registrySecret | quote"))]),
            Namespace::Named(_) => self.registry_secret.iter().map(|name| make(json!(name))).collect(),
        }
    }

    fn disruption_budget(&self) -> Value {
        let spec = json!({ "maxUnavailable": 1, "selector": { "matchLabels": labels() } });
        self.object("policy/v1", "PodDisruptionBudget", true, json!({ "spec": spec }))
    }

    fn service(&self) -> Value {
        let ports = json!([{ "name": "https", "port": 443, "protocol": "TCP", "targetPort": "https" }]);
        self.object("v1", "Service", true, json!({ "spec": { "ports": ports, "selector": labels() } }))
    }

    /// Its ports and no others, from everywhere: no policy can name the API server.
    fn network_policy(&self) -> Value {
        let ports = [PORT, HEALTH_PORT].map(|port| json!({ "port": port, "protocol": "TCP" }));
        let spec = json!({
            "ingress": [{ "ports": ports }], "podSelector": { "matchLabels": labels() }, "policyTypes": ["Ingress"],
        });
        self.object("networking.k8s.io/v1", "NetworkPolicy", true, json!({ "spec": spec }))
    }

    fn mutating(&self) -> Value {
        let rules = json!([
            rule("", &["v1"], &["pods"], &["CREATE", "UPDATE"]),
            rule("", &["v1"], &["pods/ephemeralcontainers"], &["UPDATE"]),
        ]);
        let mut webhook = self.webhook("pods", "/mutate", rules);
        webhook["reinvocationPolicy"] = json!("IfNeeded");
        if self.match_conditions {
            let os = "has(object.spec.nodeSelector) && 'kubernetes.io/os' in object.spec.nodeSelector && \
                      object.spec.nodeSelector['kubernetes.io/os'] != 'windows'";
            webhook["matchConditions"] = json!([{ "name": "not-for-another-system", "expression": format!("!({os})") }]);
        }
        self.configuration("MutatingWebhookConfiguration", webhook)
    }

    fn validating(&self) -> Value {
        let both = ["CREATE", "UPDATE"];
        let rules = json!([
            rule("apps", &["v1"], &["deployments", "statefulsets", "daemonsets", "replicasets"], &both),
            rule("batch", &["v1", "v1beta1"], &["jobs", "cronjobs"], &both),
        ]);
        self.configuration("ValidatingWebhookConfiguration", self.webhook("workloads", "/validate", rules))
    }

    fn webhook(&self, name: &str, path: &str, rules: Value) -> Value {
        let mut client = json!({ "service": { "name": NAME, "namespace": self.namespace.name(), "path": path, "port": 443 } });
        if let Some(bundle) = &self.ca_bundle {
            client["caBundle"] = json!(bundle);
        }
        let left_alone = match &self.namespace {
            Namespace::OfRelease => expression("concat (list \"kube-system\" .Release.Namespace) .Values.exempt | toJson"),
            Namespace::Named(name) => {
                let own = ["kube-system", name.as_str()].into_iter();
                json!(own.chain(self.exempt.iter().map(String::as_str)).collect::<Vec<_>>())
            }
        };
        let namespaces = json!([{ "key": NAMESPACE_LABEL, "operator": "NotIn", "values": left_alone }]);
        json!({
            "admissionReviewVersions": ["v1"], "clientConfig": client, "failurePolicy": self.failure_policy,
            "matchPolicy": "Equivalent", "name": format!("{name}.{NAME}.svc"),
            "namespaceSelector": { "matchExpressions": namespaces }, "rules": rules, "sideEffects": "None",
            "timeoutSeconds": TIMEOUT,
        })
    }

    fn configuration(&self, kind: &str, webhook: Value) -> Value {
        let mut object = self.object("admissionregistration.k8s.io/v1", kind, false, json!({ "webhooks": [webhook] }));
        object["metadata"]["name"] = json!(CONFIGURATION);
        if self.certificates == Certificates::CertManager {
            let from = self.namespace.within("", &format!("/{NAME}"));
            object["metadata"]["annotations"] = json!({ "cert-manager.io/inject-ca-from": from });
        }
        object
    }
}

fn labels() -> Value {
    json!({ "app.kubernetes.io/name": NAME })
}

fn rule(group: &str, versions: &[&str], resources: &[&str], operations: &[&str]) -> Value {
    json!({
        "apiGroups": [group], "apiVersions": versions, "operations": operations, "resources": resources, "scope": "Namespaced",
    })
}
