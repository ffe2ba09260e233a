"""Columns of integers and small JSON, packed for a page: each deflated by itself, then base64.

A pack is base64 of ``uint32, uint32`` (little-endian: bytes of the directory inflated, and
deflated), then the directory and the entries, each a zlib stream. Every part is filled up with
zeros to a multiple of three bytes, so that its base64 is a piece of the text that can be read by
itself: a page inflates what it shows, and a reader who looks at two of fifty columns waits for two.

The directory is a JSON list. An entry has ``name``, ``at`` and ``packed`` (bytes from the end of
the directory, and of its stream), and either

``n, planes, delta``
    ``n`` non-negative integers below 2**(8 * planes): all low bytes, then all second bytes, and so
    on (bytes of one place resemble each other and deflate well). With ``delta`` they are
    differences, zigzag-coded ((d << 1) ^ (d >> 31)), the first one from 0;
``bytes``
    UTF-8 JSON.

The counterpart is ``templates/bytes.js``, which inflates by itself: DecompressionStream is missing
in older browsers and asynchronous in newer ones, and one path that is always used is better tested
than a fallback.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis.errors import OutputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LIMIT = 2**31
"""Zigzag differences of integers below it fit 32 bits."""
_TRIAL_LEVEL = 1
_FINAL_LEVEL = 9
_HEAD = 9
"""Bytes of the two sizes, filled up."""


class Pack:
    """Collects columns and returns them as text."""

    def __init__(self) -> None:
        self._directory: list[dict[str, Any]] = []
        self._data: list[bytes] = []
        self._length = 0

    def ints(self, name: str, values: ArrayLike) -> None:
        """Add integers, as they are or as differences, whichever deflates better.

        Raises
        ------
        OutputError
            If one is negative or too large to be written.
        """
        numbers = np.asarray(values, dtype=np.int64)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= _LIMIT):
            raise OutputError(f"Map: column {name} has a value outside 0 to {_LIMIT - 1}.")
        plain = _planes(numbers)
        delta = _planes(_zigzag(np.diff(numbers, prepend=0)))
        use_delta = len(_deflated(delta[0])) < len(_deflated(plain[0]))
        data, planes = delta if use_delta else plain
        self._add({"name": name, "n": len(numbers), "planes": planes, "delta": use_delta}, data)

    def json(self, name: str, value: object) -> None:
        """Add anything JSON can say (NaN it cannot: use None)."""
        data = to_json(value).encode()
        self._add({"name": name, "bytes": len(data)}, data)

    def text(self) -> str:
        """Return the pack as base64."""
        directory = to_json(self._directory).encode()
        stream = zlib.compress(directory, _FINAL_LEVEL)
        sizes = struct.pack("<II", len(directory), len(stream))
        parts = [sizes.ljust(_HEAD, b"\0"), _filled(stream), *self._data]
        return base64.b64encode(b"".join(parts)).decode("ascii")

    def _add(self, entry: dict[str, Any], data: bytes) -> None:
        stream = zlib.compress(data, _FINAL_LEVEL)
        self._directory.append({**entry, "at": self._length, "packed": len(stream)})
        self._data.append(_filled(stream))
        self._length += len(self._data[-1])


def _filled(stream: bytes) -> bytes:
    """Return the bytes and zeros to a multiple of three: whole letters of base64."""
    return stream + bytes(-len(stream) % 3)


def to_json(value: object) -> str:
    """Return compact JSON; NaN and infinity raise ``ValueError`` since browsers refuse them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _zigzag(differences: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((differences << 1) ^ (differences >> 63), dtype=np.int64)


def _planes(values: NDArray[np.int64]) -> tuple[bytes, int]:
    """Return the bytes of ``values``, place by place, and the number of places."""
    top = int(values.max()) if values.size else 0
    planes = max(1, (top.bit_length() + 7) // 8)
    raw = values.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :planes]
    return raw.T.tobytes(), planes


def _deflated(data: bytes) -> bytes:
    return zlib.compress(data, _TRIAL_LEVEL)
