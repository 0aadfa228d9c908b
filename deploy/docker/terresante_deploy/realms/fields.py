"""A realm's own fields, what it may know of a user, and what an account must do first."""

import json
from collections.abc import Iterator
from functools import partial

from keycloak import KeycloakAdmin

from terresante_deploy.realms.comparing import Difference, Json, changed, named, password_policy, same_policy
from terresante_deploy.realms.wanted import Wanted

ELSEWHERE = ("realm", "authenticationFlows", "authenticatorConfig", "requiredActions", "clients", "components", "users")
OPERATORS = ("loginTheme",)
"""Given to a realm that is made, and the operator's from then on."""
MAPS = frozenset({"attributes", "browserSecurityHeaders"})
PROFILE = "org.keycloak.userprofile.UserProfileProvider"
REGISTER = "admin/realms/{realm}/authentication/register-required-action"


def of_realm(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """Its fields, flows that it is bound to included: all in one request.

    Keycloak takes some of what a request leaves out for its defaults, so the request says all; it knows its own mask of
    the mail server's password, and keeps that.
    """
    is_ = admin.get_realm(wanted.name)
    ours = {key: value for key, value in wanted.content.items() if key not in (*ELSEWHERE, *OPERATORS)}
    known = wanted.known(ours)
    policy, rules = is_.get("passwordPolicy") or "", known.pop("passwordPolicy")
    fields = changed(is_, known, MAPS)
    if not same_policy(policy, rules):
        fields["passwordPolicy"] = password_policy(policy, rules)
    if fields:
        yield Difference(f"realm: {named(fields)}", partial(admin.update_realm, wanted.name, {**is_, **fields}))


def of_profile(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """The attributes of users; those of others stay."""
    (component,) = wanted.content["components"][PROFILE]
    (text,) = component["config"]["kc.user.profile.config"]
    is_ = admin.get_realm_users_profile()
    there = {one["name"]: one for one in is_["attributes"]}
    ours: dict[str, Json] = {one["name"]: one for one in json.loads(text)["attributes"]}
    differ = [name for name, one in ours.items() if changed(there.get(name, {}), one, frozenset())]
    if differ:
        attributes = {**there, **{name: {**there.get(name, {}), **one} for name, one in ours.items()}}
        whole = {**is_, "attributes": [*attributes.values()]}
        yield Difference(f"user attributes: {', '.join(differ)}", partial(admin.update_realm_users_profile, whole))


def of_required_actions(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """What an account that the platform makes must do first, in order."""
    there = {one["alias"]: one for one in admin.get_required_actions()}
    for action in wanted.content["requiredActions"]:
        alias = action["alias"]
        fields = changed(there.get(alias, {}), action, frozenset({"config"}))
        if alias not in there:
            yield Difference(f"required action {alias}: missing", partial(_registered, admin, wanted.name, action))
        elif fields:
            whole = {**there[alias], **fields}
            words = f"required action {alias}: {named(fields)}"
            yield Difference(words, partial(admin.update_required_action, alias, whole))


def _registered(admin: KeycloakAdmin, realm: str, action: Json) -> None:
    names = {"providerId": action["providerId"], "name": action["name"]}
    answer = admin.connection.raw_post(REGISTER.format(realm=realm), data=json.dumps(names))
    answer.raise_for_status()
    admin.update_required_action(action["alias"], action)
