"""Where the pages of campaigns are."""

from __future__ import annotations

from starlette.routing import Route

from cordee.care.campaigns.sending import PATH as LINK
from cordee.web.campaigns import acts, answering, board, figures, groups, kits, own
from cordee.web.campaigns.entrance import GROUPS, PATH

routes = [
    Route(PATH, board.index, methods=["GET"]),
    Route(f"{PATH}/nouvelle", board.new, methods=["GET"]),
    Route(f"{PATH}/nouvelle", board.add, methods=["POST"]),
    Route(kits.KITS, kits.index, methods=["GET"]),
    Route(kits.KITS, kits.take, methods=["POST"]),
    Route(f"{kits.KITS}/{{kit}}.json", kits.give, methods=["GET"]),
    Route(f"{PATH}/{{number}}", board.show, methods=["GET"]),
    Route(f"{PATH}/{{number}}", board.act, methods=["POST"]),
    Route(f"{PATH}/{{number}}/mes-patients", own.show, methods=["GET"]),
    Route(f"{PATH}/{{number}}/mes-patients", own.act, methods=["POST"]),
    Route(f"{PATH}/{{number}}/mes-patients.csv", own.show, methods=["GET"]),
    Route(f"{PATH}/{{number}}/courriers", own.letters, methods=["POST"]),
    Route(f"{PATH}/{{number}}/suivi", figures.show, methods=["GET"]),
    Route(f"{PATH}/{{number}}/suivi.csv", figures.show, methods=["GET"]),
    Route(f"{PATH}/{{number}}/bilan", figures.report, methods=["GET"]),
    Route(f"{PATH}/{{number}}/bilan", figures.account, methods=["POST"]),
    Route(GROUPS, groups.index, methods=["GET"]),
    Route(GROUPS, groups.share, methods=["POST"]),
    Route(f"{GROUPS}/{{number}}", groups.show, methods=["GET"]),
    Route(f"{GROUPS}/{{number}}", groups.close, methods=["POST"]),
    Route(f"{LINK}{{secret}}", answering.show, methods=["GET"]),
    Route(f"{LINK}{{secret}}", answering.answer, methods=["POST"]),
    Route(answering.MINE, answering.mine, methods=["GET"]),
    Route(acts.PATIENT, acts.show, methods=["GET"]),
    Route(acts.PATIENT, acts.enter, methods=["POST"]),
]
