"""Identities in words: candidates, alerts, traits side by side, steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cordee.care.record.traits import read_traits
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.ins.proofs import LABELS as PROOF_LABELS
from cordee.identity.ins.proofs import ProofKind
from cordee.identity.ins.statuses import STATUS_LABELS, Attribute, Status
from cordee.identity.patients.colliding import is_frozen
from cordee.identity.patients.creating import is_sensitive
from cordee.identity.patients.files import File, Json
from cordee.identity.patients.light import is_light
from cordee.identity.patients.searching import Candidate
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.language import gettext as _
from cordee.web.persons import UNKNOWN, Person, describe
from cordee.web.ports import Accounts

_PERCENT = 100
_CERTAIN, _LIKELY, _MIDDLE = 0.999, 0.9, 0.5
KINDS = {
    "duplicate": _("doublon potentiel"),
    "changed": _("réponse de l’INSi différente"),
    "collision": _("collision"),
    "unknown": _("INSi sans réponse"),
}
HOW = {
    "created": _("créée après recherche"),
    "unknown": _("créée sans identité connue"),
    "reconciled": _("traits retrouvés"),
    "light": _("créée légère, en accueil ou hébergement"),
    "ordinary": _("devenue ordinaire, à la demande de la personne"),
    "proof": _("pièce contrôlée"),
    "insi 00": _("INSi : une identité"),
    "insi 00 and proof": _("INSi et pièce, en un acte"),
    "insi changed": _("l’INSi ne confirme plus"),
    "doubt": _("doute"),
    "with homonyme": _("marquée homonyme"),
    "with douteux": _("marquée douteuse"),
    "with fictif": _("marquée fictive"),
    "without homonyme": _("n’est plus homonyme"),
    "without douteux": _("n’est plus douteuse"),
    "without fictif": _("n’est plus fictive"),
    "accouchement-secret": _("créée sous alias, accouchement secret"),
    "detenu": _("créée sous alias, personne détenue"),
    "personne-exposee": _("créée sous alias, personne exposée"),
    "soins-anonymes": _("créée sous alias, soins anonymes"),
}
OUTCOMES = {
    "00": _("00, une identité"),
    "01": _("01, aucune identité"),
    "02": _("02, plusieurs identités"),
    "differs": _("00, traits différents"),
    "changed": _("identité changée"),
    "late": _("sans réponse"),
    "refused": _("demande refusée"),
    "blocked": _("appel non permis"),
    "gone": _("dossier absent"),
    "": _("en attente"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """A sentence at the head of every page of a file; `href` leads to what explains it."""

    level: str
    title: str
    text: str
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One candidate in words: who, how likely, why."""

    person: Person
    likeness: str
    level: str
    reasons: tuple[str, ...]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait of one or two files."""

    label: str
    values: tuple[str, ...]
    is_code: bool = False

    @property
    def differs(self) -> bool:
        """Whether the files say different things."""
        return len({one.casefold() for one in self.values}) > 1


def alerts(patient: Json) -> tuple[Alert, ...]:
    """Give what must be known before anything is done with a file."""
    identity, found = read_identity(patient), list[Alert]()
    replaced = next(
        (one for one in patient.get("link", ()) if one.get("type") == "replaced-by"), None
    )
    if replaced:
        place = str(replaced["other"].get("reference", "")).removeprefix("Patient/")
        text = _("Les données sont dans l’autre dossier.")
        found.append(
            Alert(
                "critical", _("Dossier réuni à un autre."), text, f"/patients/{place}", _("Ouvrir")
            )
        )
    if is_frozen(patient):
        text = _("Deux personnes y sont mêlées : ne vous fiez à aucune donnée, rien ne s’y écrit.")
        found.append(Alert("critical", _("Dossier gelé."), text))
    if Attribute.HOMONYM in identity.attributes:
        text = _("Vérifiez tous les traits d’identité avant d’agir sur ce dossier.")
        found.append(Alert("critical", _("Homonyme."), text))
    if is_light(patient):
        text = _(
            "Sans obligation d’INS, pseudonyme possible. Ni dépôt au DMP ni envoi par MSSanté ; "
            "rien ne le rapproche d’un autre dossier."
        )
        found.append(Alert("", _("Dossier léger."), text))
    if is_sensitive(patient):
        text = _("Ne cherchez pas l’identité réelle ; l’INSi n’est pas interrogé.")
        found.append(Alert("caution", _("Dossier sous alias."), text))
    elif Attribute.FICTIVE in identity.attributes and not is_light(patient):
        text = _("Le nom et la date sont provisoires ; aucun matricule ne sort.")
        found.append(Alert("caution", _("Identité fictive."), text))
    if Attribute.DOUBTFUL in identity.attributes:
        text = _("Contrôlez une pièce d’identité ; aucun matricule ne sort.")
        found.append(Alert("caution", _("Identité douteuse."), text))
    return tuple(found)


def found(candidates: Sequence[Candidate], today: date) -> tuple[Found, ...]:
    """Give the candidates of a search in words."""
    return tuple(
        Found(
            person=describe(read_traits(one.patient), today),
            likeness=_percent(one.match.probability),
            level="settled" if one.match.probability >= _LIKELY else "",
            reasons=one.match.sentences,
            alerts=alerts(one.patient),
        )
        for one in candidates
    )


def person_of(file: File, today: date) -> Person:
    """Give the identity of a file in words."""
    return describe(read_traits(file.patient), today)


def side_by_side(
    files: Sequence[File], facts: Sequence[tuple[str, tuple[str, ...]]], today: date
) -> tuple[Trait, ...]:
    """Give the traits of files, in the order of the banner, then other facts."""
    people = [person_of(one, today) for one in files]
    rows = [
        Trait(_("Nom de naissance"), tuple(one.birth_name for one in people)),
        Trait(_("Prénoms de naissance"), tuple(one.all_first_names or UNKNOWN for one in people)),
        Trait(_("Date de naissance"), tuple(one.born for one in people)),
        Trait(_("Sexe"), tuple(one.sex for one in people)),
        Trait(_("Lieu de naissance"), tuple(one.birth_place for one in people)),
        Trait(_("Matricule INS"), tuple(one.matricule or _("absent") for one in people), True),
        Trait(_("Nom utilisé"), tuple(one.used_name or UNKNOWN for one in people)),
        Trait(_("Commune"), tuple(one.town or UNKNOWN for one in people)),
    ]
    return (*rows, *(Trait(label, values) for label, values in facts))


def proof_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give the last document that was seen."""
    if not rows:
        return _("aucune ici")
    kind = proof_label(rows[0]["kind"])
    return f"{kind}, {french.short_date(rows[0]['checked_on'].isoformat())}"


def proof_label(code: str) -> str:
    """Give the name of a document."""
    return next((_(PROOF_LABELS[one]) for one in ProofKind if one == code), code)


def status_label(code: str) -> str:
    """Give the name of a status; what is none stays as it is."""
    return next((_(STATUS_LABELS[one]) for one in Status if one == code), code)


def moment(at: datetime | None) -> str:
    """Give a day and an hour in Paris."""
    if at is None:
        return ""
    local = at.astimezone(PARIS)
    return _("%(day)s à %(hour)s") % {
        "day": french.short_date(local.date().isoformat()), "hour": french.clock(local),
    }  # fmt: skip


def score(value: float) -> str:
    """Give a likeness as `0,94`."""
    return f"{min(value, 0.999):.3f}".replace(".", ",")


def _percent(probability: float) -> str:
    if probability >= _CERTAIN:
        return _("ressemblance très forte (plus de 99,9 %)")
    text = f"{probability * _PERCENT:.1f}".replace(".", ",")
    word = _("ressemblance faible")
    if probability >= _LIKELY:
        word = _("ressemblance forte")
    elif probability >= _MIDDLE:
        word = _("ressemblance moyenne")
    return f"{word} ({text} %)"


PROGRAMS = {"insi": _("INSi, vérification automatique"), "cordee": _("Cordée")}


async def named(accounts: Accounts, users: Iterable[str | None]) -> dict[str, str]:
    """Give the names of user names; those whom nobody knows keep theirs."""
    wanted = {one for one in users if one}
    known = await accounts.known(wanted)
    return {one: known[one].name if one in known else PROGRAMS.get(one, one) for one in wanted}
