"""What two people changed at once, field by field, for the page that shows it to the one who came second."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what the form began from, what stands now, what was typed. Blank: not known, or not said."""

    label: str
    before: str
    now: str
    typed: str

    @property
    def changed(self) -> bool:
        """Whether somebody else changed it meanwhile."""
        return bool(self.before) and self.before != self.now


def remembered(told: Mapping[str, str]) -> str:
    """What a form began from, for the form to carry."""
    return json.dumps(told, ensure_ascii=False)


def differences(
    labels: Mapping[str, str], before: str, now: Mapping[str, str], typed: Mapping[str, str]
) -> list[Difference]:
    """Fields that somebody changed, the others or the one who typed. `before`: as `remembered`."""
    try:
        began = json.loads(before)
    except ValueError:
        began = {}
    began = began if isinstance(began, dict) else {}
    rows = [Difference(label, str(began.get(name, "")), now[name], typed[name]) for name, label in labels.items()]
    return [row for row in rows if row.before != row.now or row.typed != row.now]
