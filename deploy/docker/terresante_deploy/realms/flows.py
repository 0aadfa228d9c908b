"""The flows by which people and machines log in. One that is in use is never half of another.

Configurations change in place. A flow of another shape that is in use is put aside under another name, and stays in
use; the new one is made whole, then whatever used the old one is given the new one, and the old one goes. A run that
ends in between leaves people logging in as before; the next makes anew what is not in use and not whole.
"""

from collections.abc import Iterator
from functools import partial

from keycloak import KeycloakAdmin

from terresante_deploy.realms.clients import without_secret
from terresante_deploy.realms.comparing import MASK, Difference, Json, lacking, named
from terresante_deploy.realms.trees import Node, listed, shape, tops, tree, walked
from terresante_deploy.realms.wanted import BINDINGS, Wanted

ASIDE = " before"
USES = (
    "browserFlow",
    "directGrantFlow",
    "registrationFlow",
    "resetCredentialsFlow",
    "clientAuthenticationFlow",
    "dockerAuthenticationFlow",
    "firstBrokerLoginFlow",
)
"""The fields of a realm that name a flow."""


def of_flows(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """Each of ours: whole, and with our configurations."""
    ids = {flow["alias"]: flow["id"] for flow in admin.get_authentication_flows()}
    for alias in tops(wanted.content):
        ours = tree(wanted.content, alias)
        if alias not in ids:
            yield Difference(f"flow {alias}: missing", partial(_made, admin, wanted, alias))
            continue
        there = _seen(admin, alias)
        if shape(there) != shape(ours):
            yield Difference(f"flow {alias}: its steps", partial(_replaced, admin, wanted, alias))
            continue
        for (flow, is_), (_, our) in zip(walked(there, alias), walked(ours, alias), strict=True):
            fields = lacking(is_.config, wanted.known(our.config))
            if fields:
                words = f"flow {alias}: {is_.name}: {named(fields)}"
                config = {**is_.config, **wanted.known(our.config)}  # what is masked, in clear
                yield Difference(words, partial(_configured, admin, flow, is_, config))


def of_flows_aside(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """Those that were put aside: once the new one is there, whoever uses the old one gets it, and the old one goes."""
    ids = {flow["alias"]: flow["id"] for flow in admin.get_authentication_flows()}
    for alias in tops(wanted.content):
        if alias + ASIDE in ids:
            yield Difference(f"flow {alias}{ASIDE}: replaced", partial(_gone, admin, wanted.name, alias))


def _seen(admin: KeycloakAdmin, alias: str) -> list[Node]:
    executions = admin.get_authentication_flow_executions(alias)
    known = [one["authenticationConfig"] for one in executions if one.get("authenticationConfig")]
    configs = {id: admin.get_authenticator_config(id).get("config") or {} for id in known}
    return listed(executions, configs)


def _users(admin: KeycloakAdmin, id: str) -> Iterator[tuple[Json, Json]]:
    """Clients that are bound to a flow, whoever made them, and their bindings to it."""
    for client in admin.get_clients():
        bound = {kind: flow for kind, flow in client.get(BINDINGS, {}).items() if flow == id}
        if bound:
            yield client, bound


def _replaced(admin: KeycloakAdmin, wanted: Wanted, alias: str) -> None:
    (id,) = (flow["id"] for flow in admin.get_authentication_flows() if flow["alias"] == alias)
    realm = admin.get_realm(wanted.name)
    if alias in (realm.get(use) for use in USES) or any(_users(admin, id)):
        if alias + ASIDE in {flow["alias"] for flow in admin.get_authentication_flows()}:
            _gone(admin, wanted.name, alias)
        for execution in reversed(admin.get_authentication_flow_executions(alias)):
            if execution.get("authenticationFlow") and not execution["displayName"].endswith(ASIDE):
                _renamed(admin, execution["flowId"], execution["displayName"] + ASIDE)
        _renamed(admin, id, alias + ASIDE)
    else:
        admin.delete_authentication_flow(id)
    _made(admin, wanted, alias)


def _renamed(admin: KeycloakAdmin, id: str, alias: str) -> None:
    flow = admin.get_authentication_flow_for_id(id)
    admin.update_authentication_flow(id, {**flow, "alias": alias})


def _made(admin: KeycloakAdmin, wanted: Wanted, alias: str) -> None:
    """Steps first, then how each counts: until then none does anything, and nobody uses the flow."""
    ours = tree(wanted.content, alias)
    before = _configs_before(admin, alias)
    settled = [_settled(wanted, our.config, before.get((flow, our.name), {})) for flow, our in walked(ours, alias)]
    flow = {"alias": alias, "providerId": "basic-flow", "topLevel": True, "builtIn": False, "description": ""}
    admin.create_authentication_flow(flow)
    for parent, our in walked(ours, alias):
        if our.below is None:
            admin.create_authentication_flow_execution({"provider": our.name}, parent)
        else:
            inner = {"alias": our.name, "type": "basic-flow", "provider": "", "description": ""}
            admin.create_authentication_flow_subflow(inner, parent)
    executions = admin.get_authentication_flow_executions(alias)
    for execution, (parent, our), config in zip(executions, walked(ours, alias), settled, strict=True):
        if config:
            _configured(admin, parent, Node(our.name, our.requirement, id=execution["id"]), config)
    for execution, (_, our) in zip(executions, walked(ours, alias), strict=True):
        if execution["requirement"] != our.requirement:
            admin.update_authentication_flow_executions({**execution, "requirement": our.requirement}, alias)


def _configs_before(admin: KeycloakAdmin, alias: str) -> dict[tuple[str, str], Json]:
    """Flow and authenticator -> its configuration in the flow that was put aside, if one was."""
    aside = alias + ASIDE
    if aside not in {flow["alias"] for flow in admin.get_authentication_flows()}:
        return {}
    found = walked(_seen(admin, aside), aside)
    return {
        (flow.removesuffix(ASIDE), one.name): {key: value for key, value in one.config.items() if value != MASK}
        for flow, one in found
    }


def _settled(wanted: Wanted, config: Json, before: Json) -> Json:
    """A configuration to be made: what is given, else what was there, else the default."""
    known = wanted.known(config)
    return {key: known[key] if key in known else before.get(key) or wanted.full(config[key]) for key in config}


def _configured(admin: KeycloakAdmin, flow: str, step: Node, config: Json) -> None:
    alias = f"{flow} {step.name}"  # Keycloak takes no colon here, though it does in an import
    if step.config_id:
        there = admin.get_authenticator_config(step.config_id)
        admin.update_authenticator_config({**there, "alias": alias, "config": config}, step.config_id)
    else:
        admin.create_execution_config(step.id, {"alias": alias, "config": config})


def _gone(admin: KeycloakAdmin, realm: str, alias: str) -> None:
    ids = {flow["alias"]: flow["id"] for flow in admin.get_authentication_flows()}
    is_ = admin.get_realm(realm)
    uses = {use: alias for use in USES if is_.get(use) == alias + ASIDE}
    if uses:
        admin.update_realm(realm, {**is_, **uses})
    for client, bound in _users(admin, ids[alias + ASIDE]):
        overrides = {**client[BINDINGS], **dict.fromkeys(bound, ids[alias])}
        admin.update_client(client["id"], without_secret({**client, BINDINGS: overrides}))
    admin.delete_authentication_flow(ids[alias + ASIDE])
