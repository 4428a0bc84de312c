"""How citizens arrive: a code that was handed over opens an account, a mandate or one's own space.

A professional who has the patient before them, or the identity cell, gives the code of the space:
only for an identity that was verified from a paper. Rule: A2.1, E1.2; decision 0047.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cordee.access.acting import keep_acting
from cordee.access.labels import kind_of
from cordee.access.mandates import register
from cordee.access.mandates.kinds import Mandate, MandateKind, majority, natural_end
from cordee.access.mandates.naming import WRONG_CODE, Naming
from cordee.access.purposes import Kind
from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.accounts import citizens
from cordee.identity.accounts.entering import Entrance, Outcome
from cordee.identity.accounts.sessions import SCOPES, Origin
from cordee.identity.accounts.throttling import Throttle
from cordee.identity.ins.statuses import Status
from cordee.identity.patients.files import ACTING, File, Files
from cordee.identity.principal import CARER, Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, RuleBroken

_VERIFIED = frozenset({Status.VALI, Status.QUAL})
NOT_VERIFIED = "L’identité n’est pas vérifiée : contrôlez d’abord une pièce d’identité."
YOUNG = "Avant seize ans, ce sont ses représentants qui agissent : enregistrez-les."
OWN_SPACE = 16
"""From which age somebody has a space of their own: that of their own Vitale card."""
DEAD = "Cette personne est décédée : son espace ne s’ouvre pas."


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a code is for: a mandate, or the space of a patient (None)."""

    mandate: Mandate | None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The account that somebody asks for, in which session, from where."""

    login: str
    password: str
    session: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Arrived:
    """How it ended: the step of the session that is open, or which field was wrong."""

    step: str = ""
    login: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """The space of a patient: whether somebody has it, and why none may be opened now."""

    is_open: bool
    refusal: str


class Arriving:
    """Codes and accounts of citizens of one installation."""

    def __init__(
        self, database: Database, kernel: Kernel, naming: Naming, entrance: Entrance
    ) -> None:
        """`entrance` opens the sessions."""
        self._database = database
        self._kernel = kernel
        self._files = Files(kernel)
        self._naming = naming
        self._entrance = entrance
        self._throttle = Throttle(database)

    async def look(self, code: str, origin: Origin, at: datetime) -> Welcome | Outcome:
        """What a code is for now; else that it opens nothing, or how long to wait."""
        attempt = await self._throttle.count(f"invitation {origin.address}", origin.address, at)
        if isinstance(attempt, int):
            return Outcome(wait=attempt)
        welcome = await self._welcome(code, at)
        if welcome is None:
            return Outcome()
        await self._throttle.was_right(attempt)
        return welcome

    async def _welcome(self, code: str, at: datetime) -> Welcome | None:
        async with self._database.write.acquire() as connection:
            invited = await register.invitation(connection, code, at)
        if invited is None:
            return None
        if invited.mandate is None:
            return Welcome(None)
        mandate = await self._naming.offered(code, at)
        return Welcome(mandate) if mandate else None

    async def join(self, code: str, who: Newcomer, at: datetime) -> Arrived:
        """A new account that takes what the code is for, and its open session.

        Raises `RuleBroken` for a code that opens nothing.
        """
        try:
            login = citizens.checked_login(who.login, who.password)
        except InvalidRequest as error:
            return Arrived(wrong=error.message)
        stored = await self._entrance.passwords.hash(who.password)
        try:
            async with self._database.transaction() as connection:
                invited = await register.invitation(connection, code, at)
                if invited is None:
                    raise RuleBroken(WRONG_CODE)
                name = await self._name(connection, invited, at)
                account = await citizens.add_citizen(connection, login, name, at)
                await citizens.set_password(connection, account, stored, at)
                if invited.mandate is None:
                    await self._open(connection, (account, login), invited, at)
                else:
                    await self._naming.take_within(connection, newcomer(login, name), code, at)
                step = await self._entrance.admit(connection, account, 1, who.session, who.origin)
        except Conflict:
            return Arrived(wrong="taken")
        return Arrived(step, login)

    async def take(
        self, principal: Principal, account: int | None, code: str, at: datetime
    ) -> Welcome:
        """The signed-in citizen takes what a code is for; `account` is None in a demonstration.

        Raises `RuleBroken`.
        """
        async with self._database.transaction() as connection:
            invited = await register.invitation(connection, code, at)
            if invited is None:
                raise RuleBroken(WRONG_CODE)
            if invited.mandate is not None:
                mandate = await self._naming.take_within(connection, principal, code, at)
                return Welcome(mandate)
            if account is None or kind_of(principal) is not Kind.CARER:
                raise RuleBroken("Ce compte n’ouvre pas d’autre espace : créez le vôtre.")
            await self._open(connection, (account, principal.user), invited, at)
        return Welcome(None)

    async def space(self, principal: Principal, patient: str, at: datetime) -> Space:
        """Whether a patient has a space; raises `NotFound` for who does not reach the patient."""
        await self._naming.need_recorder(principal, patient, at)
        async with self._database.write.acquire() as connection:
            file = await self._files.get(connection, patient)
            login = await citizens.space_of(connection, patient, at)
        return Space(bool(login), _refusal(file, at))

    async def offer_space(
        self, principal: Principal, patient: str, at: datetime
    ) -> tuple[str, datetime]:
        """The code to hand to the patient, who was identified; raises `RuleBroken`."""
        space = await self.space(principal, patient, at)
        if space.is_open:
            raise RuleBroken("Cette personne a déjà un espace.")
        if space.refusal:
            raise RuleBroken(space.refusal)
        async with self._database.transaction() as connection:
            code, ends = await register.invite(connection, patient, None, principal.user, at)
            await self._trace(connection, principal, patient, "space offered")
        return code, ends

    async def close_space(self, principal: Principal, patient: str, at: datetime) -> None:
        """Ends a patient's space at once, with its sessions."""
        await self._naming.need_recorder(principal, patient, at)
        async with self._database.transaction() as connection:
            if not await citizens.close_space(connection, patient, principal.user, at):
                raise NotFound("there is no such space")
            await self._trace(connection, principal, patient, "space closed")

    async def _open(
        self,
        connection: Connection,
        who: tuple[int, str],
        invited: register.Invitation,
        at: datetime,
    ) -> None:
        account, login = who
        file = await self._files.get(connection, invited.patient)
        if _refusal(file, at):
            raise RuleBroken(_refusal(file, at))
        if not await register.use(connection, invited, login, at):
            raise RuleBroken(WRONG_CODE)
        await citizens.open_space(connection, account, login, invited.patient, at)
        await self._files.trace(connection, login, [file.pat], f"space opened {invited.patient}")

    async def _name(
        self, connection: Connection, invited: register.Invitation, at: datetime
    ) -> str:
        if invited.mandate is not None:
            mandate = await register.one(connection, invited.mandate, at)
            if mandate is None:
                raise RuleBroken(WRONG_CODE)
            return mandate.name
        file = await self._files.get(connection, invited.patient)
        traits = file.identity.traits
        return f"{traits.first_given_name} {traits.birth_name}".strip().title()

    async def _trace(
        self, connection: Connection, principal: Principal, patient: str, detail: str
    ) -> None:
        ACTING.set(await keep_acting(connection, self._kernel.keys, principal))
        pat = self._kernel.keys(f"Patient/{patient}")
        await self._files.trace(connection, principal.user, [pat], f"{detail} {patient}")


def newcomer(login: str, name: str) -> Principal:
    """Who has an account since a moment ago, and acts for nobody yet."""
    return Principal(login, name, CARER, citizens.PLACE, f"Person/{login}", SCOPES)


def _refusal(file: File, at: datetime) -> str:
    end = natural_end(MandateKind.CARER, file.patient)
    if end is not None and end <= at:
        return DEAD
    own = majority(str(file.patient.get("birthDate", "")), OWN_SPACE)
    if own is not None and own > at:
        return YOUNG
    identity = file.identity
    return "" if identity.status in _VERIFIED and not identity.is_untrusted else NOT_VERIFIED
