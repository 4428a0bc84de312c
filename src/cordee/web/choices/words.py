"""French words of what a patient may choose."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.access.previewing import Viewer
from cordee.access.registers.statements import Line, Said, Shown
from cordee.runtime import french
from cordee.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: what it is about, what being opposed means, the words of its two states."""

    what: str
    title: str
    detail: str
    is_on: bool
    state: str
    act: str


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    detail: str
    on: str
    off: str
    turn_on: str
    turn_off: str


SHARING, SECONDARY = "partage", "secondaire"
_SWITCHES = {
    Said.SHARING_OPPOSED: _Words(
        _("Partage avec mon équipe de soins"),
        _("Si vous vous y opposez, aucun professionnel ne lit plus votre dossier, votre médecin "
          "traitant non plus. Chacun garde ce qu’il a écrit lui-même."),
        _("Vous vous y opposez"), _("Autorisé"), _("M’y opposer"), _("Autoriser de nouveau"),
    ),
    Said.EMERGENCY_OPPOSED: _Words(
        _("Accès en urgence"),
        _("Le Samu et les urgences peuvent ouvrir votre dossier quand vous ne pouvez pas "
          "répondre. Vous en êtes prévenu à chaque fois."),
        _("Vous vous y opposez"), _("Autorisé"), _("M’y opposer"), _("Autoriser de nouveau"),
    ),
    Said.ATTENDING_SEES_MASKED: _Words(
        _("Ce que je cache, mon médecin traitant le voit"),
        _("Sinon, ce que vous cachez n’est vu que de la personne qui l’a écrit."),
        _("Oui"), _("Non"), _("Lui montrer"), _("Le lui cacher"),
    ),
    Said.WAREHOUSE_OPPOSED: _Words(
        _("Entrepôt de données de la région"),
        _("Vos données, sans votre nom, servent à organiser les soins de la région."),
        _("Vous vous y opposez"), _("Autorisé"), _("M’y opposer"), _("Autoriser de nouveau"),
    ),
    Said.SECONDARY_USE_OPPOSED: _Words(
        _("Recherche et utilisation secondaire en Europe"),
        _("Vos données, sans votre nom, peuvent servir à la recherche dans l’espace européen des "
          "données de santé."),
        _("Vous vous y opposez"), _("Autorisé"), _("M’y opposer"), _("Autoriser de nouveau"),
    ),
}  # fmt: skip
_GROUPS = {
    SHARING: (Said.SHARING_OPPOSED, Said.EMERGENCY_OPPOSED, Said.ATTENDING_SEES_MASKED),
    SECONDARY: (Said.WAREHOUSE_OPPOSED, Said.SECONDARY_USE_OPPOSED),
}
VIEWERS = {
    Viewer.NURSE: _("une infirmière de mon équipe"),
    Viewer.DENTIST: _("un dentiste de mon équipe"),
    Viewer.ATTENDING: _("mon médecin traitant"),
    Viewer.CARER: _("un proche à qui j’ouvre mon dossier"),
}
_LINES = {
    (Said.SHARING_OPPOSED, True): _("Opposition au partage du dossier"),
    (Said.SHARING_OPPOSED, False): _("Partage du dossier autorisé de nouveau"),
    (Said.EMERGENCY_OPPOSED, True): _("Opposition à l’accès en urgence"),
    (Said.EMERGENCY_OPPOSED, False): _("Accès en urgence autorisé de nouveau"),
    (Said.ATTENDING_SEES_MASKED, True): _("Le médecin traitant voit ce qui est caché"),
    (Said.ATTENDING_SEES_MASKED, False): _("Le médecin traitant ne voit plus ce qui est caché"),
    (Said.WAREHOUSE_OPPOSED, True): _("Opposition à l’entrepôt de données"),
    (Said.WAREHOUSE_OPPOSED, False): _("Entrepôt de données autorisé de nouveau"),
    (Said.SECONDARY_USE_OPPOSED, True): _("Opposition à l’utilisation secondaire"),
    (Said.SECONDARY_USE_OPPOSED, False): _("Utilisation secondaire autorisée de nouveau"),
    (Said.BLOCKED, True): _("Accès fermé à %s"),
    (Said.BLOCKED, False): _("Accès rouvert à %s"),
    (Shown.MASKED, True): _("Caché : %s"),
    (Shown.MASKED, False): _("Montré de nouveau : %s"),
    (Shown.SECRET, True): _("Gardé secret pour les représentants légaux : %s"),
    (Shown.SECRET, False): _("Secret levé : %s"),
    (Shown.DEFERRED, False): _("Annoncé : %s"),
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of the history in words."""

    at: str
    text: str
    is_own: bool


def switches(group: str, said: frozenset[str]) -> tuple[Switch, ...]:
    """The switches of a group as they stand."""
    found: list[Switch] = []
    for what in _GROUPS[group]:
        words, is_on = _SWITCHES[what], what in said
        found.append(
            Switch(
                what, words.title, words.detail, is_on, words.on if is_on else words.off,
                words.turn_off if is_on else words.turn_on,
            )
        )  # fmt: skip
    return tuple(found)


def spoken(line: Line, name: str, user: str) -> Spoken | None:
    """A statement in words; None for what is not for the patient to read before it is announced."""
    text = _LINES.get((line.what, line.holds))  # pyright: ignore[reportArgumentType,reportCallIssue]
    if text is None:
        return None
    moment = line.at.astimezone(french.PARIS)
    at = f"{french.short_date(moment)} {french.clock(moment)}"
    return Spoken(at, text % name if "%s" in text else text, line.said_by == user)
