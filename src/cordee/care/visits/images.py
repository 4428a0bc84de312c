"""A photo as it is kept: a JPEG made anew, upright, without what the camera wrote in it. B4.8."""

from __future__ import annotations

import asyncio
import struct
import threading
from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from cordee.runtime.errors import Issue, ResourceInvalid

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a photo that is handed in."""
_PIXELS: Final = 50_000_000
_SIDE: Final = 2000
_QUALITY: Final = 85
_FORMATS: Final = ("JPEG", "PNG")
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a photo upright, by what the camera wrote of how it was held."""
_gate: Final = threading.Semaphore(2)
"""Photos that one worker makes anew at once: each takes the memory of its pixels."""
_UNREADABLE: Final = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, LookupError,
    ArithmeticError, struct.error, Image.DecompressionBombError,
)  # fmt: skip


async def cleaned(data: bytes) -> bytes:
    """The photo as a JPEG of at most 2000 pixels a side: no EXIF, no place, no comment.

    Raises `ResourceInvalid` for what is no JPEG or PNG, or is too large.
    """
    if not data:
        raise _refused("Choisissez une photo.")
    if len(data) > LARGEST:
        raise _refused("La photo fait 8 Mo au plus.")
    return await asyncio.to_thread(_made, data)


def _made(data: bytes) -> bytes:
    try:
        with _gate, Image.open(BytesIO(data), formats=_FORMATS) as found:
            if found.width * found.height > _PIXELS:
                raise _refused("La photo compte trop de points : prenez-la plus petite.")
            turn = _turn(found)
            # Small before all else: what follows takes the memory of what is kept.
            found.thumbnail((_SIDE, _SIDE))
            small = found.convert("RGB")
            upright = small if turn is None else small.transpose(turn)
            # Pixels alone go on: a new image has none of the notes of the former one.
            bare = Image.new("RGB", upright.size)
            bare.paste(upright)
            out = BytesIO()
            bare.save(out, "JPEG", quality=_QUALITY)
            return out.getvalue()
    except _UNREADABLE as error:
        raise _refused(
            "Ce fichier n’est pas une photo JPEG ou PNG que l’on puisse lire."
        ) from error


def _turn(found: Image.Image) -> Image.Transpose | None:
    """What sets a photo upright; None where nothing that can be read says how it was held."""
    try:
        return _TURNS.get(found.getexif().get(_ORIENTATION, 1))
    except _UNREADABLE:
        return None


def _refused(text: str) -> ResourceInvalid:
    return ResourceInvalid([Issue("error", "invalid", text, ("photo",))])
