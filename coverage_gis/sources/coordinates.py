"""Latitude and longitude as people write them, and pairs with the usual mistakes repaired."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_gis.sources.facility_rows import JAPAN, NO_COORDINATES, OUTSIDE_JAPAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

EQUAL: Final = "latitude and longitude are equal"
UNREADABLE: Final = "coordinates cannot be read"
SWAPPED: Final = "latitude and longitude the wrong way round"
TEN_TIMES: Final = "coordinates ten times too large"

_SIGN = re.compile(r"^(北緯|東経|緯度|経度|[NE])[:=]?|(度|°|[NE])$", re.IGNORECASE)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
# Whatever stands between degrees, minutes and seconds: 度分秒, any kind of quote, colons, spaces.
_BETWEEN = r"[^\d.,+\-a-ce-lnp-rt-zA-CE-LNP-RT-Z]+"  # letters: 34d20m30s; NFKC makes o of º
_DMS = re.compile(
    rf"(\d{{1,3}}){_BETWEEN}(\d{{1,2}})(?:{_BETWEEN}(\d{{1,2}}(?:\.\d+)?)|(\.\d+))?[^\d]*"
)
_DOTTED = re.compile(r"(\d{2,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d+)?)")
_PACKED = re.compile(r"(1\d\d|[2-4]\d)([0-5]\d)([0-5]\d(?:\.\d+)?)")
_PAIR = re.compile(r"[\s(\[]*([^,、/\s()\[\]]+)\s*[,、/\s]\s*([^,、/\s()\[\]]+)[\s)\]]*")


@dataclass(frozen=True)
class Placed:
    """Coordinates of rows, with what was done to them.

    Attributes
    ----------
    lon, lat
        Degrees; NaN where there is no place.
    reason
        Why a row has no place; "" where it has one.
    repaired
        Repair -> rows it was applied to.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    reason: pd.Series
    repaired: dict[str, int] = field(default_factory=dict)


def degrees(text: str) -> float:
    """Return an angle as degrees, NaN if it is none.

    Decimal degrees; degrees, minutes and seconds with any marks between them (34°20′30.5″,
    34度20分30秒, 34:20:30, 34 20' 30''), with dots (34.20.30.5) or packed (342030.5); degrees
    and decimal minutes (34°20.5′). Full width is as good as half width; 北緯, 東経, N and E may
    stand before or after.

    Packed numbers are those of six or seven digits before the dot whose minutes and seconds
    are below 60; whole numbers of eight digits or more are millionths of a degree or finer.
    """
    plain = _SIGN.sub("", _nfkc(text)).strip()
    plain = _SIGN.sub("", plain).strip()
    if _DECIMAL.fullmatch(plain):
        if packed := _PACKED.fullmatch(plain):
            return _from_parts(*packed.groups())
        value = float(plain)
        if "." not in plain and 1e7 <= abs(value) < 1e11:
            digits = len(plain.lstrip("+-")) - (3 if plain.lstrip("+-").startswith("1") else 2)
            return value / 10.0**digits
        return value
    if dotted := _DOTTED.fullmatch(plain):
        return _from_parts(*dotted.groups())
    if dms := _DMS.fullmatch(plain):
        whole, minutes, seconds, fraction = dms.groups()
        return _from_parts(whole, minutes + (fraction or ""), seconds or "0")
    return float("nan")


def parsed(values: pd.Series) -> NDArray[np.float64]:
    """Return :func:`degrees` of each text; each distinct one is worked out once."""
    known = {text: degrees(text) for text in values.astype("str").unique()}
    return values.astype("str").map(known).to_numpy(dtype=np.float64)


def split_pairs(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the halves of "34.3, 134.0", "" where there are not two."""
    halves = [_PAIR.fullmatch(_nfkc(text)) for text in values.astype("str")]
    first = [h[1] if h else "" for h in halves]
    second = [h[2] if h else "" for h in halves]
    return (
        pd.Series(first, index=values.index, dtype="str"),
        pd.Series(second, index=values.index, dtype="str"),
    )


def place(lat_text: pd.Series, lon_text: pd.Series) -> Placed:
    """Return the places of rows, with swapped and ten-times-too-large pairs repaired.

    A pair that lies in Japan is taken as it is. One that does when its halves are exchanged, or
    when one or both are divided by ten, is repaired so: no place in Japan can be mistaken for
    another that way, as latitudes (20-46) and longitudes (122-154) share no values.
    """
    lat, lon = parsed(lat_text), parsed(lon_text)
    blank = _is_blank(lat_text) | _is_blank(lon_text) | (lat == 0) | (lon == 0)
    unreadable = ~blank & ~(np.isfinite(lat) & np.isfinite(lon))
    equal = ~blank & ~unreadable & (lat == lon)
    given = ~(blank | unreadable | equal)
    fits = given & _in_japan(lat, lon)
    repaired: dict[str, int] = {}
    for name, lat_by, lon_by, swap in (
        (SWAPPED, 1, 1, True),
        (TEN_TIMES, 10, 10, False),
        (TEN_TIMES, 10, 1, False),
        (TEN_TIMES, 1, 10, False),
        (TEN_TIMES, 10, 10, True),
    ):
        y, x = (lon / lon_by, lat / lat_by) if swap else (lat / lat_by, lon / lon_by)
        now = given & ~fits & _in_japan(y, x)
        if now.any():
            lat, lon = np.where(now, y, lat), np.where(now, x, lon)
            repaired[name] = repaired.get(name, 0) + int(now.sum())
            fits |= now
    reason = np.select(
        [blank, unreadable, equal, ~fits],
        [NO_COORDINATES, UNREADABLE, EQUAL, OUTSIDE_JAPAN],
        default="",
    )
    return Placed(
        np.where(fits, lon, np.nan),
        np.where(fits, lat, np.nan),
        pd.Series(reason, index=lat_text.index, dtype="str"),
        repaired,
    )


def _from_parts(whole: str, minutes: str, seconds: str) -> float:
    parts = float(minutes), float(seconds)
    if max(parts) >= 60:
        return float("nan")
    return float(whole) + parts[0] / 60 + parts[1] / 3600


def _nfkc(text: str) -> str:
    # NFKC makes ″ of ′′ and the like; all that matters is that they are no digits.
    return unicodedata.normalize("NFKC", text).strip()


def _is_blank(values: pd.Series) -> NDArray[np.bool_]:
    plain = values.astype("str").str.strip(" 　-－−ー―")
    blank: NDArray[np.bool_] = plain.isin(["", "不明", "なし", "null", "NULL", "nan"]).to_numpy()
    return blank


def _in_japan(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = JAPAN
    inside: NDArray[np.bool_] = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
    return inside
