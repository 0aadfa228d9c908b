"""Stage after stage: what differs in a realm is told and, if asked, put right."""

from collections.abc import Callable, Iterator

import requests
from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakConnectionError, KeycloakError

from terresante_deploy.realms.administrator import Keycloak, Stopped, must_be_of_age
from terresante_deploy.realms.clients import of_clients, of_service_accounts
from terresante_deploy.realms.comparing import Difference
from terresante_deploy.realms.fields import of_profile, of_realm, of_required_actions
from terresante_deploy.realms.flows import of_flows, of_flows_aside
from terresante_deploy.realms.wanted import Wanted

STAGES: tuple[Callable[[KeycloakAdmin, Wanted], Iterator[Difference]], ...] = (
    of_required_actions,
    of_profile,
    of_flows,
    of_clients,
    of_service_accounts,
    of_realm,
    of_flows_aside,
)
"""In this order: a client is bound to a flow, and the realm to flows that are whole by then."""


def differences(keycloak: Keycloak, wanted: Wanted, *, change: bool) -> Iterator[str]:
    """What is not as it should be, a line each; with `change`, put right before it is told.

    Raises Stopped, NotGiven.
    """
    place = "realms"
    try:
        admin = keycloak.administrator(wanted.name)
        must_be_of_age(admin)
        if wanted.name not in {one["realm"] for one in admin.get_realms()}:
            if change:
                admin.create_realm(wanted.whole())
            yield f"{wanted.name}: realm: missing"
            return
        for stage in STAGES:
            for difference in [*stage(admin, wanted)]:
                place = difference.words
                if change:
                    difference.act()
                yield f"{wanted.name}: {difference.words}"
    except KeycloakConnectionError:
        raise Stopped(f"Keycloak went away at {wanted.name}: {place}. Start anew: what is done stays done.") from None
    except (KeycloakError, requests.HTTPError) as fault:
        raise Stopped(_refused(f"{wanted.name}: {place}", fault)) from None


def _refused(place: str, fault: KeycloakError | requests.HTTPError) -> str:
    code = fault.response_code if isinstance(fault, KeycloakError) else getattr(fault.response, "status_code", None)
    if code in (401, 403):
        return (
            f"Keycloak does not let this administrator do it ({code}), at {place}: give one who may manage that realm."
        )
    return f"Keycloak refused ({code}), at {place}. Start anew: what is done stays done."
