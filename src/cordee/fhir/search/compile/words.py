"""Words anywhere in a resource, or in its narrative: read row by row, under the time bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cordee.fhir.search.compile.builder import Builder

_MARKS: Final = "\u0300\u0301\u0302\u0303\u0308\u030a\u0327"  # the accents of European languages


@dataclass(frozen=True, slots=True)
class Words:
    """`_content` or `_text`: all words of one of the alternatives are there.

    No index answers it. Sealed bodies never meet it here: `search.opening` looks into those.
    """

    code: str
    alternatives: tuple[tuple[str, ...], ...]

    def sql(self, builder: Builder, alias: str) -> str:
        """The words are in the body, which is in clear."""
        whole = f"convert_from({alias}.body, 'UTF8')"
        source = whole
        if self.code == "_text":
            source = f'substring({whole} from \'"div":"(.*?[^\\\\])"\')'
        accented = f"replace(normalize({source}, NFKD), 'œ', 'oe')"
        plain = (
            f"CASE WHEN octet_length({alias}.body) = char_length({whole}) THEN lower({source}) "
            f"ELSE translate(lower({accented}), '{_MARKS}', '') END"
        )
        parts = [
            " AND ".join(
                f"({plain}) LIKE {builder.add(f'%{_escaped(word)}%', 'text')}" for word in words
            )
            for words in self.alternatives
        ]
        joined = " OR ".join(f"({one})" for one in parts)
        return f"CASE WHEN {alias}.dict = 0 THEN {joined} ELSE false END"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
