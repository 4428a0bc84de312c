"""The addresses of documents."""

from __future__ import annotations

from starlette.routing import Route

from cordee.web.documents import consulting, depositing, figures, queue, showing

_ONE = "/patients/{patient_id}/documents/{number}"
routes = [
    Route("/patients/{patient_id}/documents/deposer", depositing.form, methods=["GET"]),
    Route("/patients/{patient_id}/documents/deposer", depositing.deposit, methods=["POST"]),
    Route(_ONE, showing.show, methods=["GET"]),
    Route(f"{_ONE}/fichier", showing.file, methods=["GET"]),
    Route(f"{_ONE}/remplacer", depositing.new_version, methods=["GET"]),
    Route(f"{_ONE}/remplacer", depositing.replace, methods=["POST"]),
    Route(f"{_ONE}/retirer", showing.show, methods=["GET"]),
    Route(f"{_ONE}/retirer", depositing.withdraw, methods=["POST"]),
    Route("/patients/{patient_id}/dmp", consulting.show, methods=["GET"]),
    Route("/patients/{patient_id}/dmp/{number}", consulting.document, methods=["GET"]),
    Route("/patients/{patient_id}/dmp/{number}/fichier", consulting.file, methods=["GET"]),
    Route(queue.PATH, queue.show, methods=["GET"]),
    Route(queue.PATH, queue.act, methods=["POST"]),
    Route(f"{queue.PATH}.csv", queue.export, methods=["GET"]),
    Route(figures.PATH, figures.show, methods=["GET"]),
    Route(f"{figures.PATH}.csv", figures.export, methods=["GET"]),
]
