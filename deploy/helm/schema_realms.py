"""The values of the Job that puts Keycloak's realms right. For `schema.py`."""

from schema import Json, text, these, yes

ADMINISTRATOR = (
    "Secret with client-id and client-secret, or username and password, of an administrator of Keycloak's realm "
    "master, for keycloak.realms; <release>-keycloak-administrator if empty"
)
PORTAL_SETTINGS = {
    "PORTAL_REDIRECT_URI": "Where the portal's logins end",
    "PORTAL_ORIGIN": "Origin of the portal",
    "PORTAL_LOGOUT_URI": "Where the portal's logouts end",
}
REALM_SETTINGS = {
    "CARD_POLICY": "Policy OID that a card's authentication certificate must carry",
    "CARD_CRLS": "Revocation lists of cards, in Keycloak's conf/, separated by ##",
    "ORGANISATION_POLICY": "Policy OID that an organisation's authentication certificate must carry",
    "ORGANISATION_CRLS": "The same lists, of the organisations' authorities",
    "WORKBENCH_ORIGIN": "Origin of the administrators' pages; workbench.url if they are served",
    "WORKBENCH_CERTIFICATE": "Certificate of the pages' key: DER in base64, one line",
    **PORTAL_SETTINGS,
}
"""Those that deploy/keycloak asks for, but for secrets."""


def reconciled_realms() -> Json:
    """What a Job puts right in Keycloak."""
    of_one = {
        f"{realm.upper()}_{name}": f"{said}, in realm {realm} alone"
        for realm in ("pro", "patient")
        for name, said in PORTAL_SETTINGS.items()
    }
    given = {name: text(said) for name, said in {**REALM_SETTINGS, **of_one}.items()}
    return these(
        "Realms made and put right by a Job",
        {
            "enabled": yes("Do so; needs an administrator of Keycloak (secrets.keycloakAdministrator)"),
            "settings": these("TERRESANTE_KEYCLOAK_* settings; what is not given is left as it is", given),
        },
    )
