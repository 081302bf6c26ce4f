"""Messages between people: answering one that asked, and noting that one was read."""

from dataclasses import dataclass

from benchside.areas.laboratory.acts.calling import Sent
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    MESSAGE,
    WORK,
    code_of,
    date_time,
    extension_url,
    id_of,
    load,
    reference,
    target_of,
)
from benchside.readiness.gathering.messages import TEXT_MAX, new_message
from benchside.readiness.gathering.orders import OPEN_WORK
from benchside.readiness.gathering.tasks import end
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.terms.refusal import Refusal


@act("send_message")
def answer_message(performance: Performance, work_id: str, text: str = "") -> Sent:
    """Answer a message that asked for it, or close it without words. The task ends; whoever asked is told. Raises ActRefused."""
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    asked = id_of(task.focus, "Communication")
    refusals: list[Refusal] = []
    if task.status not in OPEN_WORK or code_of(task.code, WORK) != "message":
        refusals.append(Refusal("work.not-open", {"status": f"task-status:{task.status}"}))
    if len(text.strip()) > TEXT_MAX:
        refusals.append(Refusal("message.text", {"longest": TEXT_MAX}))
    if target_of(task.owner) not in ("", performance.author):
        refusals.append(Refusal("message.not-yours"))
    with perform(
        performance, "send_message", facts_for(performance), further=refusals, patient=target_of(task.for_), focus=f"Task/{work_id}"
    ) as performed:
        sent = ""
        if text.strip():
            answer = new_message(
                "message",
                at,
                sender=performance.author,
                recipients=[target_of(task.requester)],
                text=text.strip(),
                patient=id_of(task.for_, "Patient"),
                about=[target_of(one) for one in load(record, r4.Communication, asked).about or ()],
                answers=f"Communication/{asked}",
            )
            sent = performed.create(answer).partition("/")[2]
        task.owner = reference(performance.author)
        end(task, at)
        performed.update(task)
    return Sent(sent, work_id)


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """The message that was read."""

    communication: str


@act("send_message")
def read_message(performance: Performance, communication_id: str) -> ReadMessage:
    """Note that one of its recipients has read a message. A line of a critical call is never changed: its read-back says it.

    Reading it again changes nothing. Raises ActRefused, NotFound.
    """
    record = performance.record
    message = load(record, r4.Communication, communication_id)
    me, url = performance.author, extension_url("read-by")
    mine = me in [target_of(one) for one in message.recipient or ()] and code_of(message.category, MESSAGE) != "critical-call"
    already = any(one.url == url and target_of(_who(one)) == me for one in message.extension or ())
    with perform(performance, "send_message", facts_for(performance), further=() if mine else (Refusal("message.not-yours"),)) as performed:
        if not already:
            parts = [
                r4.Extension(url="who", valueReference=reference(me)),
                r4.Extension(url="when", valueDateTime=date_time(performance.at)),
            ]
            message.extension = [*(message.extension or ()), r4.Extension(url=url, extension=parts)]
            performed.update(message)
    return ReadMessage(communication_id)


def _who(extension: r4.Extension) -> r4.Reference | None:
    return next((part.valueReference for part in extension.extension or () if part.url == "who"), None)
