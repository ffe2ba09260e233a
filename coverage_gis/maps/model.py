"""What a map shows, as plain values: a pipeline stage fills them, ``page.write_map`` draws them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coverage_gis import schema
from coverage_gis.codes import mesh
from coverage_gis.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

DISTANCE: Final = "distance_m"
TIME: Final = "time_s"
SHARE: Final = "share"
CLASS: Final = "class"
COUNT: Final = "count"
KINDS: Final = (DISTANCE, TIME, SHARE, CLASS, COUNT)
"""Metres; seconds; 0 to 1; index of a class; people."""

AGES_MORE: Final = ("0to14", "15to64")
"""Ages of ``schema.AGE_GROUPS`` that a map may have beside all, 65 and over, 75 and over."""

PEOPLE: Final = "population"
"""Key of the indicator of a cell's people, which is whatever age and year the reader chose."""

STATUS_OK: Final = 0
STATUS_UNREACHABLE: Final = 1
STATUS_NO_ROAD: Final = 2
STATUS_CODES: Final = {
    schema.OK: STATUS_OK,
    schema.UNREACHABLE: STATUS_UNREACHABLE,
    schema.NO_ROAD: STATUS_NO_ROAD,
    schema.BEYOND_MARGIN: STATUS_OK,  # what was found is far, whatever else there may be
}
"""Status as written in tables -> its number in :class:`Indicator`."""

PEOPLE_FIELD: Final = "people"
METRES_FIELD: Final = "m"
MINUTES_FIELD: Final = "min"
SHARE_FIELD: Final = "share"
TRIPS_FIELD: Final = "trips"
KM2_FIELD: Final = "km2"
FLAG_FIELD: Final = "flag"
TEXT_FIELD: Final = "text"
FIELD_KINDS: Final = (
    PEOPLE_FIELD,
    METRES_FIELD,
    MINUTES_FIELD,
    SHARE_FIELD,
    TRIPS_FIELD,
    KM2_FIELD,
    FLAG_FIELD,
    TEXT_FIELD,
)
"""Of a flag only 1 is shown."""


class Said(str):
    """A sentence in Japanese that knows its English, for those who switch the page to it."""

    __slots__ = ("en",)
    en: str

    def __new__(cls, japanese: str, english: str = "") -> Self:
        """Return the Japanese text; without English, readers of English see it as it is."""
        said = super().__new__(cls, japanese)
        said.en = english
        return said


def english(text: str) -> str:
    """Return the English of a sentence, "" where it has none."""
    return text.en if isinstance(text, Said) else ""


BY_CENTRE: Final = Said("セルの中心からの値", "the value at its centre")
BY_MEDIAN: Final = Said("セル内の地点の区分の中央値", "the median class of the points in it")
BY_MOST: Final = Said("セルの人のうち最も多い区分", "what becomes of most of its people")
BY_SHARE: Final = Said("セル内の地点のうち圏内の割合", "the share of the points in it within reach")


@dataclass(frozen=True, eq=False)
class Within:
    """How much of each cell lies within a preset's cutoff, as coverage rates count it.

    Attributes
    ----------
    cutoff
        In the unit of the indicator's values.
    shares
        ``(n,)`` 0 to 1 of the cell's people, from its sub-points; NaN without road data.
    label_ja, label_en
        The presets that give this cutoff.
    """

    cutoff: float
    shares: NDArray[np.float64]
    label_ja: str = ""
    label_en: str = ""


@dataclass(frozen=True, eq=False)
class Indicator:
    """One thing the cells can be coloured by.

    Attributes
    ----------
    key
        Unique ASCII name, such as ``supermarket_walk_m``; it appears in permalinks.
    label_ja, label_en
        What it is in full: "スーパーまでの徒歩の道のり".
    group
        Heading in the selector: 買い物, 医療, 避難, 公共交通.
    subject_ja
        What the selector offers under the heading ("スーパー"); indicators that share group and
        subject are ``view_ja`` of it ("徒歩の道のり", "車の時間"), chosen by radio buttons.
    kind
        One of :data:`KINDS`; decides the unit of ``values`` and how they are written out.
    values
        ``(n,)`` one per cell in the order of ``MapContent.mesh_codes``; NaN where status is not ok.
    status
        ``(n,)`` uint8, see :data:`STATUS_CODES`. NaN with status ok means "no data" as well.
    breaks
        Inclusive upper limits of all classes but the last, ascending; empty for kind "class".
    colours, class_labels_ja
        One per class, best first; colours as #rrggbb.
    cutoff
        Where the slider starts (in the unit of ``values``), or None for no slider.
    note_ja
        A sentence under the legend: source of the threshold, what is counted.
    view_en
        ``view_ja`` for readers of the page in English; "" leaves the Japanese.
    subject_en
        ``subject_ja`` for readers of the page in English; "" leaves the Japanese.
    within
        At presets' cutoffs: what the people on either side of the slider are counted by, so that
        they are those of ``coverage.csv``. Elsewhere a cell counts as its centre.
    counted_ja
        By what a cell, with all its people, is of one class: :data:`BY_CENTRE` ...; "" for people
        themselves.
    """

    key: str
    label_ja: str
    label_en: str
    group: str
    subject_ja: str
    view_ja: str
    kind: str
    values: NDArray[np.float64]
    status: NDArray[np.uint8]
    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    class_labels_ja: tuple[str, ...]
    cutoff: float | None = None
    note_ja: str = ""
    subject_en: str = ""
    view_en: str = ""
    within: tuple[Within, ...] = ()
    counted_ja: str = BY_CENTRE


@dataclass(frozen=True)
class Field:
    """A column of a polygon table that its popup shows, and how ("people", "m", "share" ...)."""

    column: str
    label_ja: str
    kind: str
    label_en: str = ""


@dataclass(frozen=True)
class SourceNote:
    """A data set behind the map, as the data panel names it."""

    title: str
    edition: str
    licence: str
    attribution: str
    path: str = ""


@dataclass(frozen=True, eq=False)
class MapContent:
    """All that one map shows.

    Attributes
    ----------
    pref_code, title_ja, synthetic
        Of what; a synthetic one says so in a banner.
    headline_ja
        Sentences for a planner, most important first.
    mesh_codes, population, population_65plus, population_75plus
        ``(n,)`` cells, in any order, each code once, all of one level; people per cell.
        The age columns may be None (not published) or hold NaN (not known for a cell).
    indicators
        In the order of the selector.
    vacuum, vacuum_fields
        交通空白 polygons (degrees, JGD2011) and the columns their popups show; None: not computed.
    municipalities, municipality_fields
        Outlines with ``muni_code`` and ``name``, and the figures shown for one.
    facilities
        Columns of ``schema.DESTINATIONS`` and, where known, ``trips_per_day``.
    service_labels
        Service -> Japanese label, in the order of the toggles.
    sources, warnings_ja, method_ja
        The data panel: where figures come from, how complete they are, how they were made.
    muni_codes
        ``(n,)`` municipality of each cell's largest share, or None.
    title_en, service_labels_en, groups_en
        For readers of the page in English, as are the sentences that are :class:`Said`; of
        ``service_labels`` and of the indicators' ``group``. What is left out stays in Japanese.
    report
        Whether ``report.html`` lies beside the page, to be linked.
    places
        ``name, lon, lat`` (degrees) of towns, quarters, hamlets, to be found by name; None: no such
        data.
    population_more
        Age of :data:`AGES_MORE` -> ``(n,)`` people.
    year, year_of_ja
        Year of the people above, None where their file does not say; what it is of ("国勢調査"),
        "" where that is not known.
    years
        Year -> age ("total", "65plus", "75plus") -> ``(n,)`` people, NaN where unknown: of a
        projection. Its first may be the year above; its people are not those above, and later
        years are to be compared with them.
    municipality_years
        The same years -> the columns of ``municipality_fields`` and ``muni_code``.
    few_people
        Rates of a municipality with fewer people say so; 0 for none.
    """

    pref_code: str
    title_ja: str
    synthetic: bool
    headline_ja: Sequence[str]
    mesh_codes: Sequence[str] | NDArray[np.object_]
    population: NDArray[np.float64]
    indicators: Sequence[Indicator]
    municipalities: gpd.GeoDataFrame
    facilities: pd.DataFrame
    service_labels: Mapping[str, str]
    sources: Sequence[SourceNote]
    population_65plus: NDArray[np.float64] | None = None
    population_75plus: NDArray[np.float64] | None = None
    vacuum: gpd.GeoDataFrame | None = None
    vacuum_fields: Sequence[Field] = ()
    municipality_fields: Sequence[Field] = ()
    warnings_ja: Sequence[str] = ()
    method_ja: Sequence[str] = ()
    muni_codes: Sequence[str] | NDArray[np.object_] | None = None
    title_en: str = ""
    service_labels_en: Mapping[str, str] = field(default_factory=dict)
    groups_en: Mapping[str, str] = field(default_factory=dict)
    report: bool = False
    places: pd.DataFrame | None = None
    population_more: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    year: int | None = None
    year_of_ja: str = ""
    years: Mapping[int, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)
    municipality_years: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    few_people: float = 0.0


def check(content: MapContent) -> None:
    """Raise ``SchemaError`` where ``content`` contradicts itself; ``InputError`` for a bad code."""
    codes = np.asarray(content.mesh_codes, dtype=str)
    mesh.level_of(codes)
    if len(np.unique(codes)) != len(codes):
        raise SchemaError("Map: a mesh code occurs twice; give each cell once.")
    columns: dict[str, Any] = {
        schema.POPULATION: content.population,
        schema.POPULATION_65PLUS: content.population_65plus,
        schema.POPULATION_75PLUS: content.population_75plus,
        schema.MUNI_CODE: content.muni_codes,
    }
    columns |= content.population_more
    columns |= {f"{a} of {y}": v for y, ages in content.years.items() for a, v in ages.items()}
    for name, values in columns.items():
        if values is not None and len(values) != len(codes):
            raise SchemaError(f"Map: {name} has {len(values)} rows for {len(codes)} cells.")
    keys = [i.key for i in content.indicators]
    if not keys or len(set(keys)) != len(keys):
        raise SchemaError("Map: indicators need keys, each used once, and there must be one.")
    for indicator in content.indicators:
        _check_indicator(indicator, len(codes))
    _check_frame("municipalities", content.municipalities, ("muni_code", "name"))
    _check_frame(
        "facilities", content.facilities, (schema.SERVICE, schema.NAME, schema.LON, schema.LAT)
    )
    _check_frame(
        "municipalities", content.municipalities, [f.column for f in content.municipality_fields]
    )
    for table in content.municipality_years.values():
        wanted = ["muni_code", *(f.column for f in content.municipality_fields)]
        _check_frame("municipalities by year", table, wanted)
    if content.places is not None:
        _check_frame("places", content.places, (schema.NAME, schema.LON, schema.LAT))
    if content.vacuum is not None:
        _check_frame("vacuum", content.vacuum, [f.column for f in content.vacuum_fields])


def _check_indicator(indicator: Indicator, cells: int) -> None:
    where = f"Map: indicator {indicator.key}"
    if indicator.kind not in KINDS:
        raise SchemaError(f"{where} has the unknown kind '{indicator.kind}'.")
    if len(indicator.values) != cells or len(indicator.status) != cells:
        raise SchemaError(f"{where} has {len(indicator.values)} values for {cells} cells.")
    cutoffs = [w.cutoff for w in indicator.within]
    if len(set(cutoffs)) != len(cutoffs) or any(len(w.shares) != cells for w in indicator.within):
        raise SchemaError(f"{where} needs one share per cell and preset's cutoff.")
    classes = len(indicator.colours)
    if classes != len(indicator.class_labels_ja) or not classes:
        raise SchemaError(f"{where} needs one colour and one label per class.")
    if indicator.kind == CLASS:
        wrong = bool(indicator.breaks)
    else:
        wrong = classes != len(indicator.breaks) + 1
    if wrong or list(indicator.breaks) != sorted(set(indicator.breaks)):
        raise SchemaError(f"{where} has {len(indicator.breaks)} breaks for {classes} classes.")
    values = np.asarray(indicator.values)
    known = values[(indicator.status == STATUS_OK) & ~np.isnan(values)]
    top = classes - 1 if indicator.kind == CLASS else np.inf
    if ((known < 0) | (known > top) | np.isinf(known)).any():
        raise SchemaError(f"{where} has values outside its range, or infinite ones.")


def _check_frame(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise SchemaError(f"Map: the table {name} lacks the column(s) {', '.join(missing)}.")
