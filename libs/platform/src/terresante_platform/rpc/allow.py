"""`@allow`: who may call an RPC. A method without it is refused to everybody.

@allow("professional", "patient")                     # people, through the gateway
@allow("professional", services=("records",))          # a person, through another service
@allow(services=("messaging",))                        # a service in its own name, no person behind
@allow("professional", fresh=300)                      # a person who logged in less than five minutes ago
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from terresante_platform.calls import Call
from terresante_platform.refusals import Denied, Unauthenticated

Method = TypeVar("Method", bound=Callable[..., object])
_ATTRIBUTE = "__allow__"


class LoginTooWeak(Unauthenticated):
    """The login used one factor only (R-AUT6)."""

    reason = "LOGIN_TOO_WEAK"


class LoginTooOld(Unauthenticated):
    """A sensitive act asks for a fresh login (RFC 9470)."""

    reason = "LOGIN_TOO_OLD"


class LoginRequired(Unauthenticated):
    """No token came with the call."""

    reason = "LOGIN_REQUIRED"


class KindNotAllowed(Denied):
    """This kind of person may never do this."""

    reason = "KIND_NOT_ALLOWED"


class ServiceNotAllowed(Denied):
    """This part of the platform may never call this."""

    reason = "SERVICE_NOT_ALLOWED"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call: kinds of people (none: no person needed), calling services, least `acr`, age of the login in
    seconds.
    """

    people: frozenset[str]
    services: frozenset[str]
    strength: int
    fresh: int | None
    alone: frozenset[str] = frozenset()
    """Services that may call without a person behind, although people are named."""

    def check(self, call: Call, now: float) -> None:
        """Refuses the call unless the rule lets it through."""
        if call.service not in self.services:
            raise ServiceNotAllowed(
                "Cet appel n’est pas permis à cette partie de la plateforme.", "Passez par l’API publique."
            )
        if not self.people:
            return
        caller = call.caller
        if caller is None and call.service in self.alone:
            return
        if caller is None:
            raise LoginRequired("Il faut être connecté.", "Connectez-vous, puis recommencez.", acr=str(self.strength))
        if caller.kind not in self.people:
            raise KindNotAllowed(
                "Votre type de compte ne permet pas cette action.",
                "Connectez-vous avec un compte qui le permet.",
            )
        if caller.strength < self.strength:
            raise LoginTooWeak(
                "Votre connexion n’est pas assez forte pour cette action.",
                "Reconnectez-vous avec votre carte, ou avec mot de passe et code à usage unique.",
                acr=str(self.strength),
            )
        if self.fresh is not None and now - caller.authenticated_at > self.fresh:
            raise LoginTooOld(
                "Cette action demande une connexion récente.",
                "Reconnectez-vous, puis recommencez.",
                acr=str(self.strength),
                max_age=str(self.fresh),
            )


def allow(
    *people: str,
    services: tuple[str, ...] = ("gateway",),
    strength: int = 2,
    fresh: int | None = None,
    alone: tuple[str, ...] = (),
) -> Callable[[Method], Method]:
    """Lets these kinds of people, through these services, call the method. `strength`: least `acr`. `fresh`: seconds
    since the login.
    """
    rule = Rule(frozenset(people), frozenset(services), strength, fresh, frozenset(alone))

    def marked(method: Method) -> Method:
        setattr(method, _ATTRIBUTE, rule)
        return method

    return marked


def rule_of(method: object) -> Rule | None:
    """The rule of a method; None means that nobody may call it."""
    found = getattr(method, _ATTRIBUTE, None)
    return found if isinstance(found, Rule) else None


def check(rule: Rule | None, call: Call, now: float | None = None) -> None:
    """Refuses the call unless its method has a rule that lets it through."""
    if rule is None:
        raise ServiceNotAllowed("Cet appel n’est ouvert à personne.", "Signalez-le à l’équipe de la plateforme.")
    rule.check(call, time.time() if now is None else now)
