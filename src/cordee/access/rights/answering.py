"""The answer to a request of access or portability: one ZIP with all that is known of a person.

The record is read by the guard as the patient; who reads it for them is traced by their own name.
Rule: A6.3; articles 15 and 20 of the RGPD.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson

from cordee.access.acting import keep_acting
from cordee.access.guard import Guard
from cordee.access.registers.statements import history
from cordee.access.rights.requesting import EXPORTED, QUERIES, Act, Rights, RightsRequest
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.operations.everything import patient_everything
from cordee.fhir.store.scope import Scope
from cordee.identity.principal import PATIENT, Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import RuleBroken

_PAGES: Final = 500
_README: Final = """Vos données de santé dans Cordée
================================

Demande reçue le {asked}, réponse préparée le {made}.

- dossier.json : tout votre dossier ({count} éléments), au format FHIR R4 (Bundle). C’est un format
  ouvert et structuré : vous pouvez le donner à un autre service ou à un autre médecin.
- qui-a-vu.csv : qui a ouvert ou changé votre dossier, quand et en quelle qualité.
- choix.csv : ce que vous avez dit de votre dossier (oppositions, personnes écartées, masquages).
- empreintes.txt : SHA-256 de chaque fichier, pour vérifier que rien n’a été changé.

Les fichiers CSV s’ouvrent avec un tableur (séparateur point-virgule, UTF-8).

Vous pouvez demander une correction, l’effacement ou la limitation dans votre espace, page « Mes
droits », ou au délégué à la protection des données. Vous pouvez aussi saisir la CNIL, www.cnil.fr.
"""


class Answering:
    """Answers of one installation."""

    def __init__(self, database: Database, kernel: Kernel, guard: Guard, rights: Rights) -> None:
        """All parts are open."""
        self._database = database
        self._kernel = kernel
        self._guard = guard
        self._rights = rights

    async def archive(self, principal: Principal, request: RightsRequest, at: datetime) -> bytes:
        """The ZIP, for the DPO or whose request it is; `RuleBroken` before identity is proved."""
        request = await self._rights.one(principal, request.id)
        if request.right not in EXPORTED:
            raise RuleBroken("Cette demande n’appelle pas de copie du dossier.")
        if not request.step(Act.IDENTITY):
            raise RuleBroken("Vérifiez d’abord l’identité de la personne.")
        entries = await self._record(principal, request.patient)
        files = {"dossier.json": _bundle(entries, at)}
        async with self._database.transaction() as connection:
            files["qui-a-vu.csv"] = await self._who_saw(connection, request.patient)
            files["choix.csv"] = await _choices(connection, request.patient)
            files["LISEZMOI.txt"] = _readme(request, len(entries), at)
            made = _zipped(files)
            digest = f"sha256 {hashlib.sha256(made).hexdigest()}"
            said = (request.id, at, principal.user, Act.EXPORTED, digest)
            await connection.execute(QUERIES["step"], *said)
        return made

    async def _record(self, principal: Principal, patient: str) -> list[Any]:
        scope = await self._scope(principal, patient)
        pairs: list[tuple[str, str]] = [("_count", "5000")]
        entries: list[Any] = []
        for _ in range(_PAGES):
            body = await patient_everything(self._kernel, scope, patient, pairs)
            found = orjson.loads(body)
            entries += found.get("entry", [])
            following = [one["url"] for one in found["link"] if one["relation"] == "next"]
            if not following:
                break
            pairs = parse_qsl(urlsplit(following[0]).query)
        return entries

    async def _scope(self, principal: Principal, patient: str) -> Scope:
        """What the patient may see, read by whoever answers."""
        own = Principal(
            principal.user, principal.name, PATIENT, "", f"Patient/{patient}", ("user/*.rs",),
            level=2,
        )  # fmt: skip
        scope = await self._guard.scope(own)
        async with self._database.write.acquire() as connection:
            acting = await keep_acting(connection, self._kernel.keys, principal)
        return replace(scope, agent=principal.user, acting=acting)

    async def _who_saw(self, connection: Connection, patient: str) -> bytes:
        key = self._kernel.keys(f"Patient/{patient}")
        rows = await connection.fetch(QUERIES["who_saw"], key)
        head = ("Quand", "Qui", "Rôle", "Structure", "Action", "Détail")
        return _sheet(
            head,
            (
                (row["at"].astimezone(PARIS).isoformat(timespec="seconds"),
                 row["name"] or row["actor"], row["role"] or "", row["structure"] or "",
                 row["action"], row["detail"])
                for row in rows
            ),
        )  # fmt: skip


async def _choices(connection: Connection, patient: str) -> bytes:
    lines = await history(connection, patient, 10_000)
    head = ("Quand", "Quoi", "Sur", "Tient", "Jusqu’à", "Dit par")
    return _sheet(
        head,
        ((one.at.astimezone(PARIS).isoformat(timespec="seconds"), one.what, one.target,
          "oui" if one.holds else "non", one.until.isoformat() if one.until else "", one.said_by)
         for one in lines),
    )  # fmt: skip


def _bundle(entries: list[Any], at: datetime) -> bytes:
    kept = [{key: one[key] for key in ("fullUrl", "resource") if key in one} for one in entries]
    body = {
        "resourceType": "Bundle", "type": "collection", "timestamp": at.isoformat(), "entry": kept,
    }  # fmt: skip
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


def _readme(request: RightsRequest, count: int, at: datetime) -> bytes:
    days = {"asked": request.at, "made": at}
    told = {name: f"{one.astimezone(PARIS):%d/%m/%Y}" for name, one in days.items()}
    return _README.format(count=count, **told).encode()


def _sheet(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(head)
    writer.writerows([[_plain(one) for one in row] for row in rows])
    return ("\ufeff" + out.getvalue()).encode()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _zipped(files: dict[str, bytes]) -> bytes:
    sums = "".join(f"{hashlib.sha256(one).hexdigest()}  {name}\n" for name, one in files.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in {**files, "empreintes.txt": sums.encode()}.items():
            archive.writestr(name, body)
    return out.getvalue()
