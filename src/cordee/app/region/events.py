"""What happened to a person: visits, emergencies, stays, home care, letters, appointments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordee.app.region.chart import Chart
from cordee.app.region.coding import CIM10, Json, concept
from cordee.app.region.coordination import add_care_team, add_dac_episode
from cordee.app.region.diseases import Disease
from cordee.app.region.documents import Letter, add_letter
from cordee.app.region.encounters import Contact, add_appointment, add_contact, add_request
from cordee.app.region.members import staff
from cordee.app.region.moments import french_day
from cordee.app.region.people import Person
from cordee.app.region.pregnancies import add_pregnancy
from cordee.app.region.sites import Site, site
from cordee.app.region.territory import commune
from cordee.app.region.vitals import add_sign

HOSPITALS: Final = {
    "A": "chu-aubrey",
    "B": "ch-belmont",
    "C": "clinique-corvigny",
    "D": "ch-darnois",
}
PHARMACIES: Final = {
    "A": ("pharmacie-cathedrale", "pharmacie-gare-aubrey", "pharmacie-issy", "pharmacie-loue"),
    "B": ("pharmacie-tran", "pharmacie-belmont", "pharmacie-montrevaux"),
    "C": ("pharmacie-corvigny", "pharmacie-vezon"),
    "D": ("pharmacie-darnois", "pharmacie-nance", "pharmacie-thoire"),
}
REASONS: Final[tuple[Json, ...]] = tuple(
    concept(CIM10, code, label)
    for code, label in (
        ("R07.4", "Douleur thoracique, sans précision"),
        ("R10.4", "Douleurs abdominales, autres et non précisées"),
        ("R06.0", "Dyspnée"),
        ("W19", "Chute, sans précision"),
        ("S01.9", "Plaie ouverte de la tête, partie non précisée"),
        ("R55", "Syncope et collapsus"),
        ("R50.9", "Fièvre, sans précision"),
        ("S93.4", "Entorse et foulure de la cheville"),
    )
)
FALL: Final = REASONS[3]
SPECIALITIES: Final = (
    ("chu-aubrey-cardiologie", "Consultation de cardiologie"),
    ("chu-aubrey-neurologie", "Consultation de neurologie"),
    ("chu-aubrey-dermatologie", "Télé-expertise de dermatologie"),
    ("ch-belmont-medecine", "Consultation de gériatrie"),
)
EXAMS: Final = (
    "Radiographie thoracique",
    "Échographie abdominale",
    "Scanner thoracique",
    "Échographie cardiaque",
    "Mammographie de dépistage",
    "Kinésithérapie, 15 séances",
    "Soins infirmiers à domicile",
    "Bilan biologique annuel",
)
NOTHING_NEW: Final = "Pas d’élément inquiétant. Suite chez le médecin traitant."
ELDERLY: Final = 78
EMERGENCY_RISK, STAY_RISK, FRAIL_RISK = 0.14, 0.045, 0.035
REGULATED: Final = 0.35
IDEL_RISK, PHARMACY_RISK, DAC_RISK, SPECIALIST_RISK = 0.28, 0.12, 0.16, 0.20
SUMMARY_RISK, REQUEST_RISK, BOOKED_RISK = 0.30, 0.35, 0.30
COMPLEX: Final = 5
ROUND_OF_SAMIRA: Final = frozenset(
    commune(name).grouping for name in ("Vezon-le-Vieux", "Vezon", "Saulx")
)
MIDNIGHT: Final = 24 * 60


def add_events(chart: Chart, who: Person, illnesses: Sequence[Disease]) -> None:
    """Contacts, letters and plans of someone with these illnesses."""
    age = chart.age(chart.today)
    load = len(illnesses)
    hospital = site(HOSPITALS[who.home.county])
    _add_visits(chart, who, load)
    _add_emergencies(chart, hospital, load, age)
    _add_stays(chart, hospital, illnesses, age)
    _add_home_care(chart, who, load, age)
    _add_paper(chart, illnesses)
    add_pregnancy(chart, who, age)
    if load >= COMPLEX or who.residence:
        add_care_team(chart, who)
        if chart.rng.random() < DAC_RISK:
            add_dac_episode(chart, who)


def _add_visits(chart: Chart, who: Person, load: int) -> None:
    rng = chart.rng
    doctor = chart.doctor
    if doctor:
        place = site(doctor.structures[0])
        kind = "ehpad" if who.residence else "consultation"
        for rank in range(1 + int(rng.random() * (2.6 + load * 0.5))):
            day = chart.day_within(2 + rank * 90, 100 + rank * 110)
            add_contact(chart, Contact(kind, day, chart.minute(), 20, place, doctor))
    elif chart.practice and rng.random() < 1 / 2:
        day = chart.day_within(10, 500)
        add_contact(chart, Contact("consultation", day, chart.minute(), 15, chart.practice))
    if rng.random() < SPECIALIST_RISK + load * 0.03:
        service, label = SPECIALITIES[int(rng.random() * len(SPECIALITIES))]
        expert = staff(service)[0]
        remote = label.startswith("Télé")
        day, minute = chart.day_within(8, 700), chart.minute()
        kind = "avis" if remote else "specialiste"
        place = site(expert.structures[0])
        add_contact(chart, Contact(kind, day, minute, 20, place, expert))
        text = f"{label} du {french_day(day)}.\n\n{NOTHING_NEW}"
        house = site(service).link
        letter = Letter("consultation", day, label, text, expert.link, house, after=minute + 20)
        add_letter(chart, letter)


def _add_emergencies(chart: Chart, hospital: Site, load: int, age: int) -> None:
    rng = chart.rng
    risk = EMERGENCY_RISK + load * FRAIL_RISK
    while rng.random() < risk:
        risk /= 2
        day = chart.day_within(1, 800)
        minute = int(rng.random() * MIDNIGHT)
        reason = FALL if age >= ELDERLY and rng.random() < 1 / 2 else None
        reason = reason or REASONS[int(rng.random() * len(REASONS))]
        if rng.random() < REGULATED:
            centre = site("samu-" + hospital.commune.county.lower())
            call = Contact("regulation", day, max(0, minute - 40), 12, centre, None, reason)
            add_contact(chart, call)
        ward = staff(hospital.identity + "-urgences")[0]
        length = 100 + int(rng.random() * 300)
        visit = Contact("urgences", day, minute, length, hospital, ward, reason)
        add_contact(chart, visit)
        _add_triage(chart, day, minute)
        text = (
            f"Passage aux urgences du {french_day(day)}. Motif : {reason['text'].lower()}.\n"
            "Examen rassurant, biologie sans anomalie nouvelle. Retour à domicile.\n"
            "À revoir par le médecin traitant sous sept jours."
        )
        title = f"Passage aux urgences, {hospital.name}"
        letter = Letter(
            "urgences", day, title, text, ward.link, hospital.link, after=minute + length
        )
        add_letter(chart, letter)


def _add_triage(chart: Chart, day: int, minute: int) -> None:
    rng = chart.rng
    add_sign(chart, "pulse", day, round(rng.gauss(86, 13)), minute)
    add_sign(chart, "temperature", day, round(rng.gauss(37.1, 0.5), 1), minute)
    add_sign(chart, "saturation", day, min(100, round(rng.gauss(96.5, 1.6))), minute)
    add_sign(chart, "pain", day, int(rng.random() * 8), minute)


def _add_stays(chart: Chart, hospital: Site, illnesses: Sequence[Disease], age: int) -> None:
    rng = chart.rng
    if rng.random() >= STAY_RISK + len(illnesses) * FRAIL_RISK + (age >= ELDERLY) * 0.08:
        return
    day = chart.day_within(12, 1100)
    nights = min(1 + int(rng.random() * (3 + len(illnesses))), max(1, chart.today - day - 1))
    reason = illnesses[int(rng.random() * len(illnesses))].code if illnesses else REASONS[1]
    stay = Contact("sejour", day, 10 * 60, nights * MIDNIGHT, hospital, None, reason)
    add_contact(chart, stay)
    text = (
        f"Hospitalisation du {french_day(day)} au {french_day(day + nights)}, {hospital.name}.\n"
        f"Motif : {reason['text']}.\n\n"
        "Évolution favorable. Traitement de sortie remis à la personne, identique au traitement "
        "habituel sauf mention contraire. Visite du médecin traitant à sept jours."
    )
    title = f"Lettre de liaison à la sortie, {hospital.name}"
    add_letter(chart, Letter("sortie", day + nights, title, text, None, hospital.link))


def _add_home_care(chart: Chart, who: Person, load: int, age: int) -> None:
    rng = chart.rng
    if (age >= ELDERLY or load >= COMPLEX) and not who.residence and rng.random() < IDEL_RISK * 2:
        nurses = site(f"idel-{who.home.grouping:02d}")
        if who.home.grouping in ROUND_OF_SAMIRA:
            nurses = site("idel-samira")
        for rank in range(2):
            day = chart.day_within(1 + rank * 20, 20 + rank * 60)
            nurse = staff(nurses.identity)[0]
            add_contact(chart, Contact("soins", day, 450 + rank * 30, 25, nurses, nurse))
    if not who.residence and rng.random() < PHARMACY_RISK + load * 0.02:
        choice = PHARMACIES[who.home.county]
        place = site(choice[int(rng.random() * len(choice))])
        day = chart.day_within(2, 400)
        add_contact(
            chart, Contact("officine", day, chart.minute(), 15, place, staff(place.identity)[0])
        )


def _add_paper(chart: Chart, illnesses: Sequence[Disease]) -> None:
    rng = chart.rng
    doctor = chart.doctor
    if not doctor:
        return
    author, place = doctor.link, site(doctor.structures[0]).link
    if illnesses and rng.random() < SUMMARY_RISK:
        day = chart.day_within(5, 500)
        names = "\n".join(f"- {disease.code['text']}" for disease in illnesses)
        text = f"Synthèse médicale au {french_day(day)}.\n\nAffections suivies :\n{names}"
        add_letter(chart, Letter("synthese", day, "Synthèse médicale", text, author, place))
    if rng.random() < REQUEST_RISK:
        label = EXAMS[int(rng.random() * len(EXAMS))]
        add_request(chart, chart.day_within(1, 300), label, None)
    if rng.random() < BOOKED_RISK:
        day = chart.today + 1 + int(rng.random() * 60)
        add_appointment(chart, day, doctor, "Consultation de suivi")
