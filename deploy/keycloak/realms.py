"""Writes the realms that Keycloak imports: `python deploy/keycloak/realms.py` (standard library only).

The two realms share nearly everything, and a flow is easier to read as a tree than as the flat lists Keycloak wants; so
this file is what people edit, and the JSON beside it, committed too, is what Keycloak and operators get.
README.md says what each choice is for.
"""

import json
from pathlib import Path

from clients import PORTAL_ORIGIN, WORKBENCH_ORIGIN, attribute_claim, clients, fixed_claim, portal
from flows import DAY, HOUR, MINUTE, Json, Kind, browser_flow, flattened, no_direct_grant, setting, systems_flow

HERE = Path(__file__).parent
UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
ID_NAT_PATTERN = "^(8[0-9]{11}|0[0-9A-Z]{9}|3[0-9AB]{9}/[0-9A-Z]{1,16}|5[0-9]{14}/[0-9A-Z]{1,16})$"
"""RPPS, ADELI, employee of a FINESS, employee of a SIRET: the forms that a card's common name takes."""


def attribute(
    name: str, pattern: str | None = None, options: list[str] | None = None, longest: int | None = None
) -> Json:
    """A user attribute that only administrators read and write. `longest`: characters."""
    validations: Json = {}
    if longest:
        validations["length"] = {"max": longest}
    if pattern:
        validations["pattern"] = {"pattern": pattern, "error-message": name}
    if options:
        validations["options"] = {"options": options}
    permissions = {"view": ["admin"], "edit": ["admin"]}
    return {"name": name, "permissions": permissions, "multivalued": False, "validations": validations}


PRO = Kind(
    name="pro",
    title="Espace professionnel",
    idle=30 * MINUTE,
    longest=8 * HOUR,
    acr="2##3",
    card=True,
    machines=True,
    attributes=[
        attribute("idNat", ID_NAT_PATTERN),
        attribute("certificateSubject", longest=255),
        attribute("kind", options=["professional", "administrator", "system"]),
    ],
    mappers=[attribute_claim("kind")],
)
PATIENT = Kind(
    name="patient",
    title="Espace patient",
    idle=15 * MINUTE,
    longest=HOUR,
    acr="2",
    card=False,
    mappers=[fixed_claim("kind", "patient")],
)


def keys() -> list[Json]:
    """The keys that the realm makes for itself."""

    def key(name: str, provider: str, **config: str) -> Json:
        settings = {"priority": "100", "active": "true", "enabled": "true", **config}
        return {"name": name, "providerId": provider, "config": {k: [v] for k, v in settings.items()}}

    return [
        key("es256", "ecdsa-generated", priority="200", ecdsaEllipticCurveKey="P-256"),
        key("hs512", "hmac-generated", algorithm="HS512"),
        key("aes", "aes-generated"),
    ]


def profile(kind: Kind) -> Json:
    """What may be known of a user. No name: those are in the service that owns them."""
    username = {
        "name": "username",
        "permissions": {"view": ["admin", "user"], "edit": ["admin"]},
        "multivalued": False,
        "validations": {"length": {"min": 3, "max": 64}},
    }
    email = {**attribute("email"), "validations": {"email": {}}}
    attributes = [username, email, attribute("uid", UUID_PATTERN), *kind.attributes]
    text = json.dumps({"attributes": attributes}, ensure_ascii=False)
    return {"providerId": "declarative-user-profile", "config": {"kc.user.profile.config": [text]}}


def required_actions() -> list[Json]:
    """What an account created by the platform must do first, in this order. Nobody is offered anything else."""
    actions = {"UPDATE_PASSWORD": "Update Password", "CONFIGURE_TOTP": "Configure OTP"}
    return [
        {
            "alias": alias,
            "providerId": alias,
            "name": title,
            "enabled": True,
            "defaultAction": False,
            "priority": position * 10,
            "config": {"max_auth_age": str(5 * MINUTE)},
        }
        for position, (alias, title) in enumerate(actions.items(), 1)
    ]


LOGIN: Json = {
    "enabled": True,
    "sslRequired": "all",
    "registrationAllowed": False,
    "resetPasswordAllowed": False,
    "rememberMe": False,
    "editUsernameAllowed": False,
    "loginWithEmailAllowed": False,
    "duplicateEmailsAllowed": True,
    "loginTheme": "terresante",
    "internationalizationEnabled": True,
    "supportedLocales": ["fr"],
    "defaultLocale": "fr",
    "passwordPolicy": "length(12) and maxLength(128) and notUsername(undefined) and notContainsUsername(undefined)",
    "otpPolicyType": "totp",
    "otpPolicyAlgorithm": "HmacSHA256",
    "otpPolicyDigits": 6,
    "otpPolicyPeriod": 30,
    "otpPolicyLookAheadWindow": 1,
    "otpPolicyCodeReusable": False,
    "bruteForceProtected": True,
    "permanentLockout": False,
    "bruteForceStrategy": "MULTIPLE",
    "failureFactor": 5,
    "waitIncrementSeconds": MINUTE,
    "maxFailureWaitSeconds": 15 * MINUTE,
    "maxDeltaTimeSeconds": 12 * HOUR,
    "quickLoginCheckMilliSeconds": 200,
    "minimumQuickLoginWaitSeconds": 5,
}
TOKENS: Json = {
    "defaultSignatureAlgorithm": "ES256",
    "accessTokenLifespan": 5 * MINUTE,
    "accessCodeLifespan": MINUTE,
    "accessCodeLifespanUserAction": 15 * MINUTE,
    "accessCodeLifespanLogin": 15 * MINUTE,
    "revokeRefreshToken": True,
    "refreshTokenMaxReuse": 0,
}
PAGES: Json = {
    "contentSecurityPolicy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'unsafe-inline'",  # Keycloak's templates have scripts in them, without nonce
            "style-src 'self'",
            "img-src 'self' data:",  # the square to photograph at the enrolment of a code
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            "frame-ancestors 'self'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    ),
    "contentSecurityPolicyReportOnly": "",
    "referrerPolicy": "no-referrer",
    "strictTransportSecurity": "max-age=63072000; includeSubDomains",
    "xContentTypeOptions": "nosniff",
    "xFrameOptions": "SAMEORIGIN",
    "xRobotsTag": "none",
}
TRACES: Json = {
    "eventsEnabled": True,
    "eventsExpiration": 90 * DAY,
    "adminEventsEnabled": True,
    "adminEventsDetailsEnabled": False,
}


def pages(kind: Kind) -> Json:
    """Headers of the pages. `object-src` is in `default-src`. `form-action`: browsers follow a form through its
    redirect, and the login ends at the portal, or at the administrators' workbench.
    """
    ends = [setting("PORTAL_ORIGIN", PORTAL_ORIGIN)]
    if kind.machines:
        ends.append(setting("WORKBENCH_ORIGIN", WORKBENCH_ORIGIN))
    return {**PAGES, "contentSecurityPolicy": f"{PAGES['contentSecurityPolicy']} {' '.join(ends)}"}


def realm(kind: Kind) -> Json:
    """All of a realm."""
    browser, direct = browser_flow(kind), no_direct_grant(kind)
    flows = [browser, direct, *([systems_flow()] if kind.machines else [])]
    listed = [flattened(flow) for flow in flows]
    return {
        "realm": kind.name,
        "displayName": kind.title,
        **LOGIN,
        **TOKENS,
        **TRACES,
        "browserSecurityHeaders": pages(kind),
        "ssoSessionIdleTimeout": kind.idle,
        "ssoSessionMaxLifespan": kind.longest,
        "attributes": {"acr.loa.map": json.dumps({str(n): n for n in (1, 2, 3)[: 3 if kind.card else 2]})},
        "browserFlow": browser.alias,
        "directGrantFlow": direct.alias,
        "authenticationFlows": [flow for flows, _ in listed for flow in flows],
        "authenticatorConfig": [config for _, configs in listed for config in configs],
        "requiredActions": required_actions(),
        "clients": clients(kind),
        "components": {
            "org.keycloak.keys.KeyProvider": keys(),
            "org.keycloak.userprofile.UserProfileProvider": [profile(kind)],
        },
        "users": [
            {
                "username": "service-account-platform",
                "enabled": True,
                "serviceAccountClientId": "platform",
                "clientRoles": {"realm-management": ["manage-users"]},
            }
        ],
    }


def sandbox() -> Json:
    """Added to the realms of a sandbox only: a client whose people logged in with a password alone."""
    levels = {"default.acr.values": "1", "minimum.acr.value": "1"}
    return {kind.name: {"clients": [portal(kind, "portal-low", **levels)]} for kind in (PRO, PATIENT)}


def files() -> dict[str, str]:
    """File name -> content, for this folder."""
    contents = {"pro-realm.json": realm(PRO), "patient-realm.json": realm(PATIENT), "sandbox.json": sandbox()}
    return {name: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for name, content in contents.items()}


if __name__ == "__main__":
    for name, content in files().items():
        (HERE / name).write_text(content, encoding="utf-8")
