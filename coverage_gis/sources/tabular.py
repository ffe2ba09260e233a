"""Text of delimited files, whatever encoding the publisher chose."""

from __future__ import annotations

import codecs

from coverage_gis.errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ("utf-8", "cp932")


def decode(data: bytes, what: str) -> str:
    """Return ``data`` as text: UTF-8 (BOM or not), UTF-16 with a BOM, or CP932 (Shift_JIS).

    UTF-8 is tried first, since Japanese text in CP932 is next to never valid UTF-8.

    Parameters
    ----------
    data
        The whole content of a text file.
    what
        The file's name, for the message.

    Raises
    ------
    InputError
        If it is none of these; the message says where.
    """
    if b"\0" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{what} is not a text file: it holds binary zeros.")
    encodings = next(((name,) for bom, name in _BOMS if data.startswith(bom)), _GUESSES)
    position = 0
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            position = max(position, error.start)
    line = data.count(b"\n", 0, position) + 1
    raise InputError(
        f"{what} is neither UTF-8 nor CP932 (Shift_JIS) text: line {line} cannot be read; "
        "save it again as CSV UTF-8."
    )


def header(data: bytes) -> list[str]:
    """Return the first row's fields from the beginning of a file, [] if it is not text.

    ``data`` may be cut anywhere after the first line; what is cut is not looked at. Quotes
    and white space around names are removed; only commas and tabs separate.
    """
    first = data.split(b"\n", 1)[0]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        first = data[: len(data) // 2 * 2]
    try:
        line = decode(first, "").splitlines()[0]
    except (InputError, IndexError):
        return []
    separator = "\t" if "\t" in line and "," not in line else ","
    return [name.strip().strip('"').strip() for name in line.split(separator)]
