"""dBASE III files, the attribute half of a shapefile, with sizes and bytes under our control.

GDAL's writer takes no field sizes through pyogrio: it gives every number 24 places with 15
decimals, cuts texts at 254 bytes in silence and writes today's date. This one declares the
sizes of ``vacuum_fields``, lets a column grow rather than cut anything, and writes the same
bytes for the same table. Format: ESRI Shapefile Technical Description (1998); dBASE Table File
Format level 3 (bytes 1-3 date, 29 language driver).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis.errors import OutputError
from coverage_gis.export.about import STAMP
from coverage_gis.export.text import chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

TEXT_LIMIT: Final = 254
"""Bytes in a text field."""
_NUMBER_LIMIT: Final = 24
_INTEGER_LIMIT: Final = 18  # GDAL takes wider ones for reals
_PARTS_LIMIT: Final = 9
_LANGUAGE: Final = {"utf-8": 0x00, "cp932": 0x13}


@dataclass(frozen=True)
class DbfField:
    """One field: its declaration and its cells, all of ``width`` bytes."""

    name: str
    kind: bytes
    width: int
    decimals: int
    cells: Sequence[bytes]


def text_fields(name: str, values: pd.Series, *, width: int, encoding: str) -> list[DbfField]:
    """Return a text column as one field, or as several where a value exceeds 254 bytes.

    The further ones are called ``NAME2``, ``NAME3`` ...: joined, they are the whole text.
    Nulls are blank, as are empty texts: DBF cannot tell them apart.

    Raises
    ------
    OutputError
        If a value needs more than nine fields (2,286 bytes).
    """
    code, distinct = pd.factorize(values)
    split = [chunks(v, encoding, TEXT_LIMIT) for v in distinct]
    count = max(map(len, split), default=1)
    if count > _PARTS_LIMIT:
        raise OutputError(f"A text of column {name} is too long for a shapefile (2,286 bytes).")
    out = []
    for k in range(count):
        texts = [parts[k] if k < len(parts) else b"" for parts in split]
        size = max([width, *map(len, texts)])
        label = name if k == 0 else f"{name[:9]}{k + 1}"
        out.append(
            DbfField(label, b"C", size, 0, _cells(code, [t.ljust(size) for t in texts], size))
        )
    return out


def integer_field(name: str, values: pd.Series, *, width: int) -> DbfField:
    """Return a column of whole numbers; nulls are blank.

    Raises
    ------
    OutputError
        If a number has more than 18 digits.
    """
    code, distinct = pd.factorize(values)
    texts = [str(int(v)).encode("ascii") for v in distinct]
    size = max([width, *map(len, texts)])
    if size > _INTEGER_LIMIT:
        raise OutputError(f"A number of column {name} has more than {_INTEGER_LIMIT} digits.")
    return DbfField(name, b"N", size, 0, _cells(code, [t.rjust(size) for t in texts], size))


def real_field(name: str, values: pd.Series, *, width: int, decimals: int) -> DbfField:
    """Return a column of numbers, rounded to ``decimals``; nulls are blank.

    The column grows beyond ``width`` rather than cut a number.

    Raises
    ------
    OutputError
        If a value is infinite: our tables hold null and a status instead.
    """
    code, distinct = pd.factorize(values)
    texts = [_rounded(name, float(v), decimals) for v in distinct]
    size = max([width, *map(len, texts)])
    cells = _cells(code, [t.encode("ascii").rjust(size) for t in texts], size)
    return DbfField(name, b"N", size, decimals, cells)


def _cells(code: NDArray[np.intp], distinct: list[bytes], size: int) -> list[bytes]:
    """Return one cell per row of ``pd.factorize``'s codes; -1, null, is blank.

    Each distinct value is written once: columns repeat their few values many times.
    """
    cells = [*distinct, b" " * size]
    return [cells[c] for c in code.tolist()]


def _rounded(name: str, value: float, decimals: int) -> str:
    if math.isinf(value):
        raise OutputError(f"Column {name} holds an infinite value, which no file of ours may.")
    text = f"{value:.{decimals}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text if len(text) <= _NUMBER_LIMIT else repr(value)


def dbf_bytes(fields: Sequence[DbfField], rows: int, *, encoding: str) -> bytes:
    """Return the whole file for ``rows`` records; ``encoding`` is "utf-8" or "cp932".

    Raises
    ------
    OutputError
        If two fields share a name or one's is not 1 to 10 ASCII characters.
    """
    names = [field.name for field in fields]
    if len(set(names)) < len(names) or any(not (n.isascii() and 0 < len(n) <= 10) for n in names):
        raise OutputError(f"Field names of a shapefile must differ and be short: {names}.")
    header_size = 32 + 32 * len(fields) + 1
    record_size = 1 + sum(field.width for field in fields)
    year, month, day = (int(part) for part in STAMP[:10].split("-"))
    head = struct.pack(
        "<BBBBIHH17xB2x",
        *(0x03, year - 1900, month, day, rows, header_size, record_size, _LANGUAGE[encoding]),
    )
    descriptors = b"".join(
        struct.pack("<11sc4xBB14x", f.name.encode("ascii"), f.kind, f.width, f.decimals)
        for f in fields
    )
    records = b"".join(
        b" " + b"".join(cells) for cells in zip(*(f.cells for f in fields), strict=True)
    )
    return head + descriptors + b"\r" + records + b"\x1a"
