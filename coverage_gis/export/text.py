"""Text from a hundred offices, made inert and kept whole."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

# Line breaks and other control characters (Cc), and Unicode's line and paragraph separators.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Marks that turn the direction of what follows, and the byte order mark: invisible.
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UNCLEAN: Final = re.compile("|".join(p.pattern for p in (_CONTROL, _DIRECTION, _SURROGATE)))
# Excel in Japanese also starts a formula at the full-width signs.
_FORMULA: Final = re.compile(r"^\s*[=+\-@＝＋－＠]")

# Unicode has two characters for what Shift_JIS has one for; Windows took the second of each.
_CP932_TWINS: Final = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")
_GETA: Final = "〓"


def is_text(series: pd.Series) -> bool:
    """Tell whether a column holds text."""
    return bool(pd.api.types.is_string_dtype(series.dtype) or series.dtype == object)


def plain(value: str) -> str:
    """Return ``value`` without control characters, direction marks and lone surrogates.

    Control characters become spaces, the marks go, a surrogate becomes U+FFFD; blanks at
    either end go too. Everything else stays as it is, HTML included: escaping is the affair of
    the format written.
    """
    if not _UNCLEAN.search(value):  # nearly always
        return value.strip()
    return _SURROGATE.sub("\ufffd", _DIRECTION.sub("", _CONTROL.sub(" ", value))).strip()


def plain_column(series: pd.Series) -> pd.Series:
    """Return a text column with each value as :func:`plain` has it; nulls stay.

    Each distinct value is cleaned once: columns repeat their few names many times.
    """
    if not is_text(series):
        return series
    cleaned = {v: plain(v) for v in series.dropna().unique() if isinstance(v, str)}
    changed = {old: new for old, new in cleaned.items() if old != new}
    return series.replace(changed) if changed else series


def no_formula(value: str) -> str:
    """Return ``value`` so that a spreadsheet shows it and never runs it.

    A text that begins with ``= + - @`` (or their full-width forms) gets an apostrophe in front,
    which is how Excel itself marks text (OWASP, CSV Injection). Codes and numbers of ours
    never begin so.
    """
    return f"'{value}" if _FORMULA.match(value) else value


def encode(value: str, encoding: str) -> tuple[bytes, bool]:
    """Return ``value`` in ``encoding``, and whether every character could be kept.

    In CP932 the twins of Unicode (〜 and ～ ...) are taken for the one Windows uses; a character
    it has not becomes 〓, the sign Japanese printers set for a missing type.
    """
    if encoding == "utf-8":
        return value.encode("utf-8"), True
    try:
        return value.translate(_CP932_TWINS).encode(encoding), True
    except UnicodeEncodeError:
        return b"".join(_encode_char(c, encoding) for c in value.translate(_CP932_TWINS)), False


def _encode_char(char: str, encoding: str) -> bytes:
    try:
        return char.encode(encoding)
    except UnicodeEncodeError:
        return _GETA.encode(encoding)


def chunks(value: str, encoding: str, limit: int) -> list[bytes]:
    """Split ``value`` into encoded parts of at most ``limit`` bytes, between characters.

    A part does not begin or end beside a blank where that can be helped: DBF keeps no blanks
    at the ends of a field. Joined, the parts are the value.
    """
    together = encode(value, encoding)[0]
    if len(together) <= limit:
        return [together]
    parts: list[bytes] = []
    rest = [encode(char, encoding)[0] for char in value]
    while rest:
        end, size = 0, 0
        while end < len(rest) and size + len(rest[end]) <= limit:
            size += len(rest[end])
            end += 1
        whole = end
        while 0 < end < len(rest) and b" " in (rest[end - 1], rest[end]):
            end -= 1
        end = end or whole
        parts.append(b"".join(rest[:end]))
        rest = rest[end:]
    return parts
