"""A thread as a text: what goes into the record as a summary, or into a letter for MSSanté."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from cordee.care.messaging.facts import Message, Thread
from cordee.identity.principal import Principal
from cordee.runtime import french
from cordee.runtime.clock import PARIS


class LetterBox(Protocol):
    """Sends a letter by MSSanté; bound where the installation is connected to it."""

    async def send(self, principal: Principal, document: str, address: str) -> None:
        """Sends a document of the record to an address."""
        ...


def transcript(thread: Thread, messages: Iterable[Message]) -> str:
    """The messages in their order, each with who and when; those taken back leave a line."""
    lines = [thread.subject, ""]
    for one in messages:
        at = one.at.astimezone(PARIS)
        head = f"{french.short_date(at.date())} {french.clock(at)}, {one.name}"
        lines.append(f"{head} ({one.role})" if one.role else head)
        lines.append("Message retiré." if one.withdrawn else one.words)
        lines += [f"Pièce : {file.name}" for file in one.files]
        lines.append("")
    return "\n".join(lines).strip() + "\n"


def letter(thread: Thread, words: str, who: Principal, person: Mapping[str, Any], day: str) -> str:
    """A letter to a colleague about a patient, from a thread."""
    name: Mapping[str, Any] = next(iter(person.get("name") or ()), {})
    shown = " ".join((*name.get("given", ())[:1], str(name.get("family", "")).upper())).strip()
    born = french.short_date(str(person.get("birthDate", "")))
    return (
        f"{who.name}\n{who.role}\n\nLe {day}\n\nConcerne : {shown}, {born}\n"
        f"Objet : {thread.subject}\n\nChère consœur, cher confrère,\n\n{words.strip()}\n\n"
        f"Confraternellement,\n{who.name}\n"
    )
