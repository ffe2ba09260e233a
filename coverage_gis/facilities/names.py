"""Names as people and data sets write them, made comparable."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

# After NFKC and casefold. Brackets go, what they hold stays: 富崎（西ルート） is not 富崎.
_NOISE = re.compile(r"[\s()\[\]{}<>「」『』【】〔〕〈〉《》・,.'\"/_‐‑‒–—―-]+")
# 3番のりば, のりば3, [2]: which pole of a stop, not which stop.
_POLE = re.compile(r"(第?[0-9]+番?(のりば|乗り場|乗場|番線)|(のりば|乗り場|乗場)[0-9]*)$")
_STOP_WORD = re.compile(r"(バス)?停留所$|バス停$|停留場$")
_SMALL_KANA = str.maketrans({"ヶ": "ケ", "ヵ": "カ", "ﾞ": "", "ﾟ": ""})


def comparable(name: str) -> str:
    """Return a key that is equal for the same name written differently.

    Full and half width (NFKC), upper and lower case, white space, brackets, dots, dashes,
    ヶ and ケ, a trailing 停留所 or バス停 and a trailing number of the pole (3番のりば) make
    no difference. Empty for a name of nothing else.
    """
    text = unicodedata.normalize("NFKC", name).casefold().translate(_SMALL_KANA)
    text = _NOISE.sub("", text)
    shorter = _STOP_WORD.sub("", _POLE.sub("", text))
    return shorter or text


def comparable_names(names: Iterable[str]) -> pd.Series:
    """Return :func:`comparable` of each name, each distinct one worked out once."""
    series = pd.Series(names, dtype="str").fillna("")
    keys = {name: comparable(name) for name in series.unique()}
    return series.map(keys).astype("str")
