"""What `names.json` holds: names that are frequent in France, and postal codes of Île-de-France."""

import json
from importlib.resources import files

_LISTS = json.loads(files(__package__).joinpath("names.json").read_text(encoding="utf-8"))

FAMILY: tuple[str, ...] = tuple(_LISTS["family"])
WOMEN: tuple[str, ...] = tuple(_LISTS["women"])
MEN: tuple[str, ...] = tuple(_LISTS["men"])
POSTAL_CODES: tuple[str, ...] = tuple(_LISTS["postal_codes"])
