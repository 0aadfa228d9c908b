"""Lists in pages: what every list query has, and its cursors, bound to the asker, the list and the filters."""

from typing import Annotated

from fastapi import Depends
from pydantic import Field

from terresante_gateway.cursors import LONGEST
from terresante_gateway.exchange import Exchange, asker
from terresante_gateway.words import Input


class ListQuery(Input):
    """Une page d’une liste."""

    limit: int = Field(50, ge=1, le=100, description="Éléments par page, au plus", examples=[20])
    cursor: str = Field("", max_length=LONGEST, description="`next_cursor` de la page précédente ; vide : la première")


class CountedQuery(ListQuery):
    """Une page d’une liste, avec le total si on le demande."""

    total: bool = Field(False, description="Compter aussi les éléments que l’appelant peut voir")
    names: bool = Field(False, description="Ajouter le nom des auteurs")


class Pager:
    """Opens and seals the cursors of one request."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def open(self, query: ListQuery) -> str:
        """The service's own cursor. Refuses with CURSOR_INVALID."""
        return self._exchange.signer.open(query.cursor, self._purpose(query)) if query.cursor else ""

    def seal(self, query: ListQuery, inner: str) -> str | None:
        """The cursor of the next page; None after the last."""
        return self._exchange.signer.seal(inner, self._purpose(query)) if inner else None

    def _purpose(self, query: ListQuery) -> str:
        filters = query.model_dump_json(exclude={"cursor", "limit", "total", "names"})
        return f"{asker(self._exchange).id}\n{self._exchange.scope['path']}\n{filters}"


def _pager_of(exchange: Exchange) -> Pager:
    return Pager(exchange)


Pages = Annotated[Pager, Depends(_pager_of)]
