"""Two files of one person made one: proposed by one, decided by another, undone within thirty days.

What refers to the file that goes follows; that file stays, out of use, with a link to the other, so
that its number is still known. Rules: A1.7; decision 0028.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.model.definitions import type_name
from cordee.fhir.store.identifiers import new_id
from cordee.identity.ins.matricule import is_national
from cordee.identity.ins.proofs import Proof
from cordee.identity.ins.statuses import Status
from cordee.identity.patients.files import (
    QUERIES,
    Change,
    File,
    Files,
    Json,
    need_cell,
)
from cordee.identity.patients.light import is_under_pseudonym
from cordee.identity.patients.moving import Held, Mover
from cordee.identity.patients.qualifying import keep_proof
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection
from cordee.runtime.errors import NotFound, ProductError, RuleBroken

REVERSIBLE = timedelta(days=30)
AGENT = "cordee"
_UNFREEZES = "SET LOCAL cordee.splits = 'on'"
_SHORTEST = 10
_GONE = "replaced-by"
_KEPT = "replaces"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two files that somebody says are of one person; the first one stays."""

    kept: str
    gone: str
    motive: str
    task: int | None = None


class Fusing:
    """Fusions and what undoes them."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._files = Files(kernel)
        self._mover = Mover(kernel)

    async def propose(self, principal: Principal, proposal: Proposal) -> int:
        """Number of the proposal; nothing is changed yet.

        Raises `RuleBroken` for files that cannot be of one person, or one that is replaced already.
        """
        need_cell(principal)
        if len(proposal.motive.strip()) < _SHORTEST:
            raise RuleBroken("Dites en dix caractères au moins pourquoi c’est une seule personne.")
        async with self._kernel.database.transaction() as connection:
            await self._pair(connection, proposal.kept, proposal.gone)
            waiting = await connection.fetchval(
                QUERIES["open_fusion"], [proposal.kept, proposal.gone]
            )
            if waiting is not None:
                raise RuleBroken("Une fusion de l’un de ces dossiers attend déjà sa validation.")
            made = await connection.fetchrow(
                QUERIES["propose_fusion"], proposal.kept, proposal.gone, proposal.task,
                proposal.motive.strip(), principal.user,
            )  # fmt: skip
        return int(made["n"]) if made else 0

    async def refuse(self, principal: Principal, number: int, note: str) -> None:
        """The other person's no: both files stay as they are."""
        need_cell(principal)
        async with self._kernel.database.transaction() as connection:
            await self._open(connection, number, principal)
            await connection.execute(
                QUERIES["decide_fusion"], number, principal.user, False, note.strip()
            )

    async def accept(self, principal: Principal, number: int, proof: Proof) -> int:
        """The other person's yes, with the document that was seen; how many resources followed.

        Raises `RuleBroken` for who proposed it, or a document that proves nothing.
        """
        need_cell(principal)
        async with self._kernel.database.transaction() as connection:
            row = await self._open(connection, number, principal)
            kept, gone = await self._pair(connection, row["kept"], row["gone"])
            await keep_proof(connection, kept.id, proof, None, None)
            with table_rules({"two_people": "celui qui propose ne valide pas"}):
                await connection.execute(QUERIES["decide_fusion"], number, principal.user, True, "")
            moved = await self._join(connection, number, (kept, gone), principal.user)
            if row["task"] is not None:
                await connection.execute(
                    QUERIES["end_task"], row["task"], principal.user, "fusion", f"fusion {number}"
                )
        return moved

    async def undo(self, principal: Principal, number: int, motive: str) -> int:
        """Both files as they were, each with its own timeline; how many resources went back.

        Raises `RuleBroken` after thirty days, or for what is not joined.
        """
        need_cell(principal)
        if len(motive.strip()) < _SHORTEST:
            raise RuleBroken("Dites en dix caractères au moins pourquoi la fusion est défaite.")
        async with self._kernel.database.transaction() as connection:
            row = await self._row(connection, number)
            if not row["accepted"] or row["undone_at"] is not None:
                raise RuleBroken("Cette fusion n’est pas en place.")
            if clock.now() > row["decided_at"] + REVERSIBLE:
                raise RuleBroken("Une fusion se défait dans les trente jours.")
            await connection.execute(_UNFREEZES)
            back = await self._part(connection, row, principal.user)
            await connection.execute(QUERIES["undo_fusion"], number, principal.user, motive.strip())
        return back

    async def follow(self, after: int, upto: int) -> int:
        """What was written meanwhile to files that had gone follows too; how many resources."""
        async with self._kernel.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["late"], after, upto)
        for row in rows:
            # Frozen, or written at this moment: what is written next brings it here again.
            with contextlib.suppress(ProductError):
                await self._follow_one(row)
        return len(rows)

    async def _follow_one(self, row: Mapping[str, Any]) -> None:
        async with self._kernel.database.transaction() as connection:
            name = (type_name(row["type"]), row["id"])
            held = await self._mover.current(connection, [name])
            way = (row["gone"], row["kept"])
            for one, version in await self._mover.relink(connection, held, way, AGENT):
                await connection.execute(
                    QUERIES["keep_moved"], row["fusion"], [one.type], [one.id], [version]
                )

    async def kept_for(self, patient: str) -> str:
        """The file that a patient's file went into; empty when it stands by itself."""
        async with self._kernel.database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["fusion_of"], patient)
        return row["kept"] if row else ""

    async def _join(
        self, connection: Connection, number: int, pair: tuple[File, File], by: str
    ) -> int:
        kept, gone = pair
        held = await self._mover.referring(connection, gone.id)
        done = await self._mover.relink(connection, held, (gone.id, kept.id), by)
        bodies = [
            Change("Patient", kept.id, orjson.dumps(_keeping(kept, gone)), kept.version),
            Change("Patient", gone.id, orjson.dumps(_leaving(gone, kept)), gone.version),
            *_team(pair, number),
        ]
        versions = await self._files.write(connection, bodies, by)
        moved = [(one.type, one.id, version) for one, version in done]
        moved += [
            (one.type, one.id, version) for one, version in zip(bodies, versions, strict=True)
        ]
        await connection.execute(
            QUERIES["keep_moved"], number, *map(list, zip(*moved, strict=True))
        )
        await connection.execute(QUERIES["join_files"], gone.pat, gone.id, kept.id, number)
        detail = f"identity fusion {number}, {len(done)} resources"
        await self._files.trace(connection, by, [kept.pat, gone.pat], detail)
        return len(done)

    async def _part(self, connection: Connection, row: Mapping[str, Any], by: str) -> int:
        """What followed goes back: as it was where nobody wrote since, else by its link alone."""
        await connection.execute(QUERIES["part_files"], row["n"])
        rows = await connection.fetch(QUERIES["moved"], row["n"])
        versions = {(one["type"], one["id"]): one["ver"] for one in rows}
        held = await self._mover.current(connection, list(versions))
        same = [one for one in held if one.version == versions[one.type, one.id]]
        changed = [one for one in held if one.version != versions[one.type, one.id]]
        bodies = [
            (one, await self._mover.former(connection, one, one.version - 1))
            for one in same
            if one.type != "Patient" and one.version > 1
        ]
        done = await self._mover.replace(connection, bodies, by)
        way = (row["kept"], row["gone"])
        others = [one for one in changed if one.type != "Patient"]
        done += await self._mover.relink(connection, others, way, by)
        await self._restore(connection, row, versions, by)
        await self._close_team(connection, [one for one in held if _is_team(one, row["n"])], by)
        detail = f"identity fusion {row['n']} undone, {len(done)} resources"
        pats = [self._kernel.keys(f"Patient/{row[name]}") for name in ("kept", "gone")]
        await self._files.trace(connection, by, pats, detail)
        return len(done)

    async def _restore(
        self,
        connection: Connection,
        row: Mapping[str, Any],
        versions: Mapping[tuple[str, str], int],
        by: str,
    ) -> None:
        """Both Patients without what the fusion added, and nothing else."""
        kept = await self._files.get(connection, row["kept"])
        gone = await self._files.get(connection, row["gone"])
        before = await self._before(connection, kept, versions)
        await self._files.change(connection, kept, lambda one: _apart(one, gone, before), by)
        first = await self._before(connection, gone, versions)
        await self._files.change(connection, gone, lambda one: _back(one, first), by)

    async def _before(
        self, connection: Connection, file: File, versions: Mapping[tuple[str, str], int]
    ) -> Json:
        held = Held("Patient", file.id, file.rid, file.version, b"")
        body = await self._mover.former(connection, held, versions["Patient", file.id] - 1)
        return orjson.loads(body)

    async def _close_team(self, connection: Connection, held: Sequence[Held], by: str) -> None:
        """The care team that stood for the structures of the other file ends."""
        for one in held:
            body = orjson.loads(one.body) | {"status": "entered-in-error"}
            body.pop("participant", None)
            await self._mover.replace(connection, [(one, orjson.dumps(body))], by)

    async def _pair(self, connection: Connection, kept: str, gone: str) -> tuple[File, File]:
        if kept == gone:
            raise RuleBroken("Une fusion réunit deux dossiers.")
        pair = (
            await self._files.get(connection, kept),
            await self._files.get(connection, gone),
        )
        for file in pair:
            if any(one.get("type") == _GONE for one in file.patient.get("link", ())):
                raise RuleBroken("L’un des deux dossiers est déjà réuni à un autre.")
            if is_under_pseudonym(file.patient):
                raise RuleBroken(
                    "L’un des dossiers est léger, sous un pseudonyme : il ne se réunit à aucun "
                    "autre tant que la personne n’a pas souhaité donner son identité."
                )
        one, two = (file.identity for file in pair)
        if {one.status, two.status} == {Status.QUAL} and one.ins != two.ins:
            raise RuleBroken("Deux identités qualifiées de matricules différents : deux personnes.")
        return pair

    async def _open(
        self, connection: Connection, number: int, principal: Principal
    ) -> Mapping[str, Any]:
        row = await self._row(connection, number)
        if row["decided_by"] is not None:
            raise RuleBroken("Cette fusion a déjà été décidée.")
        if row["proposed_by"] == principal.user:
            raise RuleBroken("Une autre personne que celle qui propose doit valider.")
        return row

    async def _row(self, connection: Connection, number: int) -> Mapping[str, Any]:
        row = await connection.fetchrow(QUERIES["fusion"], number)
        if row is None:
            raise NotFound("there is no such fusion")
        return row


def _keeping(kept: File, gone: File) -> Json:
    """The file that stays: a link to the other, and its local numbers as old ones."""
    patient = dict(kept.patient)
    known = {(one.get("system"), one.get("value")) for one in patient.get("identifier", ())}
    added = [
        {**one, "use": "old"}
        for one in gone.patient.get("identifier", ())
        if not is_national(str(one.get("system", "")))
        and (one.get("system"), one.get("value")) not in known
    ]
    patient["identifier"] = [*patient.get("identifier", ()), *added]
    patient["link"] = [*patient.get("link", ()), _link(gone.id, _KEPT)]
    return {name: value for name, value in patient.items() if value != []}


def _leaving(gone: File, kept: File) -> Json:
    """The file that goes: out of use, with a link to the one that stays."""
    links = [*gone.patient.get("link", ()), _link(kept.id, _GONE)]
    return {**gone.patient, "active": False, "link": links}


def _apart(patient: Json, gone: File, before: Json) -> Json:
    """The file that stayed, without the link and the numbers of the other."""
    own = before.get("identifier", ())
    theirs = [{**one, "use": "old"} for one in gone.patient.get("identifier", ())]
    kept = [one for one in patient.get("identifier", ()) if one in own or one not in theirs]
    return _without_link(patient | {"identifier": kept}, gone.id)


def _back(patient: Json, before: Json) -> Json:
    """The file that had gone, in use again as it was."""
    links = {one["other"]["reference"] for one in before.get("link", ()) if "other" in one}
    kept = [
        one for one in patient.get("link", ()) if one.get("other", {}).get("reference") in links
    ]
    made = {**patient, "link": kept}
    made.pop("active", None)
    if "active" in before:
        made["active"] = before["active"]
    return {name: value for name, value in made.items() if value != []}


def _without_link(patient: Json, other: str) -> Json:
    target = f"Patient/{other}"
    kept = [
        one
        for one in patient.get("link", ())
        if not (one.get("type") == _KEPT and one.get("other", {}).get("reference") == target)
    ]
    made = {**patient, "link": kept}
    return {name: value for name, value in made.items() if value != []}


def _link(other: str, kind: str) -> Json:
    return {"other": {"reference": f"Patient/{other}"}, "type": kind}


def _team(pair: tuple[File, File], number: int) -> list[Change]:
    """Who was in the circle by the file that goes stays in that of the person."""
    kept, gone = pair
    found = [gone.patient.get("managingOrganization"), *gone.patient.get("generalPractitioner", ())]
    members = [one["reference"] for one in found if one and "reference" in one]
    team = {
        "resourceType": "CareTeam",
        "status": "active",
        "name": _team_name(number),
        "subject": {"reference": f"Patient/{kept.id}"},
        "participant": [{"member": {"reference": one}} for one in dict.fromkeys(members)],
    }
    return [Change("CareTeam", new_id(), orjson.dumps(team), 0)] if members else []


def _team_name(number: int) -> str:
    return f"Équipe du dossier réuni (fusion {number})"


def _is_team(held: Held, number: int) -> bool:
    return held.type == "CareTeam" and orjson.loads(held.body).get("name") == _team_name(number)
