//! The manifests of `examples/deploy`: valid for the API server of now to the last field, restricted, and in tune with
//! each other and with the program.

#![allow(clippy::panic, clippy::unwrap_used)]

use claimant::config::AuthenticationConfiguration;
use claimant::k8s::yaml::Document;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, PodSpec, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use token_review_webhook::Args;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap();
    Document::read(&text).unwrap().to_json(32).unwrap()
}

/// All manifests, by file name.
fn manifests() -> Vec<(String, Value)> {
    let mut paths: Vec<_> = folder().join("manifests").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

fn of_kind<T: DeserializeOwned>(kind: &str) -> T {
    let mut found = manifests().into_iter().filter(|(_, manifest)| manifest["kind"] == kind);
    let (one, none) = (found.next().unwrap().1, found.next());
    assert!(none.is_none());
    serde_json::from_value(one).unwrap()
}

/// The schema of a type of Kubernetes, in which nothing may stand that it does not know.
fn schema<T: JsonSchema>() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            if members.get("x-kubernetes-int-or-string") == Some(&json!(true)) {
                members.insert("type".to_owned(), json!(["integer", "number", "string"]));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

/// Why this is no `T`: by its schema, and by what is left of it when it was read as one.
fn problems<T: JsonSchema + DeserializeOwned + Serialize>(manifest: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema::<T>()).unwrap();
    let mut all: Vec<String> =
        validator.iter_errors(manifest).map(|error| format!("{}: {error}", error.instance_path())).collect();
    match serde_json::from_value::<T>(manifest.clone()) {
        Err(why) => all.push(why.to_string()),
        Ok(typed) => {
            if serde_json::to_value(typed).unwrap() != *manifest {
                all.push("it says something that the type does not know".to_owned());
            }
        }
    }
    all
}

fn problems_of(manifest: &Value) -> Vec<String> {
    match manifest["kind"].as_str().unwrap() {
        "Namespace" => problems::<Namespace>(manifest),
        "ServiceAccount" => problems::<ServiceAccount>(manifest),
        "ConfigMap" => problems::<ConfigMap>(manifest),
        "Deployment" => problems::<Deployment>(manifest),
        "Service" => problems::<Service>(manifest),
        "PodDisruptionBudget" => problems::<PodDisruptionBudget>(manifest),
        "HorizontalPodAutoscaler" => problems::<HorizontalPodAutoscaler>(manifest),
        "NetworkPolicy" => problems::<NetworkPolicy>(manifest),
        other => panic!("a {other}, which nobody here knows"),
    }
}

#[test]
fn every_manifest_is_what_the_api_server_of_now_takes() {
    let manifests = manifests();
    assert_eq!(manifests.len(), 8);
    for (name, manifest) in &manifests {
        assert_eq!(problems_of(manifest), Vec::<String>::new(), "{name}");
        if manifest["kind"] != "Namespace" {
            assert_eq!(manifest["metadata"]["namespace"], "token-review-webhook", "{name}");
        }
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let deployment = manifests().into_iter().map(|(_, one)| one).find(|one| one["kind"] == "Deployment").unwrap();
    for (pointer, name, value) in [
        ("/spec/template/spec", "serviceAcountName", json!("x")),
        ("/spec/template/spec/containers/0", "readOnlyRootFilesystem", json!(true)),
        ("/spec/template/spec/containers/0/securityContext", "readOnlyRootFilesystem", json!("yes")),
        ("/spec/template/spec/containers/0/ports/0", "containerPort", json!("8443")),
        ("/spec", "selector", json!([])),
        ("/metadata", "label", json!({})),
    ] {
        let mut wrong = deployment.clone();
        wrong.pointer_mut(pointer).unwrap()[name] = value;
        let validator = jsonschema::validator_for(&schema::<Deployment>()).unwrap();
        assert!(!validator.is_valid(&wrong), "{pointer}/{name}");
        assert!(!problems_of(&wrong).is_empty());
    }
    let mut without = deployment;
    without["spec"].as_object_mut().unwrap().remove("selector");
    assert!(!problems_of(&without).is_empty());
}

/// What the Pod Security Standard "restricted" (and with it "baseline") has against a pod.
fn unrestricted(pod: &PodSpec) -> Vec<String> {
    let mut all = Vec::new();
    let mut no = |bad: bool, what: String| {
        if bad {
            all.push(what);
        }
    };
    for (name, set) in [("hostNetwork", pod.host_network), ("hostPID", pod.host_pid), ("hostIPC", pod.host_ipc)] {
        no(set == Some(true), name.to_owned());
    }
    let own = pod.security_context.clone().unwrap_or_default();
    no(own.sysctls.is_some_and(|all| !all.is_empty()), "sysctls".to_owned());
    no(own.run_as_user == Some(0), "runAsUser".to_owned());
    no(own.se_linux_options.is_some(), "seLinuxOptions".to_owned());
    let allowed = [
        "name",
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    for volume in pod.volumes.iter().flatten() {
        let kinds = serde_json::to_value(volume).unwrap();
        let other = kinds.as_object().unwrap().keys().find(|kind| !allowed.contains(&kind.as_str())).cloned();
        no(other.is_some(), format!("volume {}: {other:?}", volume.name));
    }
    let init = pod.init_containers.iter().flatten();
    no(pod.containers.is_empty(), "no container".to_owned());
    no(pod.ephemeral_containers.is_some(), "ephemeral containers".to_owned());
    for container in pod.containers.iter().chain(init) {
        let context = container.security_context.clone().unwrap_or_default();
        let name = &container.name;
        let non_root = context.run_as_non_root.or(own.run_as_non_root);
        no(non_root != Some(true), format!("{name}: runAsNonRoot"));
        no(context.run_as_user == Some(0), format!("{name}: runAsUser"));
        no(context.privileged == Some(true), format!("{name}: privileged"));
        no(context.allow_privilege_escalation != Some(false), format!("{name}: allowPrivilegeEscalation"));
        no(context.proc_mount.is_some_and(|mount| mount != "Default"), format!("{name}: procMount"));
        no(context.se_linux_options.is_some(), format!("{name}: seLinuxOptions"));
        let seccomp = context.seccomp_profile.or(own.seccomp_profile.clone()).map(|profile| profile.type_);
        let confined = seccomp.is_some_and(|kind| kind == "RuntimeDefault" || kind == "Localhost");
        no(!confined, format!("{name}: seccompProfile"));
        let capabilities = context.capabilities.unwrap_or_default();
        let drops = capabilities.drop.unwrap_or_default();
        no(!drops.iter().any(|one| one == "ALL"), format!("{name}: capabilities.drop"));
        let adds = capabilities.add.unwrap_or_default();
        no(adds.iter().any(|one| one != "NET_BIND_SERVICE"), format!("{name}: capabilities.add"));
        let ports = container.ports.iter().flatten();
        no(ports.filter_map(|port| port.host_port).any(|port| port != 0), format!("{name}: hostPort"));
        let probes = [&container.liveness_probe, &container.readiness_probe, &container.startup_probe];
        let hosts = probes.into_iter().flatten().filter_map(|probe| probe.http_get.as_ref()?.host.clone());
        no(hosts.count() > 0, format!("{name}: host of a probe"));
    }
    all
}

fn pod() -> PodSpec {
    of_kind::<Deployment>("Deployment").spec.template.spec.unwrap()
}

#[test]
fn the_pod_is_restricted_and_its_root_is_read_only() {
    assert_eq!(unrestricted(&pod()), Vec::<String>::new());
    for container in &pod().containers {
        let context = container.security_context.as_ref().unwrap();
        assert_eq!(context.read_only_root_filesystem, Some(true));
        let resources = container.resources.as_ref().unwrap();
        assert!(resources.limits.as_ref().unwrap().contains_key("memory"));
        assert!(resources.requests.as_ref().unwrap().contains_key("cpu"));
        assert!(container.volume_mounts.iter().flatten().all(|mount| mount.read_only == Some(true)));
    }
    let namespace: Namespace = of_kind("Namespace");
    let labels = namespace.metadata.labels.unwrap();
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
}

#[test]
fn each_breach_of_the_standard_is_seen() {
    let good = serde_json::to_value(pod()).unwrap();
    for (pointer, name, value) in [
        ("", "hostNetwork", json!(true)),
        ("", "hostPID", json!(true)),
        ("/securityContext", "runAsNonRoot", json!(false)),
        ("/securityContext", "runAsUser", json!(0)),
        ("/securityContext", "seccompProfile", json!({"type": "Unconfined"})),
        ("/securityContext", "sysctls", json!([{"name": "kernel.msgmax", "value": "1"}])),
        ("/containers/0/securityContext", "privileged", json!(true)),
        ("/containers/0/securityContext", "allowPrivilegeEscalation", Value::Null),
        ("/containers/0/securityContext", "capabilities", json!({"drop": ["NET_RAW"]})),
        ("/containers/0/securityContext", "capabilities", json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]})),
        ("/containers/0/securityContext", "procMount", json!("Unmasked")),
        ("/containers/0/ports/0", "hostPort", json!(8443)),
        ("", "volumes", json!([{"name": "x", "hostPath": {"path": "/"}}])),
    ] {
        let mut bad = good.clone();
        bad.pointer_mut(pointer).unwrap()[name] = value;
        let pod: PodSpec = serde_json::from_value(bad).unwrap();
        assert_eq!(unrestricted(&pod).len(), 1, "{pointer}/{name}: {:?}", unrestricted(&pod));
    }
}

#[test]
fn the_service_account_has_no_rights_and_the_pod_no_token() {
    let kinds: Vec<_> = manifests().into_iter().map(|(_, one)| one["kind"].clone()).collect();
    assert!(kinds.iter().all(|kind| !kind.as_str().unwrap().contains("Role")));
    assert_eq!(pod().automount_service_account_token, Some(false));
    let account: ServiceAccount = of_kind("ServiceAccount");
    assert_eq!(account.automount_service_account_token, Some(false));
    assert_eq!(pod().service_account_name, account.metadata.name);
}

#[test]
fn selectors_ports_and_names_fit_together() {
    let deployment: Deployment = of_kind("Deployment");
    let spec = deployment.spec;
    let labels = spec.template.metadata.unwrap().labels.unwrap();
    let ports: Vec<_> = pod().containers[0].ports.clone().unwrap();
    let port = |name: &str| ports.iter().find(|port| port.name.as_deref() == Some(name)).unwrap().container_port;
    assert_eq!(spec.selector.match_labels.as_ref(), Some(&labels));
    // Whoever scales is the autoscaler: a number here would be set back with each roll-out.
    assert_eq!(spec.replicas, None);

    let service: Service = of_kind("Service");
    let service = service.spec.unwrap();
    assert_eq!(service.selector.as_ref(), Some(&labels));
    let budget: PodDisruptionBudget = of_kind("PodDisruptionBudget");
    assert_eq!(budget.spec.unwrap().selector.unwrap().match_labels.as_ref(), Some(&labels));
    let scaler: HorizontalPodAutoscaler = of_kind("HorizontalPodAutoscaler");
    let scaler = scaler.spec;
    assert_eq!(Some(&scaler.scale_target_ref.name), deployment.metadata.name.as_ref());
    assert!(scaler.min_replicas.unwrap() >= 2);

    let policy: NetworkPolicy = of_kind("NetworkPolicy");
    let policy = policy.spec.unwrap();
    assert_eq!(policy.pod_selector.unwrap().match_labels.as_ref(), Some(&labels));
    assert_eq!(policy.policy_types.unwrap(), ["Ingress", "Egress"]);
    let policy = serde_json::to_value((policy.ingress, policy.egress)).unwrap();
    assert_eq!(policy[0][0]["ports"], json!([{"protocol": "TCP", "port": port("https")}]));
    assert_eq!(policy[0][1]["ports"], json!([{"protocol": "TCP", "port": port("ops")}]));
    assert_eq!(policy[1].pointer("/0/ports/0"), Some(&json!({"protocol": "UDP", "port": 53})));
    assert_eq!(policy[1].pointer("/1/ports"), Some(&json!([{"protocol": "TCP", "port": 443}])));
    assert!(
        policy[1].pointer("/1/to/0/ipBlock/except").unwrap().as_array().unwrap().contains(&json!("169.254.0.0/16"))
    );
}

#[test]
fn the_program_takes_the_flags_the_files_and_the_times_that_are_given() {
    let config: ConfigMap = of_kind("ConfigMap");
    let data = config.data.unwrap();
    let authentication = AuthenticationConfiguration::from_yaml(data["authentication.yaml"].as_bytes(), &[]).unwrap();
    assert_eq!(authentication.jwt.len(), 1);

    let folder = std::env::temp_dir().join(format!("token-review-webhook-deploy-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("webhook.yaml");
    std::fs::write(&file, &data["webhook.yaml"]).unwrap();
    let mounted = "/etc/token-review-webhook/webhook.yaml";
    let words = pod().containers[0].args.clone().unwrap();
    assert!(words.contains(&format!("--config={mounted}")));
    let words = words.iter().map(|word| word.replace(mounted, &file.display().to_string()));
    let args = Args::read(std::iter::once("webhook".to_owned()).chain(words)).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();

    let container = &pod().containers[0];
    let mounts: Vec<_> = container.volume_mounts.iter().flatten().map(|mount| mount.mount_path.clone()).collect();
    for path in [&args.authentication_config, &args.tls_cert_file, &args.tls_private_key_file, &args.client_ca_file] {
        let path = path.as_ref().unwrap();
        assert!(mounts.iter().any(|mount| path.starts_with(mount)), "{} is not mounted", path.display());
    }
    let ports: Vec<_> = container.ports.iter().flatten().map(|port| port.container_port).collect();
    assert_eq!(ports, [i32::from(args.listen.port()), i32::from(args.ops_listen.port())]);
    let grace = u64::try_from(pod().termination_grace_period_seconds.unwrap()).unwrap();
    assert!((args.drain_delay + args.drain_timeout).as_secs() < grace);
}

#[test]
fn the_api_server_s_kubeconfig_points_at_the_service() {
    let config = read(&folder().join("apiserver/kubeconfig.yaml"));
    assert_eq!((&config["apiVersion"], &config["kind"]), (&json!("v1"), &json!("Config")));
    let service: Service = of_kind("Service");
    let name = format!("{}.{}.svc", service.metadata.name.unwrap(), service.metadata.namespace.unwrap());
    let service = service.spec.unwrap();
    let address = format!("https://{}:{}/authenticate", service.cluster_ip.unwrap(), service.ports.unwrap()[0].port);
    let cluster = &config["clusters"][0]["cluster"];
    assert_eq!((&cluster["server"], &cluster["tls-server-name"]), (&json!(address), &json!(name)));
    let (context, user) = (&config["contexts"][0], &config["users"][0]);
    assert_eq!(config["current-context"], context["name"]);
    assert_eq!(context["context"], json!({"cluster": config["clusters"][0]["name"], "user": user["name"]}));
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&user["user"]), ["client-certificate", "client-key"]);
    assert_eq!(members(cluster), ["certificate-authority", "server", "tls-server-name"]);
}
