"""How people log in, as trees: `realms.py` puts them in the realms."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MINUTE, HOUR, DAY = 60, 3600, 86_400
CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"


def setting(name: str, default: str | None = None) -> str:
    """A placeholder that Keycloak replaces by an environment variable at import."""
    return f"${{TERRESANTE_KEYCLOAK_{name}{'' if default is None else f':{default}'}}}"


@dataclass(frozen=True)
class Kind:
    """What makes a realm differ from the other.

    `idle`, `longest`: seconds of a session without use, and in all. `acr`: levels asked for by default. `card`: whether
    a card opens it. `machines`: whether systems get tokens of it, by their organisations' certificates. `attributes`,
    `mappers`: what it knows of a user besides, and puts in tokens.
    """

    name: str
    title: str
    idle: int
    longest: int
    acr: str
    card: bool
    machines: bool = False
    attributes: list[Json] = field(default_factory=list)
    mappers: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """One execution of a flow. `config` is stored beside the flow under an alias of its own."""

    authenticator: str
    requirement: str = "REQUIRED"
    config: Json | None = None


@dataclass(frozen=True)
class Flow:
    """A flow; inside another one, `requirement` says how it counts there.

    `bound`: a client refers to it. An import knows flows by their `id` there, and gives them another one afterwards.
    """

    alias: str
    steps: list["Step | Flow"]
    requirement: str = ""
    top: bool = False
    bound: bool = False


def level(number: int, age: int) -> Step:
    """Holds when that level was asked for and was not reached less than `age` seconds ago."""
    return Step(
        "conditional-level-of-authentication",
        config={"loa-condition-level": str(number), "loa-max-age": str(age)},
    )


def proof(authenticator: str, amr: str, age: int, **config: str) -> Step:
    """Something that a person shows, named in the `amr` claim for `age` seconds."""
    return Step(
        authenticator,
        config={**config, "default.reference.value": amr, "default.reference.maxAge": str(age)},
    )


def certificate_options(policy: str, lists: str) -> dict[str, str]:
    """What must be so of a certificate, whoever it names. `policy`: OID it carries; `lists`: revocation lists.

    The server's trust store holds the authorities of people and of organisations alike, and no step can name its own:
    the policy alone tells a card from an organisation's certificate.
    """
    options = {
        "timestamp-validation-enabled": "true",
        "crl-checking-enabled": "true",
        "crl-relative-path": lists,
        "crldp-checking-enabled": "false",
        "ocsp-checking-enabled": "false",
        "extendedkeyusage": CLIENT_AUTHENTICATION,
        "keyusage": "digitalSignature",
        "certificate-policy": policy,
        "certificate-policy-mode": "All",
        "revalidate-certificate-enabled": "false",
        "confirmation-page-disallowed": "true",
    }
    config = {f"x509-cert-auth.{key}": value for key, value in options.items()}
    return {**config, "x509-cert-auth-crl-abort-if-non-updated": "true"}


def mapped(source: str, attribute: str) -> dict[str, str]:
    """Which user a certificate opens: the one whose `attribute` is what `source` reads in it."""
    options = {
        "mapping-source-selection": source,
        "mapper-selection": "Custom Attribute Mapper",
        "mapper-selection.user-attribute-name": attribute,
    }
    return {f"x509-cert-auth.{key}": value for key, value in options.items()}


def card_step(kind: Kind) -> Step:
    """The CPS: its common name is the national number of the account."""
    config = {
        **mapped("Subject's Common Name", "idNat"),
        **certificate_options(setting("CARD_POLICY"), setting("CARD_CRLS", "persons.crl")),
    }
    return proof("auth-x509-client-username-form", "sc", kind.longest, **config)


def systems_flow() -> Flow:
    """How a machine gets a token: by its organisation's certificate, whole subject, and only as what it is.

    The second step refuses whoever is not a system, should a person's account ever bear a certificate's subject.
    """
    config = {
        **mapped("Match SubjectDN using regular expression", "certificateSubject"),
        **certificate_options(setting("ORGANISATION_POLICY"), setting("ORGANISATION_CRLS", "organisations.crl")),
        "x509-cert-auth.regular-expression": "(.*)",
        "x509-cert-auth.canonical-dn-enabled": "true",
    }
    anybody_else = {"attribute_name": "kind", "attribute_expected_value": "system", "not": "true"}
    refused = [Step("conditional-user-attribute", config=anybody_else), Step("deny-access-authenticator")]
    steps: list[Step | Flow] = [
        Step("direct-grant-auth-x509-username", config=config),
        Flow("systems only", [*refused], "CONDITIONAL"),
    ]
    return Flow("systems", steps, top=True, bound=True)


def browser_flow(kind: Kind) -> Flow:
    """The cookie, or the card (level 3), or the password (level 1) and then the code (level 2).

    Each level is a conditional flow inside an alternative one: with a simpler shape a card does not give level 3.
    """
    name = kind.name
    password = Flow(
        f"{name} level 1",
        [level(1, kind.longest), proof("auth-username-password-form", "pwd", kind.longest)],
        "CONDITIONAL",
    )
    code = Flow(
        f"{name} level 2",
        [
            level(2, 30 * MINUTE),
            Step("conditional-user-configured"),
            proof("auth-otp-form", "otp", 30 * MINUTE),
        ],
        "CONDITIONAL",
    )
    card = Flow(f"{name} level 3", [level(3, kind.longest), card_step(kind)], "CONDITIONAL")
    ways: list[Step | Flow] = [Step("auth-cookie", "ALTERNATIVE")]
    if kind.card:
        ways.append(Flow(f"{name} card", [card], "ALTERNATIVE"))
    ways.append(Flow(f"{name} forms", [password, code], "ALTERNATIVE"))
    return Flow(f"{name} browser", ways, top=True)


def no_direct_grant(kind: Kind) -> Flow:
    """Nobody gives their password to an application, should a client ever be allowed to ask for it."""
    return Flow(f"{kind.name} no direct grant", [Step("deny-access-authenticator")], top=True)


def flattened(flow: Flow) -> tuple[list[Json], list[Json]]:
    """The flow and those inside it as Keycloak lists them, and the configurations of their steps."""
    flows: list[Json] = []
    configs: list[Json] = []
    executions: list[Json] = []
    for position, step in enumerate(flow.steps, 1):
        execution: Json = {
            "requirement": step.requirement,
            "priority": position * 10,
            "authenticatorFlow": isinstance(step, Flow),
            "userSetupAllowed": False,
        }
        if isinstance(step, Flow):
            execution["flowAlias"] = step.alias
            inner_flows, inner_configs = flattened(step)
            flows += inner_flows
            configs += inner_configs
        else:
            execution["authenticator"] = step.authenticator
            if step.config:
                execution["authenticatorConfig"] = f"{flow.alias}: {step.authenticator}"
                configs.append({"alias": execution["authenticatorConfig"], "config": step.config})
        executions.append(execution)
    this = {
        **({"id": flow.alias} if flow.bound else {}),
        "alias": flow.alias,
        "providerId": "basic-flow",
        "topLevel": flow.top,
        "builtIn": False,
        "authenticationExecutions": executions,
    }
    return [this, *flows], configs
