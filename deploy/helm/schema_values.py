"""Every value of the chart but those of the parts: what it is, and what it may be. For `schema.py`."""

from schema import HTTP, HTTPS, PARTS, QUANTITY, Json, many, number, one_of, secret, text, these, words, yes
from schema_realms import ADMINISTRATOR, reconciled_realms

ANYTHING: Json = {"type": "object", "additionalProperties": True, "description": "As Kubernetes wants it"}
PLACES: Json = {"$ref": "#/definitions/places"}


def properties(services: Json) -> Json:
    """Top-level values; `services`: the entry of each part."""
    return {
        "global": {"type": "object", "description": "Unused; Helm adds it"},
        "part": {"type": "object", "description": "Unused; Helm adds it for the library chart"},
        "images": images(),
        "services": these("One entry per part", services, tuple(services)),
        "rollout": rollout(),
        "consentPriority": these(
            "Consent is the last to be put out of a full node",
            {"create": yes("Make a PriorityClass for consent"), "value": number("Its value", 0, 1_000_000_000)},
        ),
        "gateway": gateway(),
        "workbench": workbench(),
        **ground(),
        "secrets": secrets(),
        "certificates": certificates(),
        "network": network(),
        "telemetry": these(
            "Logs, traces, metrics",
            {
                "endpoint": text("OTLP/HTTP base address for spans and metrics; nowhere if empty", HTTP),
                "traceRatio": {"type": "number", "minimum": 0, "maximum": 1, "description": "Share of traces kept"},
                "logLevel": one_of("Least level that is logged", "debug", "info", "warning", "error"),
            },
        ),
        "monitoring": monitoring(),
        "migrations": these(
            "Jobs that prepare the ground",
            {
                "deadlineSeconds": number("After how long a Job has failed, s", 60, 86_400),
                "resources": {"$ref": "#/definitions/resources"},
            },
        ),
        "nodeSelector": words("Labels of nodes that pods may be on"),
        "tolerations": many("Taints that pods bear", ANYTHING),
        "demo": these(
            "Everything on an empty cluster",
            {
                "enabled": yes("Bring PostgreSQL, NATS and Keycloak along, with made-up keys. NOT FOR PRODUCTION"),
                "storageClass": secret("StorageClass of their volumes; the cluster's default if empty"),
                "storageSize": text("Size of each", QUANTITY),
                "tag": text("Tag of their images; the chart's appVersion if empty", "^[A-Za-z0-9._-]*$"),
                "portal": text("Base address of the portal that its Keycloak knows", "^https?://[^ ]+$"),
                "hosts": many("More names in the certificates of gateway and Keycloak", text("Host name")),
            },
        ),
    }


def monitoring() -> Json:
    """What Prometheus and Grafana pick up."""
    return these(
        "Alerts and dashboards, for metrics that the collector of telemetry.endpoint hands to Prometheus",
        {
            "runbooks": text("Where docs/runbooks is published; alerts link to it", "^[^ ]+$"),
            "rules": these(
                "Alerts",
                {
                    "enabled": yes("Make a PrometheusRule, of the Prometheus operator"),
                    "labels": words("Labels by which Prometheus picks it"),
                },
            ),
            "dashboards": these(
                "Dashboards",
                {
                    "enabled": yes("Make a ConfigMap for each dashboard"),
                    "labels": words("Labels by which Grafana picks them"),
                },
            ),
        },
    )


def images() -> Json:
    """Where images come from."""
    return these(
        "Where images come from: one place for all",
        {
            "registry": text("Registry, and path in it, that holds every terresante-* image", "^[a-z0-9./:_-]*$"),
            "tag": text("Tag of all of them; the chart's appVersion if empty", "^[A-Za-z0-9._-]*$"),
            "digests": these(
                "Digests of images, by the last part of their name; a digest decides whatever the tag says",
                dict.fromkeys((*PARTS, "tools", "keycloak"), text("sha256: and 64 digits", "^(sha256:[0-9a-f]{64})?$")),
            ),
            "pullPolicy": one_of("When nodes pull", "IfNotPresent", "Always", "Never"),
            "pullSecrets": many("Secrets to pull with", secret("Name of a Secret")),
        },
    )


def rollout() -> Json:
    """How pods come and go."""
    return these(
        "How pods come and go",
        {
            "leaveSeconds": number(
                "Between leaving the endpoints and the stop signal, s: longer than endpoints take to propagate", 5, 60
            ),
            "drainSeconds": number("How long requests in flight may go on after the stop signal, s", 1, 300),
            "minReadySeconds": number(
                "How long a new pod must stay ready before an old one leaves, s; over 30, so that every gRPC client "
                "has looked names up again",
                0,
                600,
            ),
            "progressDeadlineSeconds": number("After how long without progress a rollout has failed, s", 60, 3_600),
            "strictSpread": yes("Refuse to put two pods of a part on one node or zone while another has none"),
        },
    )


def gateway() -> Json:
    """The door."""
    return these(
        "The door",
        {
            "publicUrl": text("https:// address under which portals reach the gateway", HTTPS),
            "patientPortalUrl": text("Page where a patient logs in, given with an activation code", HTTP),
            "corsOrigins": many("Origins of the portals", text("Origin, as browsers send it", "^https?://[^/ ]+$")),
            "ingress": ingress("publicUrl"),
        },
    )


def ingress(url: str) -> Json:
    """The way in from outside, for the host of that value."""
    return these(
        "The way in from outside",
        {
            "enabled": yes(f"Make an Ingress for the host of {url}"),
            "className": secret("Its class"),
            "annotations": words("Its annotations"),
        },
    )


def workbench() -> Json:
    """The administrators' pages."""
    return these(
        "The administrators' pages, which the directory serves",
        {
            "enabled": yes("Serve them"),
            "url": text("https:// origin under which browsers reach them, without a slash at the end", HTTPS),
            "from": many("NetworkPolicy peers that may reach them; anybody if empty", ANYTHING),
            "ingress": ingress("url"),
        },
    )


def ground() -> Json:
    """What stands under the platform."""
    kind = one_of("A kind of people", "professional", "administrator", "patient", "system")
    realms = {realm: many(f"Kinds of people whom realm {realm} may vouch for", kind) for realm in ("pro", "patient")}
    authority = "its certificate; the system's authorities if empty"
    return {
        "keycloak": these(
            "Who logs people in",
            {
                "url": text("Base address of Keycloak, without /realms", HTTPS),
                "caSecret": secret(f"Secret whose ca.crt signs {authority}"),
                "kinds": these("Realm -> kinds", realms, ("pro", "patient")),
                "realms": reconciled_realms(),
            },
        ),
        "database": these(
            "PostgreSQL",
            {
                "sslmode": one_of("How PostgreSQL's certificate is checked", "verify-full", "verify-ca", "require"),
                "maxConnections": number(
                    "What PostgreSQL leaves to the platform of its max_connections; more pods than that bears are "
                    "refused. 0: not checked",
                    0,
                    100_000,
                ),
                "caSecret": secret(f"Secret whose ca.crt signs {authority}"),
            },
        ),
        "nats": these(
            "NATS",
            {
                "url": text("Address of NATS", "^(tls://[^ ]+)?$"),
                "replicas": one_of("Copies of the stream and its consumers", 1, 3, 5),
            },
        ),
        "store": store(),
        "mail": mail(),
        "webhooks": these(
            "What portals' webhooks are sent with (who may be reached: network.outside.webhooks)",
            {"caSecret": secret("Secret whose ca.crt signs portals' certificates, besides the system's authorities")},
        ),
    }


def store() -> Json:
    """Documents and attachments."""
    return these(
        "Where sealed documents and attachments are",
        {
            "url": text("s3://bucket/prefix of documents; a volume if empty", "^(s3://[^ ]+)?$"),
            "attachmentsUrl": text("s3://bucket/prefix of attachments; a volume if empty", "^(s3://[^ ]+)?$"),
            "endpoint": text("S3 endpoint", HTTPS),
            "region": text("S3 region"),
            "credentialsSecret": secret(
                "Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; <release>-store if empty"
            ),
            "existingClaim": secret("PersistentVolumeClaim to use instead of a new one"),
            "existingAttachmentsClaim": secret("The same for attachments"),
            "size": text("Size of each volume", QUANTITY),
            "storageClass": secret("StorageClass of the volume; the cluster's default if empty"),
            "accessMode": one_of(
                "ReadWriteMany lets records and messaging run on several nodes", "ReadWriteOnce", "ReadWriteMany"
            ),
        },
    )


def mail() -> Json:
    """The mail server."""
    return these(
        "How mail leaves that tells people that there is something to read; none does without host",
        {
            "host": text("Name of the mail server"),
            "port": number("Its port", 1, 65_535),
            "security": one_of("starttls, tls, or none", "starttls", "tls", "none"),
            "user": text("Name to log in with, if the mail server asks for it"),
            "passwordSecret": secret("Secret whose password goes with it; <release>-mail if empty"),
            "caSecret": secret("Secret whose ca.crt signs its certificate; the system's authorities if empty"),
            "from": text("Address that mail comes from"),
            "portalUrl": text("Where it sends people to read", HTTPS),
        },
    )


def secrets() -> Json:
    """Names only."""
    own = "if empty"
    return these(
        "Names of Secrets; never their content",
        {
            "cursorKey": secret(
                f"Secret with cursor.key, 32 characters or more a line; <release>-gateway-cursor {own}"
            ),
            "masterKeys": secret(f"Secret with master.key, the operator's keys; <release>-records-master {own}"),
            "messagingKeys": secret(f"Secret with master.key, those of messaging; <release>-messaging-master {own}"),
            "journalKey": secret(f"Secret with journal.pem, Ed25519 PKCS#8; <release>-consent-journal {own}"),
            "workbenchKey": secret(
                f"Secret with workbench.pem, the EC P-256 key of Keycloak's client `workbench`; "
                f"<release>-directory-workbench {own}"
            ),
            "keycloakClients": secret(
                f"Secret with pro and patient: Keycloak's secret of client `platform` in each; "
                f"<release>-keycloak-clients {own}"
            ),
            "keycloakAdministrator": secret(ADMINISTRATOR),
        },
    )


def certificates() -> Json:
    """Mutual TLS."""
    return these(
        "Mutual TLS between parts",
        {
            "certManager": yes("Make cert-manager Certificates instead of reading Secrets that operations make"),
            "issuer": secret("Name of the issuer"),
            "issuerKind": one_of("Its kind", "Issuer", "ClusterIssuer"),
            "duration": text("Life of a certificate", "^[0-9]+h$"),
            "renewBefore": text("How long before its end it is renewed", "^[0-9]+h$"),
        },
    )


def network() -> Json:
    """Who may talk to whom."""
    outside = ("postgres", "nats", "keycloak", "store", "mail", "webhooks", "telemetry")
    return these(
        "Network policies",
        {
            "dns": these(
                "The cluster's DNS", {"namespace": text("Its namespace"), "podLabels": words("Labels of its pods")}
            ),
            "gatewayFrom": many("NetworkPolicy peers that may reach the door; anybody if empty", ANYTHING),
            "outside": these(
                "Where what is outside the release is: pods open connections to nothing else",
                dict.fromkeys(outside, PLACES),
            ),
        },
    )
