"""Who is signed in, as the directory says at each visit, and who may see what."""

from dataclasses import dataclass, field

from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import enrolment_service_pb2 as enrolment_pb
from terresante_platform import calls
from terresante_platform.refusals import Denied
from terresante_platform.tokens import Verifier

from terresante_directory.workbench.inside import Desk
from terresante_directory.workbench.sessions import Tokens

ADMINISTRATOR, PROFESSIONAL = "administrator", "professional"


class NotAdministrator(Denied):
    """A page of administrators, or an account that is neither theirs nor a professional's."""

    reason = "NOT_ADMINISTRATOR"


class NotProfessional(Denied):
    """A page of professionals, for somebody else."""

    reason = "NOT_PROFESSIONAL"


class EnrolFirst(Denied):
    """A page of professionals, for one whose enrolment is not complete."""

    reason = "ENROLMENT_INCOMPLETE"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose visit it is, as the directory says: `administrator` is empty for a professional, `professional` for others.

    `kind`: "administrator" or "professional".
    """

    kind: str
    administrator: pb.GetAdministratorResponse = field(default_factory=pb.GetAdministratorResponse)
    professional: enrolment_pb.GetMyselfResponse = field(default_factory=enrolment_pb.GetMyselfResponse)

    @property
    def rights(self) -> tuple[str, ...]:
        """What a new id of the session is made for when it changes."""
        if self.kind == ADMINISTRATOR:
            return tuple(self.administrator.territory_codes)
        enrolled = ("enrolled",) if self.professional.enrolled else ()
        return (*enrolled, *(one.structure_id for one in self.professional.structures))

    @property
    def enrolled(self) -> bool:
        """Whether they may do more than complete their enrolment."""
        return self.kind == ADMINISTRATOR or self.professional.enrolled


async def known(verifier: Verifier, desk: Desk, tokens: Tokens) -> Person:
    """Whose login these tokens are; the calls that follow are theirs. Raises `NotAdministrator`, as the directory."""
    caller = await verifier.caller(tokens.access)
    calls.enter(calls.Call(caller=caller))
    if caller.kind == ADMINISTRATOR:
        return Person(caller.kind, administrator=await desk.directory.GetAdministrator(pb.GetAdministratorRequest()))
    if caller.kind == PROFESSIONAL:
        return Person(caller.kind, professional=await desk.enrolment.GetMyself(enrolment_pb.GetMyselfRequest()))
    raise NotAdministrator(
        "Ce compte n’est ni celui d’un administrateur de territoire, ni celui d’un professionnel.",
        "Connectez-vous avec votre carte, ou avec le compte qui vous a été remis.",
    )


def must_administer(person: Person) -> None:
    """Raises `NotAdministrator`."""
    if person.kind != ADMINISTRATOR:
        raise NotAdministrator("Cette page est réservée aux administrateurs de territoire.", "Repartez de l’accueil.")


def must_be_professional(person: Person) -> None:
    """Raises `NotProfessional`."""
    if person.kind != PROFESSIONAL:
        raise NotProfessional("Cette page est réservée aux professionnels.", "Repartez de l’accueil.")


def must_be_enrolled(person: Person) -> None:
    """Raises `NotProfessional`, `EnrolFirst`."""
    must_be_professional(person)
    if not person.enrolled:
        raise EnrolFirst(
            "Votre inscription n’est pas terminée.",
            "Acceptez les conditions et choisissez votre lieu d’exercice, puis recommencez.",
        )
