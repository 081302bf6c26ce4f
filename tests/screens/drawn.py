"""Forms as a page draws them: read from HTML with everything a browser would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class DrawnForm:
    """One form: its id, where it is sent, and the values it holds."""

    id: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[DrawnForm] = []
        self._form: DrawnForm | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = DrawnForm(given.get("id", ""), given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and given.get("name"):
            if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
                self._put(given["name"], given.get("value", ""))
            elif tag == "textarea":
                self._area = given["name"]
                self._put(self._area, "")
            elif tag == "select":
                self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            self._put(self._select, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def _put(self, name: str, value: str) -> None:
        assert self._form is not None
        self._form.fields.setdefault(name, []).append(value)


def forms_of(html: str) -> list[DrawnForm]:
    """Every form of a page, in order."""
    reader = _Forms()
    reader.feed(html)
    return reader.forms
