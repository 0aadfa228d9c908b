"""The types of documents that this instance knows, each in one category of the entitlement matrix."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from terresante_platform.refusals import Invalid


class DocumentTypeUnknown(Invalid):
    """A type code that is not in data/document_types.json."""

    reason = "DOCUMENT_TYPE_UNKNOWN"


class CategoryUnknown(Invalid):
    """A category that is not in data/document_types.json."""

    reason = "CATEGORY_UNKNOWN"


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A type of document: its code (LOINC, national or local), what it is called, and where the matrix puts
    it."""

    code: str
    label: str
    category: str
    category_label: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of them, and the categories of what is not a document."""

    types: Mapping[str, DocumentType]
    categories: frozenset[str]
    note_category: str
    observation_category: str

    def type_of(self, code: str) -> DocumentType:
        """The type with that code. Refuses with DOCUMENT_TYPE_UNKNOWN."""
        known = self.types.get(code)
        if known is None:
            raise DocumentTypeUnknown(
                "Ce type de document n’est pas connu de la plateforme.",
                "Choisissez un code parmi les types de documents que la plateforme énumère.",
            )
        return known

    def require_categories(self, keys: list[str]) -> list[str]:
        """`keys`, if each is a category. Refuses with CATEGORY_UNKNOWN."""
        if not self.categories.issuperset(keys):
            raise CategoryUnknown(
                "Une des catégories demandées n’existe pas.",
                "Choisissez parmi les catégories des types de documents que la plateforme énumère.",
            )
        return keys


def read_catalogue(text: bytes) -> Catalogue:
    """The catalogue written in a JSON file. A file that contradicts itself raises ValueError: the service
    must not start."""
    raw = json.loads(text)
    labels = {entry["key"]: entry["label"] for entry in raw["categories"]}
    types = [
        DocumentType(entry["code"], entry["label"], entry["category"], labels[entry["category"]])
        for entry in raw["types"]
        if entry["category"] in labels
    ]
    by_code = {type_.code: type_ for type_ in types}
    if len(by_code) != len(raw["types"]):
        raise ValueError("document types: a code twice, or a type without a known category")
    for key in ("note_category", "observation_category"):
        if raw[key] not in labels:
            raise ValueError(f"document types: {key} is not one of the categories")
    return Catalogue(by_code, frozenset(labels), raw["note_category"], raw["observation_category"])
