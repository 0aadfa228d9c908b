"""The clients of the realms: portals of people, systems of structures, the platform itself; all others are closed."""

from typing import Any

from flows import HOUR, Json, Kind, setting, systems_flow

AUDIENCES = ("gateway", "identity", "consent", "records", "messaging", "directory")
PORTAL_ORIGIN = "http://127.0.0.1:8000"
WORKBENCH_ORIGIN = "https://localhost:8443"


def mapper(name: str, kind: str, **config: str) -> Json:
    """A protocol mapper that puts something in access tokens."""
    tokens = {"access.token.claim": "true", "introspection.token.claim": "true"}
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": kind,
        "consentRequired": False,
        "config": {**tokens, **config},
    }


def attribute_claim(name: str) -> Json:
    """The user attribute as the claim of the same name, in ID tokens too."""
    return mapper(
        name,
        "oidc-usermodel-attribute-mapper",
        **{
            "user.attribute": name,
            "claim.name": name,
            "jsonType.label": "String",
            "id.token.claim": "true",
        },
    )


def fixed_claim(name: str, value: str) -> Json:
    """The same claim in everybody's tokens."""
    return mapper(
        name,
        "oidc-hardcoded-claim-mapper",
        **{
            "claim.name": name,
            "claim.value": value,
            "jsonType.label": "String",
            "id.token.claim": "true",
        },
    )


def client(identifier: str, **differences: Any) -> Json:
    """What is the same in every client: nothing allowed that is not asked for, tokens signed with ES256."""
    attributes = {
        "access.token.signed.response.alg": "ES256",
        "id.token.signed.response.alg": "ES256",
        **differences.pop("attributes", {}),
    }
    return {
        "clientId": identifier,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "frontchannelLogout": False,
        "fullScopeAllowed": False,
        "defaultClientScopes": ["basic", "acr"],
        "optionalClientScopes": [],
        "attributes": attributes,
        **differences,
    }


def audiences() -> list[Json]:
    """Every part of the platform that verifies tokens."""
    return [mapper(f"aud {name}", "oidc-audience-mapper", **{"included.custom.audience": name}) for name in AUDIENCES]


def portal(kind: Kind, identifier: str, **levels: str) -> Json:
    """A client for people. Its tokens name no one: an opaque id, the kind of person, how they logged in."""
    return client(
        identifier,
        publicClient=True,
        standardFlowEnabled=True,
        redirectUris=[setting("PORTAL_REDIRECT_URI", "http://127.0.0.1:8000/callback")],
        webOrigins=[setting("PORTAL_ORIGIN", PORTAL_ORIGIN)],
        attributes={
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": setting("PORTAL_LOGOUT_URI", "http://127.0.0.1:8000/"),
            **levels,
        },
        protocolMappers=[
            *audiences(),
            mapper("amr", "oidc-amr-mapper", **{"id.token.claim": "true"}),
            attribute_claim("uid"),
            *kind.mappers,
        ],
    )


def workbench(**levels: str) -> Json:
    """The administrators' pages: a server, which proves itself by a key of its own and keeps the tokens to itself."""
    origin = setting("WORKBENCH_ORIGIN", WORKBENCH_ORIGIN)
    return client(
        "workbench",
        standardFlowEnabled=True,
        clientAuthenticatorType="client-jwt",
        redirectUris=[f"{origin}/retour"],
        attributes={
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": f"{origin}/deconnecte",
            "require.pushed.authorization.requests": "true",
            "token.endpoint.auth.signing.alg": "ES256",
            "client.session.max.lifespan": str(4 * HOUR),
            "jwt.credential.certificate": setting("WORKBENCH_CERTIFICATE", ""),
            **levels,
        },
        protocolMappers=[
            *audiences(),
            mapper("amr", "oidc-amr-mapper", **{"id.token.claim": "true"}),
            attribute_claim("uid"),
            attribute_claim("kind"),
        ],
    )


def systems() -> Json:
    """The client of machines: a certificate for a short token, nothing to refresh it with, no page and no password.

    A direct grant says neither level nor method by itself; here there is one only, so both are said for all.
    """
    return client(
        "systems",
        publicClient=True,
        directAccessGrantsEnabled=True,
        authenticationFlowBindingOverrides={"direct_grant": systems_flow().alias},
        defaultClientScopes=["basic"],
        attributes={"use.refresh.tokens": "false"},
        protocolMappers=[
            *audiences(),
            fixed_claim("acr", "3"),
            attribute_claim("uid"),
            attribute_claim("kind"),
        ],
    )


def clients(kind: Kind) -> list[Json]:
    """Portal, platform, and those of Keycloak's own that would open a side door, closed."""
    levels = {"default.acr.values": kind.acr, "minimum.acr.value": "2"}
    platform = client(
        "platform",
        serviceAccountsEnabled=True,
        fullScopeAllowed=True,
        clientAuthenticatorType="client-secret",
        secret=setting(f"{kind.name.upper()}_PLATFORM_SECRET"),
        defaultClientScopes=["basic", "acr", "roles"],
    )
    closed = ("account", "account-console", "admin-cli", "security-admin-console")
    return [
        portal(kind, "portal", **levels),
        platform,
        *([workbench(**levels), systems()] if kind.machines else []),
        *(client(identifier, enabled=False, publicClient=True) for identifier in closed),
    ]
