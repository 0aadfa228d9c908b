"""Flows as trees, of our files and of Keycloak, so that the two can be compared. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Node:
    """One step of a flow. `below` is None for an authenticator, whose id is `name`; else it is the flow called so.

    `id`: the execution's, `config_id`: its configuration's; blank where it comes from our files.
    """

    name: str
    requirement: str
    below: "list[Node] | None" = None
    config: Json = field(default_factory=dict)
    id: str = ""
    config_id: str = ""


def shape(nodes: list[Node]) -> list[Any]:
    """What must be equal for two flows to log people in alike, but for configurations."""
    return [(one.name, one.requirement, None if one.below is None else shape(one.below)) for one in nodes]


def walked(nodes: list[Node], flow: str) -> Iterator[tuple[str, Node]]:
    """Each step with the flow that it is in, as Keycloak lists them: a flow, then what is in it."""
    for one in nodes:
        yield flow, one
        yield from walked(one.below or [], one.name)


def tree(content: Json, alias: str) -> list[Node]:
    """The steps of a flow of a realm's file; configurations as they stand there."""
    flows = {flow["alias"]: flow for flow in content["authenticationFlows"]}
    configs = {config["alias"]: config["config"] for config in content["authenticatorConfig"]}
    return [
        Node(step["flowAlias"], step["requirement"], tree(content, step["flowAlias"]))
        if step["authenticatorFlow"]
        else Node(
            step["authenticator"], step["requirement"], config=configs.get(step.get("authenticatorConfig", ""), {})
        )
        for step in flows[alias]["authenticationExecutions"]
    ]


def tops(content: Json) -> list[str]:
    """The flows of a realm's file that are in no other."""
    return [flow["alias"] for flow in content["authenticationFlows"] if flow["topLevel"]]


def listed(executions: list[Json], configs: dict[str, Json]) -> list[Node]:
    """The steps of a flow as Keycloak lists them: flat, each with its depth. `configs`: by their ids."""
    nodes: list[Node] = []
    inside: list[list[Node]] = [nodes]
    for one in executions:
        is_flow, config_id = bool(one.get("authenticationFlow")), one.get("authenticationConfig") or ""
        node = Node(
            one["displayName"] if is_flow else one["providerId"],
            one["requirement"],
            [] if is_flow else None,
            configs.get(config_id, {}),
            one["id"],
            config_id,
        )
        del inside[one["level"] + 1 :]
        inside[-1].append(node)
        if node.below is not None:
            inside.append(node.below)
    return nodes
