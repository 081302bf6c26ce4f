"""What is told once, on the next page: the line after an act, and the offer to take it back. Kept in the session, on the server."""

from typing import Any, Final

from django.http import HttpRequest

from benchside.pages.shapes import Form, Notice, Undo

KEY: Final = "workplace.told"
TOLD_MAX: Final = 5


def tell(request: HttpRequest, notice: Notice | None, undo: Undo | None) -> None:
    """Keep a line, and an offer to undo, for the next page this person opens."""
    kept: dict[str, Any] = request.session.get(KEY, {"notices": [], "undo": None})
    if notice is not None:
        kept["notices"] = [*kept["notices"], [notice.text, notice.tone, notice.url, notice.url_text]][-TOLD_MAX:]
    if undo is not None:
        form = undo.form
        kept["undo"] = [undo.text, undo.seconds, form.name, form.action, form.idempotency_key, form.patient_check]
    request.session[KEY] = kept


def told(request: HttpRequest) -> tuple[tuple[Notice, ...], Undo | None]:
    """Take what is to be told; the second call finds nothing."""
    if KEY not in request.session:
        return (), None
    kept: dict[str, Any] = request.session.pop(KEY)
    notices = tuple(Notice(text=text, tone=tone, url=url, url_text=url_text) for text, tone, url, url_text in kept["notices"])
    if kept["undo"] is None:
        return notices, None
    text, seconds, name, action, key, check = kept["undo"]
    form = Form(name=name, action=action, idempotency_key=key, patient_check=check, prefix="undo")
    return notices, Undo(text=text, form=form, seconds=seconds)
