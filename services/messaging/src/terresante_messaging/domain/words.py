"""What is refused of what people write. Words only: no I/O, no clock."""

from terresante_platform.refusals import Invalid, Stale


class TextInvalid(Invalid):
    """A text nobody can read."""

    reason = "TEXT_INVALID"


class VersionStale(Stale):
    """Someone changed it since the caller read it."""

    reason = "VERSION_STALE"

    def __init__(self) -> None:
        super().__init__(
            "Cet élément a été modifié depuis que vous l’avez lu.",
            "Relisez-le, puis refaites votre modification sur sa version actuelle.",
        )
