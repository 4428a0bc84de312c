"""A form as a FHIR Questionnaire, for whoever reads `/fhir`; a finished one as Observations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from cordee.care.assessments.answers import ANSWERS
from cordee.care.assessments.forms import YES, Form, Item, When
from cordee.care.assessments.scores import Score
from cordee.care.workflow.tasks import BASE
from cordee.identity.principal import Principal

SCORES: Final = BASE + "score"
_ORDINAL: Final = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
_UNIT: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_TYPES: Final = {
    "choice": "choice", "flag": "boolean", "number": "decimal", "text": "text", "line": "string",
    "date": "date",
}  # fmt: skip


def questionnaire(form: Form) -> dict[str, Any]:
    """The Questionnaire of a form, under its code as id."""
    url, _, version = form.canonical.partition("|")
    return {
        "resourceType": "Questionnaire",
        "id": form.code,
        "url": url,
        "version": version,
        "name": "".join(one.capitalize() for one in form.code.split("-")),
        "title": form.title,
        "status": "active",
        "subjectType": ["Patient"],
        "publisher": "Cordée",
        "purpose": form.purpose,
        "item": [
            {
                "linkId": f"part-{part.code}",
                "type": "group",
                "text": part.title,
                "item": [_item(form, one) for one in part.items],
            }
            for part in form.parts
        ],
    }


def observations(
    results: Iterable[Score], about: tuple[str, str, str], principal: Principal
) -> list[dict[str, Any]]:
    """Each score that is known as an Observation that names its rule.

    `about` is the patient, the response that it comes from, and the moment.
    """
    patient, response, at = about
    return [
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{"system": _CATEGORY, "code": "survey"}]}],
            "code": {
                "coding": [{"system": SCORES, "code": one.code, "display": one.label}],
                "text": one.label,
            },
            "subject": {"reference": patient},
            "effectiveDateTime": at,
            "performer": [{"reference": principal.practitioner or principal.structure}],
            "valueInteger": one.value,
            "method": {"text": one.rule},
            "derivedFrom": [{"reference": response}],
            **({"note": [{"text": one.words}]} if one.words else {}),
        }
        for one in results
        if one.value is not None
    ]


def _item(form: Form, item: Item) -> dict[str, Any]:
    made: dict[str, Any] = {"linkId": item.code, "type": _TYPES[item.kind], "text": item.text}
    if item.kind in {"text", "line"}:
        made["maxLength"] = 2000 if item.kind == "text" else 200
    if item.unit:
        made["extension"] = [{"url": _UNIT, "valueCoding": {"code": item.unit}}]
    if item.kind == "choice":
        made["answerOption"] = [
            {
                "valueCoding": {
                    "extension": [{"url": _ORDINAL, "valueDecimal": one.points}],
                    "system": ANSWERS, "code": code, "display": one.text,
                }
            }
            for code, one in form.answers(item).items()
        ]  # fmt: skip
    if item.when:
        made["enableWhen"] = list(_conditions(form, item.when))
        if len(made["enableWhen"]) > 1:
            made["enableBehavior"] = "any"
    return made


def _conditions(form: Form, when: When) -> Iterable[dict[str, Any]]:
    other = form.item(when.item)
    if when.at_least is not None:
        yield {"question": when.item, "operator": ">=", "answerDecimal": when.at_least}
        return
    for one in when.is_:
        if other is not None and other.kind == "flag":
            yield {"question": when.item, "operator": "=", "answerBoolean": one == YES}
        else:
            coding = {"system": ANSWERS, "code": one}
            yield {"question": when.item, "operator": "=", "answerCoding": coding}
