"""The directory's services as its process wires them, over a filled database, at a day that stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from terresante_directory import enrolment_rules, gazetteer, reference
from terresante_directory.imports.importing import Importing
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.enrolment_desk import EnrolmentService, Parts, Reference
from terresante_directory.rpc.enrolment_desk.within import changing
from terresante_directory.rpc.imports import ImportService
from terresante_directory.rpc.ror import RorService
from terresante_directory.settling import Settling
from terresante_directory.store import known_people
from terresante_platform import calls
from terresante_platform.database import Database

from bench.directory.using import ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Services:
    """Of one process."""

    directory: DirectoryService
    ror: RorService
    imports: ImportService
    enrolment: EnrolmentService


def services(database: Database, now: Callable[[], datetime]) -> Services:
    """Nothing that is measured asks Keycloak."""
    keycloak: Any = None
    settling = Settling(database, keycloak, now)
    territories, professions = reference.territories(), reference.professions()
    communes, disclosure = gazetteer.load(), reference.disclosure()

    def serving(over: Database) -> tuple[DirectoryService, RorService]:
        return (
            DirectoryService(over, settling, territories, professions, now),
            RorService(over, territories, professions, communes, disclosure, now, reference.digital_services()),
        )

    directory, in_time = serving(database)
    parts = Parts(settling, directory, known_people, changing(serving))
    said = Reference(territories, professions, enrolment_rules.load(), disclosure)
    imports = ImportService(database, Importing(database, territories, now), territories, now)
    return Services(directory, in_time, imports, EnrolmentService(database, parts, said, now))


def sit() -> calls.Caller:
    """The administrator of the region makes the calls that follow."""
    caller = calls.Caller(ADMINISTRATOR, "administrator", 3, 0.0, 0.0, "")
    calls.enter(calls.Call(caller=caller, service="gateway"))
    return caller
