"""The addresses of plans."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.offline.keeping import ROUND_HOURS, kept
from cordee.web.plans import nomenclature, own, papers, rounds
from cordee.web.plans.actions import act, mine, show
from cordee.web.plans.changing import (
    answer,
    follow_up,
    goals,
    move,
    needs,
    person,
    write_follow_up,
    write_goals,
    write_needs,
    write_person,
)
from cordee.web.plans.showing import begin, form, of_patient

_PATIENT = "/patients/{patient_id}/plans"
_ACTS = "/patients/{patient_id}/soins"
_PLAN = f"{_PATIENT}/{{number}}"
routes = [
    Route(_PATIENT, of_patient, methods=["GET"]),
    Route(f"{_PATIENT}/nouveau", form, methods=["GET"]),
    Route(f"{_PATIENT}/nouveau", begin, methods=["POST"]),
    Route(_PLAN, person, methods=["GET"]),
    Route(_PLAN, write_person, methods=["POST"]),
    Route(f"{_PLAN}/besoins", needs, methods=["GET"]),
    Route(f"{_PLAN}/besoins", write_needs, methods=["POST"]),
    Route(f"{_PLAN}/objectifs", goals, methods=["GET"]),
    Route(f"{_PLAN}/objectifs", write_goals, methods=["POST"]),
    Route(f"{_PLAN}/suivi", follow_up, methods=["GET"]),
    Route(f"{_PLAN}/suivi", write_follow_up, methods=["POST"]),
    Route(f"{_PLAN}/versions", papers.versions, methods=["GET"]),
    Route(f"{_PLAN}/plan.pdf", papers.paper, methods=["GET"]),
    Route(f"{_PLAN}/plan.json", papers.export, methods=["GET"]),
    Route(f"{_PLAN}/plan.xml", papers.cda, methods=["GET"]),
    Route(f"{_PLAN}/depot", follow_up, methods=["GET"]),
    Route(f"{_PLAN}/depot", papers.deposit, methods=["POST"]),
    Route(f"{_PLAN}/etat", follow_up, methods=["GET"]),
    Route(f"{_PLAN}/avis", follow_up, methods=["GET"]),
    Route(f"{_PLAN}/etat", move, methods=["POST"]),
    Route(f"{_PLAN}/avis", answer, methods=["POST"]),
    Route(_ACTS, rounds.of_patient, methods=["GET"]),
    Route(_ACTS, rounds.write, methods=["POST"]),
    Route(f"{_ACTS}/{{number}}", rounds.of_patient, methods=["GET"]),
    Route(f"{_ACTS}/{{number}}", rounds.note, methods=["POST"]),
    Route("/soins-du-jour", kept(ROUND_HOURS)(rounds.today), methods=["GET"]),
    Route("/soins-du-jour.csv", rounds.today, methods=["GET"]),
    Route("/nomenclature-des-plans", nomenclature.show, methods=["GET"]),
    Route("/nomenclature-des-plans.csv", nomenclature.show, methods=["GET"]),
    Route("/nomenclature-des-plans", nomenclature.write, methods=["POST"]),
    Route("/mon-plan", own.show, methods=["GET"]),
    Route("/mes-actions", mine, methods=["GET"]),
    Route("/mes-actions.csv", mine, methods=["GET"]),
    Route("/mes-actions/{number}", show, methods=["GET"]),
    Route("/mes-actions/{number}", act, methods=["POST"]),
]
