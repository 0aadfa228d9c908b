"""A change says which version it is based on: whoever was overtaken is told, and nothing is lost."""

from terresante_platform.refusals import PreconditionMissing, Stale


class VersionStale(Stale):
    reason = "VERSION_STALE"


class VersionRequired(PreconditionMissing):
    reason = "VERSION_REQUIRED"


def must_be_current(present: int, asked: int) -> None:
    """Raises unless the change is based on the present version; 0 or less means that none was named."""
    if asked <= 0:
        raise VersionRequired(
            "La modification doit dire sur quelle version elle porte.", "Relisez la fiche, puis modifiez-la."
        )
    if asked != present:
        raise overtaken()


def overtaken() -> VersionStale:
    """What to raise when others changed meanwhile what a change is based on."""
    return VersionStale(
        "La fiche a changé depuis que vous l’avez lue : rien n’a été modifié.",
        "Relisez la fiche, puis refaites la modification si elle est encore utile.",
    )
