"""Indicators with default classes and colours that colour-blind readers can tell apart.

Colours are ColorBrewer's RdYlBu (C. Brewer, diverging, rated colour-blind safe) turned round: blue
is near, red is far, and the hue changes at the cutoff, so that what a planner asks ("within or
beyond?") is what the eye sees first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Required, TypedDict, Unpack

import numpy as np

from coverage_gis import schema
from coverage_gis.maps.model import (
    BY_MEDIAN,
    BY_SHARE,
    CLASS,
    COUNT,
    DISTANCE,
    PEOPLE,
    SHARE,
    STATUS_CODES,
    STATUS_NO_ROAD,
    STATUS_OK,
    TIME,
    Indicator,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

WITHIN: Final = ("#2166ac", "#74add1", "#c6e2f0")
BEYOND: Final = ("#fee090", "#f99d59", "#de3f2e", "#7f0f26")
SHARE_COLOURS: Final = ("#7f0f26", "#de3f2e", "#f99d59", "#fee090", "#74add1", "#2166ac")
COUNT_COLOURS: Final = ("#fff7bc", "#fec44f", "#ec7014", "#a63603", "#5a1e02")
MISSING_COLOURS: Final = ("#74add1", "#fee090", "#f99d59", "#de3f2e", "#b2182b", "#7f0f26")
TRANSIT_COLOURS: Final = ("#2166ac", "#fee090", "#92c5a8", "#b9a6d3", "#b2182b")
TRANSIT_LABELS_JA: Final = ("便利", "不便", "予約制のみ", "不明（本数）", "空白")
"""Of ``schema.TRANSIT_CLASSES``, in its order."""
CHANGES: Final = (
    ("leaves", "空白でなくなる", "#2166ac"),
    ("better", "区分が上がる", "#74add1"),
    ("", "変わらない", "#f0f0f0"),
    ("worse", "区分が下がる", "#f99d59"),
    ("falls", "空白になる", "#b2182b"),
)
"""Change of a transit class, its label and colour, best first."""
_TRANSIT_ALWAYS: Final = (schema.CONVENIENT, schema.INCONVENIENT, schema.VACUUM)

WALK_WITHIN: Final = (0.5, 1.0)
WALK_BEYOND: Final = (2.0, 4.0, 10.0)
"""Class limits of distances as multiples of the cutoff: 250, 500 | 1,000, 2,000, 5,000 m."""

DRIVE_BREAKS_S: Final = (300.0, 600.0, 900.0, 1800.0, 3600.0)
DRIVE_COLOURS: Final = ("#2166ac", "#74add1", "#fee090", "#f99d59", "#de3f2e", "#7f0f26")
SHARE_BREAKS: Final = (0.0, 0.25, 0.5, 0.75, 0.9999)
SHARE_LABELS_JA: Final = (
    "0%（圏外）",
    "25%以下",
    "25%超–50%",
    "50%超–75%",
    "75%超",
    "100%（圏内）",
)
COUNT_BREAKS: Final = (10.0, 100.0, 500.0, 2000.0)


class Words(TypedDict, total=False):
    """How an indicator is called; as the attributes of :class:`Indicator`."""

    label_ja: Required[str]
    label_en: Required[str]
    note_ja: str
    subject_en: str
    view_en: str


def distance(
    key: str,
    *,
    group: str,
    subject_ja: str,
    values_m: ArrayLike,
    status: ArrayLike,
    cutoff_m: float,
    view_ja: str = "徒歩の道のり",
    within: Sequence[Within] = (),
    **words: Unpack[Words],
) -> Indicator:
    """Return a distance in metres, its classes grown from the cutoff."""
    breaks = tuple(cutoff_m * f for f in (*WALK_WITHIN, *WALK_BEYOND))
    return Indicator(
        key=key,
        group=group,
        subject_ja=subject_ja,
        view_ja=view_ja,
        kind=DISTANCE,
        values=_floats(values_m),
        status=_codes(status),
        breaks=breaks,
        colours=(*WITHIN[: len(WALK_WITHIN)], *BEYOND),
        class_labels_ja=_range_labels([f"{b:,.0f}" for b in breaks], " m"),
        cutoff=cutoff_m,
        within=tuple(within),
        **words,
    )


def time(
    key: str,
    *,
    group: str,
    subject_ja: str,
    values_s: ArrayLike,
    status: ArrayLike,
    cutoff_s: float = 600.0,
    view_ja: str = "車の所要時間",
    within: Sequence[Within] = (),
    **words: Unpack[Words],
) -> Indicator:
    """Return a travel time in seconds, shown in minutes."""
    return Indicator(
        key=key,
        group=group,
        subject_ja=subject_ja,
        view_ja=view_ja,
        kind=TIME,
        values=_floats(values_s),
        status=_codes(status),
        breaks=DRIVE_BREAKS_S,
        colours=DRIVE_COLOURS,
        class_labels_ja=_range_labels([f"{b / 60:g}" for b in DRIVE_BREAKS_S], "分"),
        cutoff=cutoff_s,
        within=tuple(within),
        **words,
    )


def share(
    key: str,
    *,
    group: str,
    subject_ja: str,
    values: ArrayLike,
    status: ArrayLike,
    view_ja: str,
    **words: Unpack[Words],
) -> Indicator:
    """Return a covered share, 0 to 1; its legend also counts people times share."""
    return Indicator(
        key=key,
        group=group,
        subject_ja=subject_ja,
        view_ja=view_ja,
        kind=SHARE,
        values=_floats(values),
        status=_codes(status),
        breaks=SHARE_BREAKS,
        colours=SHARE_COLOURS,
        class_labels_ja=SHARE_LABELS_JA,
        counted_ja=BY_SHARE,
        **words,
    )


def transit_class(
    key: str,
    *,
    group: str = "公共交通",
    subject_ja: str,
    classes: ArrayLike,
    view_ja: str = "区分",
    **words: Unpack[Words],
) -> Indicator:
    """Return the transit class; ``classes`` are texts of ``schema.TRANSIT_CLASSES`` or no_road.

    Classes that few definitions know (予約制のみ, 不明) are in the legend only where a cell has
    them.
    """
    text = np.asarray(classes, dtype=str)
    values = np.full(len(text), np.nan)
    shown = [n for n in schema.TRANSIT_CLASSES if n in _TRANSIT_ALWAYS or (text == n).any()]
    for number, name in enumerate(shown):
        values[text == name] = number
    order = [schema.TRANSIT_CLASSES.index(name) for name in shown]
    status = np.where(np.isnan(values), schema.NO_ROAD, schema.OK)
    return Indicator(
        key=key,
        group=group,
        subject_ja=subject_ja,
        view_ja=view_ja,
        kind=CLASS,
        values=values,
        status=_codes(status),
        breaks=(),
        colours=tuple(TRANSIT_COLOURS[i] for i in order),
        class_labels_ja=tuple(TRANSIT_LABELS_JA[i] for i in order),
        counted_ja=BY_MEDIAN,
        **words,
    )


def change(
    key: str,
    *,
    group: str = "公共交通",
    subject_ja: str,
    changes: ArrayLike,
    known: NDArray[np.bool_],
    **words: Unpack[Words],
) -> Indicator:
    """Return how the transit class changes; ``changes`` are keys of :data:`CHANGES`, "" for none.

    ``known`` tells where there is road data.
    """
    text = np.asarray(changes, dtype=str)
    values = np.full(len(text), np.nan)
    for number, (name, _, _) in enumerate(CHANGES):
        values[(text == name) & known] = number
    return Indicator(
        key=key,
        group=group,
        subject_ja=subject_ja,
        view_ja="変化",
        kind=CLASS,
        values=values,
        status=_codes(np.where(known, schema.OK, schema.NO_ROAD)),
        breaks=(),
        colours=tuple(colour for _, _, colour in CHANGES),
        class_labels_ja=tuple(label for _, label, _ in CHANGES),
        counted_ja=BY_MEDIAN,
        **words,
    )


def missing(
    key: str,
    *,
    label_ja: str,
    label_en: str,
    group: str,
    values: ArrayLike,
    most: int,
    note_ja: str = "",
) -> Indicator:
    """Return how many of ``most`` services are missing, 0 to ``most``; NaN without road data."""
    shown = MISSING_COLOURS[: max(most, 1)]
    numbers = np.minimum(_floats(values), len(shown))  # the last colour is of that many and more
    return Indicator(
        key=key,
        label_ja=label_ja,
        label_en=label_en,
        group=group,
        subject_ja="不足しているサービスの数",
        view_ja="不足数",
        kind=CLASS,
        values=numbers,
        status=_codes(np.where(np.isnan(numbers), schema.NO_ROAD, schema.OK)),
        breaks=(),
        colours=(WITHIN[0], *shown),
        class_labels_ja=("すべて徒歩圏", *(f"{n}種不足" for n in range(1, len(shown) + 1))),
        note_ja=note_ja,
        subject_en="Number of services missing",
    )


def people(population: ArrayLike) -> Indicator:
    """Return the cells' people themselves as an indicator."""
    values = _floats(population)
    return Indicator(
        key=PEOPLE,
        label_ja="セルの人口",
        label_en="Population of the cell",
        group="人口",
        subject_ja="人口",
        view_ja="人口",
        kind=COUNT,
        values=values,
        status=np.full(len(values), STATUS_OK, dtype=np.uint8),
        breaks=COUNT_BREAKS,
        colours=COUNT_COLOURS,
        class_labels_ja=_range_labels([f"{b:,.0f}" for b in COUNT_BREAKS], "人"),
        counted_ja="",
        subject_en="Population",
    )


def _range_labels(limits: list[str], unit: str) -> tuple[str, ...]:
    """Return "500 m以下", "500超–1,000 m" ... for inclusive upper limits."""
    last = [f"{limit}{unit}" for limit in limits]
    middle = [f"{a}超–{b}" for a, b in zip(limits, last[1:], strict=False)]
    return (f"{last[0]}以下", *middle, f"{last[-1]}超")


def _floats(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _codes(status: ArrayLike) -> NDArray[np.uint8]:
    """Return status numbers; texts of ``schema.STATUSES`` and numbers are both taken."""
    given = np.asarray(status)
    if given.dtype.kind in "iu":
        return given.astype(np.uint8)
    text = given.astype(str)
    out = np.full(text.shape, STATUS_NO_ROAD, dtype=np.uint8)
    for name, number in STATUS_CODES.items():
        out[text == name] = number
    return out
