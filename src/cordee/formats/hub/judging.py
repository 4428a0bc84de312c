"""What is wrong with an envelope, by the official schemas or by our own list of required parts.

A problem names its path and the rule that is broken; it never quotes the value, which may be of a
patient. Rule: JSON schemas of the Hub Santé (draft 7), which whoever runs Cordée installs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from cordee.formats.hub.envelope import Envelope, read_time
from cordee.formats.hub.kinds import BY_KEY, BY_NAME, Kind
from cordee.formats.hub.required import ENVELOPE, HEADER, PARTS, Tree
from cordee.runtime.errors import InvalidRequest

_ENVELOPE: Final = "EDXL-DE-envelope-only"
_SUFFIX: Final = ".schema.json"
_MESSAGE: Final = "content[{}].jsonContent.embeddedJsonContent.message"
_MOST: Final = 50
_WORDS: Final = {
    "type": "is not of type '{}'",
    "enum": "is not one of {}",
    "pattern": "does not match '{}'",
    "format": "is not a {}",
}
_NAMES: Final = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it is, which rule it breaks."""

    path: str
    reason: str

    def __str__(self) -> str:
        """Path and reason, as the error of the Hub says them."""
        return f"{self.path or 'message'}: {self.reason}"


class Judge(Protocol):
    """Says what is wrong with an envelope."""

    @property
    def version(self) -> str:
        """The version of the schemas; empty for our own list."""
        ...

    def problems(self, envelope: Envelope) -> tuple[Problem, ...]:
        """All that is wrong, in the order of the document; empty for a valid one."""
        ...


class OwnModel:
    """Judges by our list of required parts, where no official schema is installed."""

    version = ""

    def problems(self, envelope: Envelope) -> tuple[Problem, ...]:
        """See `Judge`."""
        found = list(_lacking(envelope.document, ENVELOPE, ""))
        for place, message, kind in _messages(envelope, found):
            if kind.is_headed:
                found += _lacking(message, HEADER, place)
            body = message[kind.key]
            found += _lacking(body, PARTS.get(kind.name, {}), f"{place}.{kind.key}")
        return tuple(found[:_MOST])


class Schemas:
    """Judges by the official schemas of a folder; each is compiled once."""

    def __init__(self, folder: Path) -> None:
        """Read the schemas; raises `InvalidRequest` where one that is needed is missing."""
        self.documents = _read_folder(folder)
        needed = {_ENVELOPE, "RC-DE", *BY_NAME}
        if missing := sorted(needed - set(self.documents)):
            raise InvalidRequest(f"the schemas of the Hub lack {', '.join(missing)}")
        formats = FormatChecker(())
        formats.checks("date-time", raises=InvalidRequest)(_is_moment)
        self._compiled = {
            name: Draft7Validator(document, format_checker=formats)
            for name, document in self.documents.items()
        }
        self.version = str(self.documents["RS-EDA"].get("version", "unknown"))

    def problems(self, envelope: Envelope) -> tuple[Problem, ...]:
        """See `Judge`."""
        found = list(self._of(_ENVELOPE, envelope.document, ""))
        for place, message, kind in _messages(envelope, found):
            if kind.is_headed:
                found += self._of("RC-DE", message, place)
            found += self._of(kind.name, message[kind.key], f"{place}.{kind.key}")
        return tuple(found[:_MOST])

    def body_problems(self, name: str, body: Any) -> tuple[Problem, ...]:
        """What is wrong with one body of this kind."""
        return tuple(self._of(name, body, ""))

    def _of(self, name: str, value: Any, place: str) -> Iterator[Problem]:
        for error in self._compiled[name].iter_errors(value):
            yield Problem(_path(place, error), _reason(error))


def _messages(
    envelope: Envelope, found: list[Problem]
) -> Iterator[tuple[str, dict[str, Any], Kind]]:
    """Each message with its place and its one kind; what has none is added to the problems."""
    contents: Any = envelope.document.get("content")
    for index, content in enumerate(contents if isinstance(contents, list) else []):
        place = _MESSAGE.format(index)
        message = content
        for step in ("jsonContent", "embeddedJsonContent", "message"):
            message = message.get(step) if isinstance(message, dict) else None
        if not isinstance(message, dict):
            found.append(Problem(place, "'message' is a required property"))
            continue
        keys = [key for key in message if key in BY_KEY]
        if len(keys) == 1:
            yield place, message, BY_KEY[keys[0]]
        elif keys:
            found.append(Problem(place, f"more than one kind of message: {', '.join(keys)}"))
        else:
            found.append(Problem(place, "no known kind of message"))


def _lacking(value: Any, tree: Tree, place: str) -> Iterator[Problem]:
    """What a value lacks of a tree of required parts; a list is judged item by item."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _lacking(one, tree, f"{place}[{index}]")
        return
    if not isinstance(value, Mapping):
        yield Problem(place, "is not of type 'object'")
        return
    for name, below in tree.items():
        part = name.removeprefix("?")
        if part in value:
            yield from _wrong(value[part], below, _join(place, part))
        elif part == name:
            yield Problem(place, f"'{part}' is a required property")


def _wrong(value: Any, below: Tree | tuple[str, ...] | None, place: str) -> Iterator[Problem]:
    """What is wrong with a part that is there."""
    if isinstance(below, tuple):
        if value not in below:
            yield Problem(place, f"is not one of {list(below)}")
    elif below:
        yield from _lacking(value, below, place)


def _reason(error: ValidationError) -> str:
    """The rule that is broken, without the value that breaks it."""
    rule: Any = error.validator_value
    if error.validator == "required":
        return error.message  # names the property alone
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        held: Any = error.instance
        names = [str(name) for name in held if name not in schema.get("properties", ())]
        return f"additional properties are not allowed ({', '.join(names[:_NAMES])})"
    words = _WORDS.get(str(error.validator), f"breaks {error.validator} {{}}")
    return words.format(rule)


def _path(place: str, error: ValidationError) -> str:
    found = place
    for step in error.absolute_path:
        found = f"{found}[{step}]" if isinstance(step, int) else _join(found, str(step))
    return found


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(read_time(value))


def _read_folder(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            document = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise InvalidRequest(f"{path.name}: this schema cannot be read") from error
        # All carry the same `$id`; their references stay inside of each.
        document.pop("$id", None)
        found[path.name.removesuffix(_SUFFIX)] = document
    return found
