"""Fields of GTFS files as numbers, and the account of rows that have none."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TIME = re.compile(r"(\d{1,3}):([0-5]?\d)(?::([0-5]?\d))?")
_DATE = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})")
_LARGEST = 2**31 - 1


@dataclass
class Account:
    """Counts what is read and dropped while a feed is read."""

    rows: Mapping[str, int]
    dropped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Rows in all files together."""
        return sum(self.rows.values())

    def note(self, sentence: str) -> None:
        """Add a sentence for the user."""
        self.notes.append(sentence)

    def keep(self, frame: pd.DataFrame, good: pd.Series, reason: str) -> pd.DataFrame:
        """Return the good rows and count the others."""
        bad = int((~good).sum())
        if bad:
            self.dropped[reason] = self.dropped.get(reason, 0) + bad
            return frame[good]
        return frame

    def first_of(self, frame: pd.DataFrame, file: str, key: str) -> pd.DataFrame:
        """Return rows whose key is given and was not there before."""
        frame = self.keep(frame, frame[key] != "", f"{file}: {key} is blank")
        return self.keep(frame, ~frame[key].duplicated(), f"{file}: {key} repeated")


def seconds(text: pd.Series) -> pd.Series:
    """Return seconds after the start of the service day of "H:MM:SS" or "HH:MM"; else NaN."""
    return _each(text, _one_time)


def dates(text: pd.Series) -> pd.Series:
    """Return day ordinals of "20190401", "2019-04-01" or "2019/4/1"; NaN for no date."""
    return _each(text, _one_date)


def whole_numbers(text: pd.Series) -> pd.Series:
    """Return whole numbers of at most 2^31 - 1 (as float, NaN where there is none)."""
    number = pd.to_numeric(text, errors="coerce").astype("float64")
    return number.where((number == np.floor(number)) & (number.abs() <= _LARGEST))


def _one_time(text: str) -> float:
    match = _TIME.fullmatch(text)
    if match is None:
        return np.nan
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + rest)


def _one_date(text: str) -> float:
    match = _DATE.fullmatch(text)
    if match is None:
        return np.nan
    try:
        return float(dt.date(*(int(part) for part in match.groups())).toordinal())
    except ValueError:
        return np.nan


def _each(text: pd.Series, read_one: Callable[[str], float]) -> pd.Series:
    """Return the value of each text, each distinct one worked out once."""
    known = {value: read_one(value) for value in text.unique()}
    return text.map(known).astype("float64")
