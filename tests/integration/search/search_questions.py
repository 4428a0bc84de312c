"""Searches for the small region, as hypothesis strategies."""

# ruff: noqa: C901, PLR0911 -- lists of values; one line a kind of parameter

from __future__ import annotations

import search_region
from hypothesis import strategies as st
from search_oracle import BOOLEAN, GENDER, PARAMETERS, STATUS

Pair = tuple[str, str]
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_SYSTEMS = [search_region.LOINC, search_region.LOCAL, search_region.CATEGORY, search_region.CLINICAL, search_region.ACT, GENDER, BOOLEAN,
            search_region.IDENTIFIERS, *STATUS.values()]  # fmt: skip
_CODES = [*search_region.CODES, "mixed-CASE", "POS", "neg", "laboratory", "vital-signs", "final", "amended", "active",
          "resolved", "AMB", "imp", "male", "female", "true", "false", "t1", "t2", "R", "V", "P3", "P4", "bare1",
          "F1", "finished", "none"]  # fmt: skip
_TEXTS = ["Le", "lef", "LEFEVRE", "Lefèvre", "oeu", "d'al", "de la", "nun", "Martin", "ana", "jean", "marie c",
          "élo", "saint-e", "lyon", "42", "4210", "fr", "eleve", "Bas\\, très", "hop", "clin", "dans l", "z"]  # fmt: skip
_MOMENTS = [*search_region.MOMENTS, "1950", "1980-02", "1980-02-29", "1999", "2001-12-31", "2020-02-29T11:00", "2022",
            "2020-12-31T23:30", "2018", "2030"]  # fmt: skip
_NUMBERS = ["70.5", "70", "71", "70500", "7e1", "5.4", "5.40", "0.0054", "1.72", "172", "12", "-3", "0", "30",
            "0.5", "1.5", "90", "5.35", "100"]  # fmt: skip
_UNITS = ["", "", f"|{search_region.UCUM}|kg", f"|{search_region.UCUM}|g", "||kg", "||kilo", f"|{search_region.UCUM}|mmol/L", "||u",
          f"|{search_region.UCUM}|mol/L", f"|{search_region.UCUM}|cm", f"|{search_region.LOCAL}|score", f"|{search_region.UCUM}|h",
          f"|{search_region.UCUM}|min"]  # fmt: skip

moments = st.builds(
    lambda prefix, text: prefix + text, st.sampled_from(PREFIXES), st.sampled_from(_MOMENTS)
)
tokens = st.one_of(
    st.sampled_from(_CODES),
    st.builds(
        lambda system, code: f"{system}|{code}", st.sampled_from(_SYSTEMS), st.sampled_from(_CODES)
    ),
    st.sampled_from(_SYSTEMS).map(lambda system: system + "|"),
    st.sampled_from(_CODES).map(lambda code: "|" + code),
)
amounts = st.builds(
    lambda prefix, value, unit: prefix + value + unit,
    st.sampled_from(PREFIXES), st.sampled_from(_NUMBERS), st.sampled_from(_UNITS),
)  # fmt: skip
numbers = st.builds(
    lambda prefix, value: prefix + value,
    st.sampled_from(PREFIXES), st.sampled_from(["0.25", "0.3", "0.2", "1", "0.1", "0.250"]),
)  # fmt: skip
texts = st.sampled_from(_TEXTS)
_named = {
    "date": moments, "quantity": amounts, "number": numbers, "string": texts, "token": tokens,
    "uri": st.sampled_from(["http://sender.test/a", "http://sender.test/b", "http://sender.test"]),
}  # fmt: skip
_phones = ["06 12 34 56 78", "0612345678", "06.12.34.56.78", "+33477000001", "0477000002", "04 77 00 00 02",
           "phone|0612345678", "PATIENT3@exemple.FR", "email|patient3@exemple.fr"]  # fmt: skip


def several(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One to three alternatives."""
    return st.lists(values, min_size=1, max_size=3).map(",".join)


@st.composite
def criterion(
    draw: st.DrawFn, resource_type: str, depth: int = 2, kinds: frozenset[str] | None = None
) -> Pair:
    """One criterion of a type; chains and `_has` while `depth` allows."""
    known = PARAMETERS[resource_type]
    if depth and kinds is None and draw(st.integers(0, 9)) == 0:
        return draw(_has(resource_type, depth))
    code = draw(
        st.sampled_from(sorted(one for one in known if kinds is None or known[one].type in kinds))
    )
    parameter = known[code]
    if (
        code not in {"_id", "_lastUpdated"}
        and parameter.type != "composite"
        and draw(st.integers(0, 11)) == 0
    ):
        return f"{code}:missing", draw(st.sampled_from(["true", "false"]))
    if parameter.type == "reference":
        return draw(_reference(code, parameter.targets, depth))
    if parameter.type == "composite":
        return code, draw(_composite(code))
    if code == "_id":
        return code, draw(
            several(st.sampled_from(["obs1", "obs2", "pat3", "enc4", "con5", "none"]))
        )
    if code in {"telecom", "phone", "email"}:
        return code, draw(several(st.sampled_from(_phones)))
    if parameter.type == "string":
        modifier = draw(st.sampled_from(["", "", ":exact", ":contains"]))
        if modifier == ":exact":
            exact = [
                *search_region.FAMILIES,
                *search_region.GIVENS,
                "lefèvre",
                "Élevé",
                *search_region.CITIES,
            ]
            return code + modifier, draw(several(st.sampled_from(exact)))
        return code + modifier, draw(several(texts))
    if parameter.type == "token":
        modifier = draw(st.sampled_from(["", "", "", ":not", ":text"]))
        if modifier == ":text":
            return code + modifier, draw(
                several(st.sampled_from(["poids", "Mesure 8", "mesur", "TAILLE", "a"]))
            )
        return code + modifier, draw(several(tokens))
    return code, draw(several(_named[parameter.type]))


@st.composite
def _reference(draw: st.DrawFn, code: str, targets: tuple[str, ...], depth: int) -> Pair:
    target = draw(st.sampled_from(targets))
    if depth and draw(st.booleans()):
        name, text = draw(criterion(target, depth - 1))
        typed = draw(st.booleans()) or len(targets) > 1
        return (f"{code}:{target}.{name}" if typed else f"{code}.{name}"), text
    stem = {"Patient": "pat", "Practitioner": "pro", "Organization": "org", "Encounter": "enc"}[
        target
    ]
    key = f"{stem}{draw(st.integers(0, 6))}"
    form = draw(st.integers(0, 4))
    if form == 0:
        return f"{code}:{target}", key
    if form == 1 and code == "performer":
        return f"{code}:identifier", draw(
            st.sampled_from([f"{search_region.IDENTIFIERS}|X1", "X2", "|X1", "x3"])
        )
    if form == 2:
        return code, f"http://127.0.0.1:8100/fhir/{target}/{key}"
    if form == 3:
        return code, f"{target}/{key},{target}/{stem}0"
    return code, draw(st.sampled_from([key, f"{target}/{key}"]))


@st.composite
def _has(draw: st.DrawFn, resource_type: str, depth: int) -> Pair:
    links = [
        (source, code)
        for source, known in sorted(PARAMETERS.items())
        for code, one in sorted(known.items())
        if resource_type in one.targets
    ]
    if not links:
        return draw(criterion(resource_type, 0))
    source, code = draw(st.sampled_from(links))
    name, text = draw(criterion(source, depth - 1))
    return f"_has:{source}:{code}:{name}", text


@st.composite
def _composite(draw: st.DrawFn, code: str) -> str:
    first = draw(
        st.sampled_from(
            [*search_region.CODES, *(f"{search_region.LOINC}|{one}" for one in search_region.CODES)]
        )
    )
    if code.endswith("quantity"):
        return f"{first}${draw(amounts)}"
    if code.endswith("concept"):
        return f"{first}${draw(st.sampled_from(['pos', f'{search_region.LOCAL}|neg', 'NEG']))}"
    return f"{first}${draw(st.sampled_from(['el', 'bas', 'eleve et']))}"


types = st.sampled_from(["Patient", "Observation", "Observation", "Encounter", "Condition"])


@st.composite
def searches(draw: st.DrawFn, kinds: frozenset[str] | None = None) -> tuple[str, list[Pair]]:
    """A type and one to three criteria, of some kinds of parameters or of all."""
    resource_type = draw(types)
    return resource_type, draw(
        st.lists(criterion(resource_type, kinds=kinds), min_size=1, max_size=3)
    )
