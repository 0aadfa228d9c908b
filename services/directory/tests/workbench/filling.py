"""The form of a page, as a browser would send it if nobody typed anything."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Reads the fields of the form with this action."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._action = action
        self._inside = False
        self._select: tuple[str, list[str], str | None] | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("action") == self._action and given.get("method") == "post"
        if not self._inside:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select = (name, [], None)
        elif tag == "option" and self._select:
            name, values, chosen = self._select
            chosen = given.get("value", "") if "selected" in given else chosen
            self._select = (name, [*values, given.get("value", "")], chosen)
        elif tag == "textarea":
            self._area = name
            self.fields.setdefault(name, []).append("")

    def handle_data(self, data: str) -> None:
        if self._inside and self._area:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = None
        elif tag == "select" and self._select:
            name, values, chosen = self._select
            self.fields.setdefault(name, []).append(next(iter(values), "") if chosen is None else chosen)
            self._select = None


def form(page: str, action: str) -> dict[str, list[str]]:
    """Its fields by name. Fails if the page has no such form."""
    reader = _Form(action)
    reader.feed(page)
    assert reader.fields, f"no form for {action}"
    return reader.fields
