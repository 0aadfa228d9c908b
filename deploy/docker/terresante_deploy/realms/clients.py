"""The clients of a realm: those of the platform, and Keycloak's own that it closes. Others are the operator's."""

from collections.abc import Iterator
from functools import partial

from keycloak import KeycloakAdmin

from terresante_deploy.realms.comparing import Difference, Json, changed, named
from terresante_deploy.realms.wanted import BINDINGS, Wanted

APART = ("clientId", "secret", "protocolMappers", "defaultClientScopes", "optionalClientScopes")
CREDENTIAL = "jwt.credential.certificate"
"""By which a client proves itself: ours to give once, the operator's to replace."""
MAPS = frozenset({"attributes", BINDINGS})


def of_clients(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """Missing ones are made with their secrets; the secrets of those that exist are not looked at."""
    there = {one["clientId"]: one for one in admin.get_clients()}
    for client in wanted.content["clients"]:
        name = client["clientId"]
        if name in there:
            yield from _of_client(admin, there[name], wanted.known(client))
        else:
            yield Difference(f"client {name}: missing", partial(_made, admin, wanted, client))


def of_service_accounts(admin: KeycloakAdmin, wanted: Wanted) -> Iterator[Difference]:
    """The roles of our clients' own accounts, once the clients are there."""
    ids = {one["clientId"]: one["id"] for one in admin.get_clients()}
    for account in wanted.content["users"]:
        client = account["serviceAccountClientId"]
        if client not in ids:
            continue
        user = admin.get_client_service_account_user(ids[client])["id"]
        for owner, roles in account["clientRoles"].items():
            held = {role["name"] for role in admin.get_client_roles_of_user(user, ids[owner])}
            for role in sorted(set(roles) - held):
                words = f"client {client}: its account has no role {role}"
                yield Difference(words, partial(_assigned, admin, user, ids[owner], role))
        for role in admin.get_realm_roles_of_user(user):
            if role["name"] == f"default-roles-{wanted.name}":  # what Keycloak gives any new account
                words = f"client {client}: its account has the roles of people"
                yield Difference(words, partial(admin.delete_realm_roles_of_user, user, [role]))


def without_secret(client: Json) -> Json:
    """A client to be sent back: somebody may be changing its secret meanwhile."""
    return {key: value for key, value in client.items() if key != "secret"}


def _made(admin: KeycloakAdmin, wanted: Wanted, client: Json) -> None:
    """And rid of what Keycloak adds to a client with an account of its own."""
    id = admin.create_client(_bound(admin, wanted.full(client)))
    for difference in _of_client(admin, admin.get_client(id), wanted.known(client)):
        difference.act()


def _assigned(admin: KeycloakAdmin, user: str, owner: str, role: str) -> None:
    admin.assign_client_role(user, owner, [admin.get_client_role(owner, role)])


def _bound(admin: KeycloakAdmin, client: Json) -> Json:
    """The client with the ids that its flows have here; the files know them by their names."""
    if BINDINGS not in client:
        return client
    ids = {flow["alias"]: flow["id"] for flow in admin.get_authentication_flows()}
    return {**client, BINDINGS: {kind: ids.get(alias, "") for kind, alias in client[BINDINGS].items()}}


def _of_client(admin: KeycloakAdmin, is_: Json, client: Json) -> Iterator[Difference]:
    """Its fields in one request, then its mappers and scopes."""
    name, id = client["clientId"], is_["id"]
    wanted = _bound(admin, {key: value for key, value in client.items() if key not in APART})
    if is_.get("attributes", {}).get(CREDENTIAL):
        wanted["attributes"] = {key: value for key, value in wanted["attributes"].items() if key != CREDENTIAL}
    fields = changed(is_, wanted, MAPS)
    if fields:
        whole = without_secret({**is_, **fields})
        yield Difference(f"client {name}: {named(fields)}", partial(admin.update_client, id, whole))
    yield from _of_mappers(admin, is_, client)
    yield from _of_scopes(admin, is_, client)


def _of_mappers(admin: KeycloakAdmin, is_: Json, client: Json) -> Iterator[Difference]:
    there = {one["name"]: one for one in is_.get("protocolMappers", [])}
    for mapper in client.get("protocolMappers", []):
        words = f"client {client['clientId']}: mapper {mapper['name']}"
        found = there.get(mapper["name"])
        if found is None:
            yield Difference(f"{words}: missing", partial(admin.add_mapper_to_client, is_["id"], mapper))
        elif fields := changed(found, mapper, frozenset({"config"})):
            whole = {**found, **fields}
            yield Difference(words, partial(admin.update_client_mapper, is_["id"], found["id"], whole))


def _of_scopes(admin: KeycloakAdmin, is_: Json, client: Json) -> Iterator[Difference]:
    """Exactly those of our files: a scope puts claims in tokens, and names have no business there."""
    id, name = is_["id"], client["clientId"]
    ids = {scope["name"]: scope["id"] for scope in admin.get_client_scopes()}
    ways = (
        ("defaultClientScopes", admin.add_client_default_client_scope, admin.delete_client_default_client_scope),
        ("optionalClientScopes", admin.add_client_optional_client_scope, admin.delete_client_optional_client_scope),
    )
    for field, _, remove in ways:
        for scope in sorted(set(is_.get(field, [])) - set(client[field])):
            yield Difference(f"client {name}: scope {scope} is too much", partial(remove, id, ids[scope]))
    for field, add, _ in ways:
        for scope in sorted(set(client[field]) - set(is_.get(field, []))):
            yield Difference(f"client {name}: scope {scope} is missing", partial(add, id, ids.get(scope, scope), {}))
