"""The blocks of a PBF file: where they are, and what their headers say.

Format: https://wiki.openstreetmap.org/wiki/PBF_Format.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_FEATURES = {b"OsmSchema-V0.6", b"DenseNodes"}
"""Features that a file may require of `osm_pbf`."""
_LOCATIONS = b"LocationsOnWays"
_MOST_HEADER, _MOST_BLOCK = 64 * 1024, 32 * 1024 * 1024
"""Bytes that the format allows at most."""
_MOST_ID = 2**63 - 1


class UnusualFileError(Exception):
    """The file is not as nearly all are, or is damaged: libosmium is to say which."""


class DamagedFileError(Exception):
    """The file is damaged in a way that libosmium does not look for: it reads on, or stops."""


@dataclass(frozen=True)
class Blob:
    """Where a block's data lie in the file, bytes."""

    start: int
    size: int


def blobs(file: BinaryIO, size: int) -> tuple[Blob, list[Blob]]:
    """Return the header block and the data blocks of a file of ``size`` bytes."""
    header: Blob | None = None
    data: list[Blob] = []
    at = 0
    while at < size:
        file.seek(at)
        length = int.from_bytes(file.read(4), "big")
        if length == 0 and header is not None:
            # libosmium takes it for the file's end: a download into a file of the final size
            raise DamagedFileError(f"from byte {at:,} on there is no block")
        if not 0 < length <= _MOST_HEADER:
            raise UnusualFileError("no PBF file")
        kind, blob_size = "", -1
        for number, value in fields(file.read(length)):
            if number == 1 and isinstance(value, bytes):
                kind = value.decode("latin-1")
            elif number == 3 and isinstance(value, int):
                blob_size = value
        at += 4 + length
        if not 0 <= blob_size <= _MOST_BLOCK or at + blob_size > size:
            raise UnusualFileError("file cut off")
        if kind == "OSMHeader":
            header = Blob(at, blob_size)
        elif kind == "OSMData":
            data.append(Blob(at, blob_size))
        at += blob_size
    if header is None:
        raise UnusualFileError("no header")
    return header, data


def contents(raw: bytes) -> bytes:
    """Return what is in a block, unpacked."""
    for number, value in fields(raw):
        if number == 1 and isinstance(value, bytes):
            return value
        if number == 3 and isinstance(value, bytes):
            return _unpacked(value)
    raise UnusualFileError("other compression")


def _unpacked(value: bytes) -> bytes:
    """Return what zlib packed, at most as many bytes as the format allows."""
    unpacking = zlib.decompressobj()
    try:
        out = unpacking.decompress(value, _MOST_BLOCK)
    except zlib.error as error:
        raise UnusualFileError(str(error)) from error
    if not unpacking.eof:
        raise UnusualFileError("block cut off, or larger than the format allows")
    return out


def edition(header: bytes) -> str:
    """Return the timestamp in a file's header, "" without one.

    Raises
    ------
    UnusualFileError
        If the file has what only libosmium reads: history, or positions on its ways; or a
        timestamp that is none.
    """
    out = ""
    for number, value in fields(header):
        if number == 4 and value not in _FEATURES:
            raise UnusualFileError("other features")
        if number == 5 and value == _LOCATIONS:
            raise UnusualFileError("locations on ways")
        if number == 32 and isinstance(value, int):
            try:
                out = datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            except (ValueError, OverflowError, OSError) as error:
                raise UnusualFileError("no timestamp") from error
    return out


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of the fields of a short message.

    Raises
    ------
    UnusualFileError
        If it is cut off.
    """
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        if key & 7 == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size, at = (8, at) if key & 7 == 1 else (4, at) if key & 7 == 5 else _varint(message, at)
        if key & 7 not in (1, 2, 5) or at + size > end:
            raise UnusualFileError("field cut off")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise UnusualFileError("number cut off")


def numbers(message: bytes) -> list[int]:
    """Return a packed list of unsigned numbers."""
    out, at = [], 0
    while at < len(message):
        value, at = _varint(message, at)
        out.append(value)
    return out


def deltas(message: bytes) -> list[int]:
    """Return a packed list of zigzag-coded differences, summed up; int64 holds each.

    Raises
    ------
    UnusualFileError
        If it is cut off, or a sum is more than an id can be.
    """
    out, total = [], 0
    for coded in numbers(message):
        total += (coded >> 1) ^ -(coded & 1)
        if not -_MOST_ID <= total <= _MOST_ID:
            raise UnusualFileError("no id")
        out.append(total)
    return out
