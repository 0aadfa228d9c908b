"""What every pod of every set of values is: restricted, bounded, replaceable without anybody noticing."""

import pytest
from terresante_gateway.readiness import PATIENCE_SECONDS

from tests.charts.rendered import PARTS, SERVICES, SETS, component, containers, deployment, of_kind, pods, text

SETS_OF_VALUES = pytest.mark.parametrize("values", SETS)


@SETS_OF_VALUES
def test_every_pod_is_restricted(values: str) -> None:
    seen = 0
    for name, _, spec in pods(values):
        who = spec["securityContext"]
        assert who["runAsNonRoot"] is True and who["runAsUser"] > 0, name
        assert who["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for host in ("hostNetwork", "hostPID", "hostIPC"):
            assert not spec.get(host), name
        for volume in spec.get("volumes", []):
            assert {"emptyDir", "secret", "persistentVolumeClaim"} & set(volume), (name, volume)
        for one in containers(spec):
            seen += 1
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
    assert seen > 15


@SETS_OF_VALUES
def test_a_pod_may_hold_three_tenths_more_than_was_measured_of_it(values: str) -> None:
    measured = {"gateway": 122, "identity": 387, "consent": 113, "records": 115, "messaging": 125, "directory": 147}
    for name, held in measured.items():
        (container,) = deployment(values, name)["spec"]["template"]["spec"]["containers"]
        limit = str(container["resources"]["limits"]["memory"])
        assert limit.endswith("Mi") and int(limit.removesuffix("Mi")) >= 1.3 * held, (
            f"{name}: {held} MiB were seen (docs/operations.md)"
        )


@SETS_OF_VALUES
def test_no_pod_has_a_token_but_the_one_that_makes_the_demos_secrets(values: str) -> None:
    with_token = [name for name, _, spec in pods(values) if spec["automountServiceAccountToken"]]
    assert with_token == (["terresante-demo-secrets"] if values == "demo" else [])
    for account in of_kind(values, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@SETS_OF_VALUES
def test_kubernetes_adds_no_variable_that_a_service_would_refuse(values: str) -> None:
    assert all(spec["enableServiceLinks"] is False for _, _, spec in pods(values))


@SETS_OF_VALUES
def test_memory_is_asked_for_whole_and_the_processor_is_never_throttled(values: str) -> None:
    for name, _, spec in pods(values):
        for one in containers(spec):
            asked = one["resources"]
            assert asked["requests"]["memory"] == asked["limits"]["memory"], name
            assert "cpu" in asked["requests"] and "cpu" not in asked["limits"], name


@SETS_OF_VALUES
@pytest.mark.parametrize("part", PARTS)
def test_a_part_leaves_without_dropping_a_request(values: str, part: str) -> None:
    spec = deployment(values, part)["spec"]
    pod = spec["template"]["spec"]
    (only,) = pod["containers"]
    left = only["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = next(float(one["value"]) for one in only["env"] if one["name"].endswith("_DRAIN_SECONDS"))
    assert 5 <= left <= 15
    assert pod["terminationGracePeriodSeconds"] >= left + drain + 5
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert spec["minReadySeconds"] > 30, "gRPC looks names up at most every 30 s"


@SETS_OF_VALUES
@pytest.mark.parametrize("part", PARTS)
def test_a_part_says_when_it_is_started_ready_and_alive(values: str, part: str) -> None:
    (only,) = deployment(values, part)["spec"]["template"]["spec"]["containers"]
    probes = {name: only[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
    if part == "gateway":
        assert probes["readiness"]["httpGet"]["path"] == "/ready"
        assert probes["liveness"]["httpGet"]["path"] == "/health"
        start = probes["startup"]
        assert start["periodSeconds"] * start["failureThreshold"] > PATIENCE_SECONDS + 15, "it is not killed meanwhile"
    else:
        assert probes["readiness"]["exec"]["command"][-2:] == [part, "5000"]
        assert probes["liveness"]["exec"]["command"][-1] == "--alive"
    alive = probes["liveness"]
    assert alive["periodSeconds"] * alive["failureThreshold"] >= 60, "only a loop that is stuck is put down"


@SETS_OF_VALUES
@pytest.mark.parametrize("part", PARTS)
def test_a_part_survives_a_node_and_says_so_to_those_who_empty_one(values: str, part: str) -> None:
    spec = deployment(values, part)["spec"]
    spread = spec["template"]["spec"]["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    (budget,) = [one for one in of_kind(values, "PodDisruptionBudget") if component(one) == part]
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    scaled = [one for one in of_kind(values, "HorizontalPodAutoscaler") if component(one) == part]
    fewest = scaled[0]["spec"]["minReplicas"] if scaled else spec["replicas"]
    assert fewest >= 2
    assert not (scaled and "replicas" in spec), "a Deployment that is scaled names no number"


@SETS_OF_VALUES
@pytest.mark.parametrize("service", SERVICES)
def test_clients_of_a_service_see_each_of_its_pods(values: str, service: str) -> None:
    (found,) = [one for one in of_kind(values, "Service") if component(one) == service]
    assert found["spec"]["clusterIP"] == "None"
    labels = deployment(values, service)["spec"]["template"]["metadata"]["labels"]
    assert found["spec"]["selector"].items() <= labels.items()


@SETS_OF_VALUES
def test_only_consent_goes_before_others(values: str) -> None:
    before = {part for part in PARTS if deployment(values, part)["spec"]["template"]["spec"].get("priorityClassName")}
    assert before == {"consent"}
    assert [one["metadata"]["name"] for one in of_kind(values, "PriorityClass")] == ["terresante-consent"]


def test_an_air_gapped_cluster_pulls_everything_from_one_place_with_one_secret() -> None:
    for name, _, spec in pods("airgap"):
        assert spec["imagePullSecrets"] == [{"name": "mirror-pull"}], name
        for one in containers(spec):
            assert one["image"].startswith("mirror.interne.example.fr/terresante/terresante-"), name
    assert "registry.example.fr" not in text("airgap")


def test_an_authority_of_ones_own_is_named_to_whoever_calls_outside_and_to_nobody_else() -> None:
    wanted = {"SMTP_CA_FILE": "mail-ca", "WEBHOOK_CA_FILE": "webhooks-ca"}
    for part in PARTS:
        spec = deployment("airgap", part)["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        told = {one["name"]: one.get("value") for one in container["env"]}
        mounted = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        for setting, at in wanted.items():
            if part == "messaging":
                assert told[f"TERRESANTE_MESSAGING_{setting}"] == f"{mounted[at]}/ca.crt"
            else:
                assert at not in mounted and not [name for name in told if name.endswith(setting)], part
