"""Wrong values stop the installation with a line that says which, and what to do; right ones are valid Kubernetes."""

import subprocess
import sys

import kubernetes_validate
import pytest
import yaml
from terresante_messaging.__main__ import WORKERS

from tests.charts.rendered import CHART, ROOT, SETS, helm, lint, of_kind, template

MINORS = ("1.35", "1.36", "1.37")
FOREIGN = ("Certificate", "PrometheusRule")
"""Kinds of cert-manager and of the Prometheus operator, which Kubernetes' own schemas do not describe."""


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ("demo", "replicas=3", "additional properties 'replicas' not allowed"),
        ("demo", "services.consent.replicas=deux", "at '/services/consent/replicas': got string, want integer"),
        ("demo", "services.consent.replicas=0", "at '/services/consent/replicas'"),
        ("demo", "services.gateway.settings.FOO=1", "additional properties 'FOO' not allowed"),
        ("demo", "services.consent.settings.LISTEN=x", "additional properties 'LISTEN' not allowed"),
        ("demo", "services.billing.replicas=1", "additional properties 'billing' not allowed"),
        ("demo", "images.pullPolicy=Sometimes", "at '/images/pullPolicy'"),
        ("demo", "rollout.leaveSeconds=1", "at '/rollout/leaveSeconds'"),
        ("demo", "images.registry=", "give the registry that holds the terresante-* images"),
        ("demo", "keycloak.url=https://login.example.fr", "leave keycloak.url and nats.url empty"),
        ("production", "keycloak.url=", "keycloak.url is empty: give the address of your Keycloak"),
        ("production", "keycloak.url=http://login.example.fr", "at '/keycloak/url'"),
        ("production", "gateway.patientPortalUrl=", "give the https:// address of the door, and of the page"),
        ("production", "nats.url=", "nats.url is empty"),
        ("production", "nats.url=nats://nats:4222", "at '/nats/url'"),
        ("production", "nats.replicas=2", "at '/nats/replicas'"),
        ("production", "certificates.issuer=", "name the Issuer or ClusterIssuer"),
        ("production", "network.outside.postgres=null", "network.outside.postgres is empty, so no pod could reach it"),
        ("production", "network.outside.store=null", "so nobody could reach it"),
        ("production", "network.outside.telemetry=null", "nothing could be sent there"),
        ("production", "telemetry.endpoint=", "monitoring is on but telemetry.endpoint is empty"),
        ("production", "store.url=", "its documents are on a ReadWriteOnce volume"),
        ("production", "store.attachmentsUrl=", "its attachments are on a ReadWriteOnce volume"),
        ("production", "network.outside.mail=null", "no mail could leave"),
        ("production", "mail.from=", "mail.host is set without mail.from or mail.portalUrl"),
        ("production", "services.messaging.settings.SMTP_HOST=x", "additional properties 'SMTP_HOST' not allowed"),
        ("production", "database.maxConnections=500", f"The pods could open {580 + 7 * WORKERS} connections"),
        ("production", "services.consent.databasePool=100", "lower services.*.databasePool"),
        ("production", "rollout.minReadySeconds=10", "rollout.minReadySeconds must be over 30"),
        ("production", "services.consent.autoscaling.most=2", "raise it to 3 or more"),
    ],
)
def test_wrong_values_stop_the_installation_with_a_line_that_names_them(values: str, given: str, said: str) -> None:
    done = template(SETS[values], given)
    assert done.returncode != 0
    assert said in done.stderr, done.stderr


def test_the_defaults_alone_install_nothing() -> None:
    done = helm("template", "x", str(CHART))
    assert done.returncode != 0
    assert "images.registry is empty" in done.stderr


@pytest.mark.parametrize("values", SETS)
def test_helm_finds_nothing_to_say(values: str) -> None:
    assert lint.said(SETS[values]) == ""


@pytest.mark.parametrize("values", SETS)
@pytest.mark.parametrize("minor", MINORS)
def test_everything_is_valid_in_three_minors_of_kubernetes(values: str, minor: str) -> None:
    done = template(SETS[values], kubernetes=f"{minor}.0")
    assert done.returncode == 0, done.stderr
    seen = 0
    for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader):
        if one and one["kind"] not in FOREIGN:
            kubernetes_validate.validate(one, minor, strict=True)
            seen += 1
    assert seen > 60


def test_a_changed_image_makes_new_jobs_and_the_same_values_make_the_same() -> None:
    def jobs(*more: str) -> set[str]:
        done = template(SETS["demo"], *more)
        return {one["metadata"]["name"] for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)
                if one and one["kind"] == "Job" and "migrate" in one["metadata"]["name"]}  # fmt: skip

    assert len(jobs()) == 5
    assert jobs() == jobs("services.consent.replicas=4")
    assert not jobs() & jobs("images.tag=0.2.0")


def test_certificates_are_asked_for_where_cert_manager_makes_them() -> None:
    asked = {one["spec"]["secretName"]: one["spec"]["dnsNames"] for one in of_kind("production", "Certificate")}
    assert len(asked) == 7
    assert asked["terresante-consent-tls"][0] == "consent.svc"
    assert "api.sante.example.fr" in asked["terresante-gateway-tls"]
    assert of_kind("airgap", "Certificate") == []


def test_the_schema_and_the_readme_are_current() -> None:
    script = str(ROOT / "deploy" / "helm" / "schema.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
