"""Envelope keys: data keys seal what the database holds, a key of the folder wraps the data keys.

A sealed text is a form, the name of its data key, a nonce of 96 bits and AES-256-GCM over the
packed text; the place where it lies is authenticated with it, so that it opens nowhere else. Data
keys lie wrapped in the table `data_key`; what wraps them lies in `CORDEE_KEYS` alone.
Requirement A6.2; decision 0043.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cordee.runtime.database import AWAY, Connection
from cordee.runtime.errors import ProductError, Unavailable
from cordee.runtime.keys import made_once
from cordee.runtime.packing import packed, unpacked

FRESH_SECONDS: Final = 30.0
"""How long a process may go on sealing with the former data key after a rotation."""
_SIZE, _NAME, _NONCE = 32, 8, 12
_HEAD: Final = 1 + _NAME
_ROWS: Final = "SELECT number, name, wrapped, wrapping FROM data_key ORDER BY number"
_FIRST: Final = "SELECT first_data_key($1, $2, $3)"
_AGAIN_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 2.0
_MOST_ASKED: Final = 1000
_LOOK_SECONDS: Final = FRESH_SECONDS / 3
_log = structlog.get_logger("cordee.envelopes")
Connect = Callable[[], AbstractAsyncContextManager[Connection]]


class KeyMissing(Unavailable):
    """A key that is needed is not in the folder of keys; the message names it."""


class SealBroken(ProductError):
    """What is stored was not sealed for the place where it lies, or was changed."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key that seals: its number in `dict`, its name in what it sealed."""

    number: int
    name: bytes
    box: AESGCM


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A row of `data_key`."""

    number: int
    name: bytes
    wrapped: bytes
    wrapping: str


_known: Final[dict[bytes, AESGCM]] = {}
"""By name, for the whole process: names are random, so installations do not meet."""
_rings: Final[list[Ring]] = []
_asking = Lock()


def opened(sealed: bytes, place: str) -> bytes:
    """What was sealed for this place.

    Raises `KeyMissing` when no key of this name is known, `SealBroken` when the text was changed or
    belongs elsewhere. Neither says, nor logs, anything of the text.
    """
    with _told(sealed, place):
        return unpacked(sealed[0], _decrypted(sealed, place))


def key_name(sealed: bytes) -> bytes:
    """The name of the data key that sealed a text."""
    return sealed[1:_HEAD]


def _decrypted(sealed: bytes, place: str) -> bytes:
    """The packed text."""
    name = key_name(sealed)
    box = _known.get(name) or _look_again(name)
    if box is None:
        _log.error("data_key_missing", place=place, key=name.hex())
        raise KeyMissing(
            f"{place}: the data key {name.hex()} that sealed it is not known to this installation;"
            " put back its row of data_key and the key that wraps it"
        )
    nonce, rest = sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
    return box.decrypt(nonce, rest, _bound(sealed[:_HEAD], place))


@contextlib.contextmanager
def _told(sealed: bytes, place: str) -> Iterator[None]:
    """Says of what does not open that it was changed, or belongs elsewhere."""
    try:
        yield
    except (InvalidTag, ValueError, IndexError, zlib.error) as error:
        _log.error("seal_broken", place=place, key=key_name(sealed).hex())
        raise SealBroken(
            f"{place}: what is stored here was not sealed for this place, or was changed; nothing"
            " of it is shown, tell who runs this installation"
        ) from error


class Ring:
    """The data keys of one installation; what it seals with is the newest."""

    def __init__(self, folder: Path, connect: Connect) -> None:
        """`connect` gives a connection of its own, for another thread's loop too."""
        self._folder = folder
        self._connect = connect
        self._keys: dict[int, DataKey] = {}
        self._read = 0.0
        self._asked: dict[bytes, float] = {}

    @property
    def current(self) -> DataKey:
        """The newest data key; open."""
        return self._keys[max(self._keys)]

    @property
    def numbers(self) -> Mapping[int, DataKey]:
        """All data keys by number."""
        return self._keys

    async def open(self, connection: Connection) -> None:
        """Takes the data keys up; the first one is made. Raises `KeyMissing` with its name."""
        rows = await _rows(connection)
        if not rows:
            name, key = os.urandom(_NAME), os.urandom(_SIZE)
            wrapping = wrapping_name(1)
            first = wrap(wrapping_key(self._folder, wrapping, make=True), 1, name, key)
            await connection.execute(_FIRST, name, first, wrapping)
            rows = await _rows(connection)
        self._take(rows)
        if self not in _rings:
            _rings.append(self)

    def close(self) -> None:
        """Looks for no more keys; what it opened stays open."""
        if self in _rings:
            _rings.remove(self)

    async def refresh(self, connection: Connection, *, now: bool = False) -> None:
        """Learns of a new data key, at most some seconds after it was made."""
        if now or time.monotonic() - self._read > FRESH_SECONDS:
            self._take(await _rows(connection))

    async def keep_fresh(self, connect: Connect) -> None:
        """Learns of new data keys until cancelled: one that is never read may be sealed with."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                async with connect() as connection:
                    await self.refresh(connection, now=True)
            except (ProductError, *AWAY) as error:
                _log.warning("data_keys_not_read", reason=str(error))

    def seal(self, plain: bytes, place: str) -> tuple[int, bytes]:
        """Number of the data key, and the text sealed for this place."""
        return self._sealed(*packed(plain), place)

    def seal_again(self, sealed: bytes, place: str) -> tuple[int, bytes]:
        """Number of the newest data key, and what was sealed for this place sealed by it.

        Packed as it was, so its form and its length stay. Raises what `opened` raises.
        """
        with _told(sealed, place):
            return self._sealed(sealed[0], _decrypted(sealed, place), place)

    def _sealed(self, form: int, short: bytes, place: str) -> tuple[int, bytes]:
        key = self.current
        head = bytes((form,)) + key.name
        nonce = os.urandom(_NONCE)
        return key.number, head + nonce + key.box.encrypt(nonce, short, _bound(head, place))

    def _take(self, rows: Sequence[Wrapped]) -> None:
        for row in rows:
            if row.number not in self._keys:
                box = AESGCM(unwrap(self._folder, row))
                self._keys[row.number] = DataKey(row.number, row.name, box)
                _known[row.name] = box
        self._read = time.monotonic()

    def look_for(self, name: bytes) -> None:
        """Reads the data keys again, from another thread: a rotation elsewhere made a new one."""
        now = time.monotonic()
        if now - self._asked.get(name, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            return
        if len(self._asked) > _MOST_ASKED:
            self._asked.clear()
        self._asked[name] = now

        async def read() -> None:
            # The loop of who asks stands still meanwhile.
            async with asyncio.timeout(_LONGEST_SECONDS), self._connect() as connection:
                self._take(await _rows(connection))

        try:
            asyncio.run(read())
        except (ProductError, TimeoutError) as error:
            _log.error("data_keys_not_read", reason=str(error))


def wrapping_name(number: int) -> str:
    """Name of the file of a wrapping key."""
    return f"body-{number}.key"


def wrapping_key(folder: Path, name: str, *, make: bool = False) -> bytes:
    """A wrapping key of the folder; raises `KeyMissing` when it is not there and not to be made."""
    path = folder / name
    if not make and not path.exists():
        raise KeyMissing(
            f"{path}: this key wraps the keys that sealed the bodies, and it is not here; put it"
            " back from where your keys are kept: without it nothing sealed can be read"
        )
    return made_once(folder, name, lambda: os.urandom(_SIZE))


def wrap(key: bytes, number: int, name: bytes, data_key: bytes) -> bytes:
    """A data key under a wrapping key, for its row alone."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data_key, f"data_key/{number}/".encode() + name)


def unwrap(folder: Path, row: Wrapped) -> bytes:
    """The data key of a row; raises `KeyMissing` when its wrapping key is not here, or another."""
    key = wrapping_key(folder, row.wrapping)
    try:
        return AESGCM(key).decrypt(
            row.wrapped[:_NONCE],
            row.wrapped[_NONCE:],
            f"data_key/{row.number}/".encode() + row.name,
        )
    except (InvalidTag, ValueError) as error:
        raise KeyMissing(
            f"{folder / row.wrapping}: this is not the key that wrapped data key {row.number}; put"
            " back the one of this installation"
        ) from error


def wrapped_row(row: Mapping[str, Any]) -> Wrapped:
    """A row of `data_key` as what it is."""
    return Wrapped(row["number"], row["name"], row["wrapped"], row["wrapping"])


async def _rows(connection: Connection) -> list[Wrapped]:
    return [wrapped_row(row) for row in await connection.fetch(_ROWS)]


def _bound(head: bytes, place: str) -> bytes:
    return head + place.encode()


def _look_again(name: bytes) -> AESGCM | None:
    """Asks all rings, out of the loop that waits: once for each new key in a process's life."""
    with _asking:
        for ring in _rings:
            if name not in _known:
                asking = Thread(target=ring.look_for, args=(name,))
                asking.start()
                asking.join()
    return _known.get(name)
