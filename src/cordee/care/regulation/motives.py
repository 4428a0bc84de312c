"""The tree of motives: codes of the Hub, questions and red flags of ours. Rule: C1.4."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from cordee.care.regulation.queue import PRIORITIES, plain_name

AVC: Final = "avc"
YES: Final = "oui"
ANSWERS: Final = ("oui", "non", "inconnu")
_CODE: Final = re.compile(r"M\d\d\.\d\d")


@dataclass(frozen=True, slots=True)
class Question:
    """One question; a yes proposes `raises` at least, "" for none. `key` names its field."""

    key: str
    words: str
    raises: str = ""


@dataclass(frozen=True, slots=True)
class Motive:
    """A motive with its questions, red flags first. `path` names a form of its own."""

    code: str
    label: str
    priority: str
    path: str
    questions: tuple[Question, ...]

    def proposed(self, answers: Mapping[str, str]) -> str:
        """The priority that the motive and the answers propose; the regulator decides."""
        raised = [
            one.raises for one in self.questions if one.raises and answers.get(one.key) == YES
        ]
        return min(self.priority, *raised) if raised else self.priority

    def flags(self, answers: Mapping[str, str]) -> list[str]:
        """The red flags that were said yes to, in words."""
        return [one.words for one in self.questions if one.raises and answers.get(one.key) == YES]


@lru_cache(maxsize=1)
def motives() -> Mapping[str, Motive]:
    """All motives by code, in the order of the file; `ValueError` for a wrong file."""
    text = files("cordee.care.regulation").joinpath("motives.toml").read_text(encoding="utf-8")
    found: dict[str, Motive] = {}
    for row in tomllib.loads(text)["motive"]:
        flags = [Question(f"f{n}", words, to) for n, (words, to) in enumerate(row["flags"], 1)]
        asked = [Question(f"q{n}", words) for n, words in enumerate(row["ask"], 1)]
        known = {row["priority"], *(one.raises for one in flags)} <= set(PRIORITIES)
        if not _CODE.fullmatch(row["code"]) or not known or row["code"] in found:
            raise ValueError(f"motives.toml: {row['code']}")
        found[row["code"]] = Motive(
            row["code"], row["label"], row["priority"], row.get("path", ""), (*flags, *asked)
        )
    return found


def motive_of(text: str) -> Motive | None:
    """The motive of a code, of a label, or of the beginning of one label alone; None for none."""
    code = _CODE.match(text.strip())
    if code:
        return motives().get(code[0])
    typed = plain_name(text)
    begun = [one for one in motives().values() if typed and plain_name(one.label).startswith(typed)]
    whole = [one for one in begun if plain_name(one.label) == typed] or begun
    return whole[0] if len(whole) == 1 else None


def label_of(code: str) -> str:
    """The name of a motive; said as not triaged where there is none."""
    found = motives().get(code)
    return found.label if found else "Non qualifié"
