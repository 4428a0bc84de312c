"""Forms read from `questionnaires/*.toml`, checked so that what is declared can be asked.

The form of a file is told in `questionnaires/README.md`. Decision 0063.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from cordee.runtime.resources import data_folder

Kind = Literal["choice", "flag", "number", "text", "line", "date"]
Way = Literal["sum", "count", "value", "aggir", "undernutrition"]
YES, NO = "oui", "non"


class FormBroken(ValueError):
    """A file of `questionnaires/` does not hold together."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a list, and what it counts."""

    text: str
    points: int = 0


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On what an item depends: an answer among `is_`, or a number of `at_least`."""

    item: str
    is_: tuple[str, ...] = msgspec.field(name="is", default=())
    at_least: int | None = None


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question; `from_` names what the record knows of it."""

    code: str
    text: str
    kind: Kind
    choices: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    from_: str = msgspec.field(name="from", default="")
    when: When | None = None


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Questions that go together."""

    code: str
    title: str
    items: tuple[Item, ...]
    note: str = ""


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a score reads from a value on; `level` is that of a tag."""

    from_: int = msgspec.field(name="from")
    words: str = ""
    level: str = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a score is made of answers, and where the rule comes from."""

    code: str
    label: str
    way: Way
    rule: str
    items: tuple[str, ...]
    bands: tuple[Band, ...] = ()
    of: int = 0


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request that is proposed when a score reaches a value."""

    machine: str
    score: str
    from_: int = msgspec.field(name="from")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One questionnaire."""

    code: str
    version: str
    title: str
    purpose: str
    source: tuple[str, ...]
    parts: tuple[Part, ...]
    category: str = "assessment"
    choices: dict[str, dict[str, Choice]] = {}
    scores: tuple[Rule, ...] = ()
    one_page: bool = False
    proposes: Proposal | None = None

    @property
    def canonical(self) -> str:
        """The address that answers name."""
        return f"https://cordee.example/fhir/Questionnaire/{self.code}|{self.version}"

    def items(self) -> Iterator[Item]:
        """All questions, in their order."""
        return (item for part in self.parts for item in part.items)

    def item(self, code: str) -> Item | None:
        """The question of that code."""
        return next((one for one in self.items() if one.code == code), None)

    def part(self, code: str) -> Part | None:
        """The part of that code."""
        return next((one for one in self.parts if one.code == code), None)

    def answers(self, item: Item) -> Mapping[str, Choice]:
        """What can be answered to a question that has a list; yes and no for a flag."""
        if item.kind == "flag":
            return _YES_NO
        return self.choices.get(item.choices, {})


_YES_NO: Mapping[str, Choice] = {YES: Choice("Oui", 1), NO: Choice("Non")}


def load_forms(folder: Path | None = None) -> Mapping[str, Form]:
    """All forms by code: those of the package, then those of a folder, which replace them.

    Raises `FormBroken` with all that is wrong in a file.
    """
    found: dict[str, Form] = {}
    for place in (data_folder("questionnaires"), *([folder] if folder else [])):
        for file in sorted(place.iterdir(), key=lambda one: one.name):
            if file.name.endswith(".toml"):
                form = read_form_file(file.read_text(encoding="utf-8"), file.name)
                found[form.code] = form
    return found


def read_form_file(text: str, name: str) -> Form:
    """A form of the text of a file; raises `FormBroken` with all that is wrong."""
    try:
        given: dict[str, Any] = tomllib.loads(text)
        for one in given.get("choices", {}).values():
            one.pop("label", None)  # for who reads the file
        form = msgspec.convert(given, Form)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, AttributeError) as error:
        raise FormBroken(f"{name}: {error}") from error
    problems = list(_problems(form))
    if problems:
        raise FormBroken(f"{name}: " + "; ".join(problems))
    return form


def _problems(form: Form) -> Iterable[str]:
    codes = [one.code for one in form.items()]
    yield from (f"two items are called {one}" for one in set(codes) if codes.count(one) > 1)
    for item in form.items():
        if (item.kind == "choice") != bool(item.choices):
            yield f"item {item.code}: a list belongs to a choice, and to nothing else"
        if item.choices and item.choices not in form.choices:
            yield f"item {item.code}: there is no list {item.choices}"
        yield from _when_problems(form, item)
    for rule in form.scores:
        yield from (
            f"score {rule.code}: there is no item {one}" for one in rule.items if one not in codes
        )
        if [one.from_ for one in rule.bands] != sorted({one.from_ for one in rule.bands}):
            yield f"score {rule.code}: its bands go up"
    if form.proposes and form.proposes.score not in {one.code for one in form.scores}:
        yield f"proposes: there is no score {form.proposes.score}"


def _when_problems(form: Form, item: Item) -> Iterable[str]:
    when = item.when
    if when is None:
        return
    other = form.item(when.item)
    codes = [one.code for one in form.items()]
    if other is None or codes.index(when.item) > codes.index(item.code):
        yield f"item {item.code}: {when.item} is no question before it"
    elif bool(when.is_) == (when.at_least is not None):
        yield f"item {item.code}: it depends on answers or on a number"
    elif any(one not in form.answers(other) for one in when.is_):
        yield f"item {item.code}: {when.item} has no such answer"
