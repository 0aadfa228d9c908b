"""Keycloak on one machine: fetched and built once, started on the database and certificates of a stack.

The realms it imports are in `deploy/keycloak/`.
"""

from terresante_dev.keycloak.distribution import Distribution, distribution
from terresante_dev.keycloak.server import WORKBENCH, Keycloak

__all__ = ["WORKBENCH", "Distribution", "Keycloak", "distribution"]
