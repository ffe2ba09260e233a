"""The tables of the package: their columns, types, units and keys, written once.

Computations take and return these tables; they are checked where they cross a file
boundary (``store``, ``sources``), not inside computations. Column names used in code are
the constants below. SI units end the names: ``_m`` metres, ``_s`` seconds; people are
``population`` and may be fractions (projections, shares).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

# --- columns -----------------------------------------------------------------------------
MESH_CODE: Final = "mesh_code"
PREF_CODE: Final = "pref_code"
MUNI_CODE: Final = "muni_code"
LON: Final = "lon"
LAT: Final = "lat"
INSIDE: Final = "inside"
SHARE: Final = "share"

POPULATION: Final = "population"
POPULATION_0TO14: Final = "population_0to14"
POPULATION_15TO64: Final = "population_15to64"
POPULATION_65PLUS: Final = "population_65plus"
POPULATION_75PLUS: Final = "population_75plus"

DESTINATION_ID: Final = "destination_id"
SERVICE: Final = "service"
NAME: Final = "name"
SOURCE: Final = "source"
SOURCE_IDS: Final = "source_ids"
CAPACITY: Final = "capacity"
DEPARTMENTS: Final = "departments"

MODE: Final = "mode"
METRIC: Final = "metric"
RANK: Final = "rank"
DISTANCE_M: Final = "distance_m"
TRAVEL_TIME_S: Final = "travel_time_s"
SNAP_M: Final = "snap_m"
STATUS: Final = "status"

PRESET: Final = "preset"
CUTOFF: Final = "cutoff"
CUTOFF_UNIT: Final = "cutoff_unit"
COVERED_SHARE: Final = "covered_share"

AREA_LEVEL: Final = "area_level"
AREA_CODE: Final = "area_code"
AREA_NAME: Final = "area_name"
YEAR: Final = "year"
POPULATION_SOURCE: Final = "population_source"
AGE_GROUP: Final = "age_group"
PROJECTION: Final = "mesh-future"
"""The :data:`POPULATION_SOURCE` of years to come."""
COVERED_POPULATION: Final = "covered_population"
COVERAGE_RATE: Final = "coverage_rate"
POPULATION_UNREACHABLE: Final = "population_unreachable"
STORE_COMPLETENESS: Final = "store_completeness"
POPULATION_NO_ROAD: Final = "population_no_road"

FEED_ID: Final = "feed_id"
SERVICE_DATE: Final = "service_date"
TRIPS_PER_DAY: Final = "trips_per_day"
TRANSIT_CLASS: Final = "transit_class"
CLASS_SHARES: Final = (
    "share_convenient",
    "share_inconvenient",
    "share_on_demand",
    "share_unknown",
    "share_vacuum",
)
"""In the order of :data:`TRANSIT_CLASSES`."""

PLACE_ID: Final = "place_id"
PLACE_NAME: Final = "place_name"
PLACE_TRIPS: Final = "place_trips_per_day"
DAY_TYPE: Final = "day_type"
HOURS: Final = tuple(f"departures_h{hour:02d}" for hour in range(30))
"""Departures by hour of the service day; 24 and more are past midnight, 29 holds the rest."""
QUALITY: Final = "quality"

# --- values ------------------------------------------------------------------------------
AGE_GROUPS: Final = {
    "total": POPULATION,
    "0to14": POPULATION_0TO14,
    "15to64": POPULATION_15TO64,
    "65plus": POPULATION_65PLUS,
    "75plus": POPULATION_75PLUS,
}
"""Age group -> column of people."""
PEOPLE: Final = tuple(AGE_GROUPS.values())
AGE_LIMITS: Final = (
    (POPULATION_65PLUS, POPULATION, ()),
    (POPULATION_75PLUS, POPULATION_65PLUS, ()),
    (POPULATION_0TO14, POPULATION, (POPULATION_65PLUS,)),
    (POPULATION_15TO64, POPULATION, (POPULATION_65PLUS, POPULATION_0TO14)),
)
"""In which order ages are shared out: each at most the people of the second, less the others.

The three age classes may add up to fewer than all: a census knows people of unknown age.
"""

WALK: Final = "walk"
DRIVE: Final = "drive"

ROAD: Final = "road"
STRAIGHT: Final = "straight"

OK: Final = "ok"
UNREACHABLE: Final = "unreachable"
NO_ROAD: Final = "no_road"
BEYOND_MARGIN: Final = "beyond_margin"
STATUSES: Final = (OK, UNREACHABLE, NO_ROAD, BEYOND_MARGIN)

CONVENIENT: Final = "convenient"
INCONVENIENT: Final = "inconvenient"
ON_DEMAND: Final = "on_demand"
UNKNOWN: Final = "unknown"
VACUUM: Final = "vacuum"
TRANSIT_CLASSES: Final = (CONVENIENT, INCONVENIENT, ON_DEMAND, UNKNOWN, VACUUM)
"""Best first; a cell without road data has the class ``no_road`` instead.

``on_demand``: only a demand-responsive zone covers it. ``unknown``: only stops of unknown frequency
are near, and the definition asks for a minimum. A known service is better than an unknown one.
"""

WEEKDAY: Final = "weekday"
SATURDAY: Final = "saturday"
SUNDAY: Final = "sunday"
DAY_TYPES: Final = (WEEKDAY, SATURDAY, SUNDAY)

QUALITY_LETTERS: Final = ("A", "B", "C", "D", "E", "F")
NO_SERVICE: Final = "none"
QUALITIES: Final = (*QUALITY_LETTERS, UNKNOWN, NO_SERVICE)
"""Service quality (試案), best first; ``no_road`` without road data."""
QUALITY_SHARES: Final = tuple(f"share_{name.lower()}" for name in QUALITIES)

PREFECTURE: Final = "prefecture"
MUNICIPALITY: Final = "municipality"
WARD: Final = "ward"
MEDICAL_AREA: Final = "medical_area"
AREA_LEVELS: Final = (PREFECTURE, MUNICIPALITY, WARD, MEDICAL_AREA)


@dataclass(frozen=True)
class Column:
    """A column: its dtype, unit and meaning.

    Dtypes are "str", "float", "int", "count" (a whole number that may be null) and "bool".
    An ``optional`` column is filled with nulls where a table comes without it.
    """

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    nullable: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns and the key that no two rows share."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [c.name for c in self.columns]

    def empty(self) -> pd.DataFrame:
        """Return the table without rows, its dtypes set."""
        return pd.DataFrame({c.name: pd.Series(dtype=_PANDAS[c.dtype]) for c in self.columns})

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with exactly these columns, in order and of these dtypes.

        Raises
        ------
        SchemaError
            If a column is missing, has nulls where it may not, cannot be cast, or if the
            key repeats.
        """
        missing = [c.name for c in self.columns if c.name not in frame.columns and not c.optional]
        if missing:
            raise SchemaError(f"Table {self.name} lacks the column(s) {', '.join(missing)}.")
        data: dict[str, pd.Series] = {}
        for column in self.columns:
            series = frame.get(column.name)
            if series is None:
                series = pd.Series(index=frame.index, dtype=_PANDAS[column.dtype])
            if not column.nullable and series.isna().any():
                raise SchemaError(
                    f"Table {self.name}: column {column.name} is empty in "
                    f"{int(series.isna().sum())} row(s)."
                )
            try:
                data[column.name] = series.astype(pd.api.types.pandas_dtype(_PANDAS[column.dtype]))
            except (TypeError, ValueError) as error:
                raise SchemaError(
                    f"Table {self.name}: column {column.name} is not {column.dtype} ({error})."
                ) from error
        out = pd.DataFrame(data).reset_index(drop=True)
        repeated = out.duplicated(list(self.key))
        if self.key and repeated.any():
            first = ", ".join(map(str, out.loc[repeated, list(self.key)].iloc[0]))
            raise SchemaError(f"Table {self.name} repeats the key {first}.")
        return out


_PANDAS: Mapping[str, str] = {
    "str": "str",
    "float": "float64",
    "int": "int64",
    "count": "Int64",
    "bool": "bool",
}

_MESH = Column(MESH_CODE, "str", "地域メッシュコード (JIS X 0410)")
_PREF = Column(PREF_CODE, "str", "prefecture whose people these are (JIS X 0401)")
_PEOPLE = (
    Column(POPULATION, "float", "all residents", "people"),
    Column(POPULATION_0TO14, "float", "residents of 0 to 14", "people", True, True),
    Column(POPULATION_15TO64, "float", "residents of 15 to 64", "people", True, True),
    Column(POPULATION_65PLUS, "float", "residents of 65 and over", "people", nullable=True),
    Column(POPULATION_75PLUS, "float", "residents of 75 and over", "people", nullable=True),
)

ORIGINS = Table(
    "origins",
    (
        _MESH,
        _PREF,
        Column(LON, "float", "centre of the cell", "degree, JGD2011"),
        Column(LAT, "float", "centre of the cell", "degree, JGD2011"),
        *_PEOPLE,
        Column(INSIDE, "bool", "false for margin cells: demand, but in no total"),
    ),
    (MESH_CODE, PREF_CODE),
)
"""One row per populated cell and prefecture: a border cell is in both, each with its own people."""

ORIGIN_AREAS = Table(
    "origin_areas",
    (
        _MESH,
        _PREF,
        Column(MUNI_CODE, "str", "municipality or ward (JIS X 0402, 5 digits)"),
        Column(SHARE, "float", "share of the cell's people", "0-1"),
        *_PEOPLE,
    ),
    (MESH_CODE, PREF_CODE, MUNI_CODE),
)
"""Whose people a cell's people are; the people of a cell's rows add up to the cell's."""

POPULATION_YEARS = Table(
    "population_years",
    (_MESH, _PREF, Column(YEAR, "int", "year of the projection; the first is a census"), *_PEOPLE),
    (MESH_CODE, PREF_CODE, YEAR),
)
"""People to come, by cell and year; ``pref_code`` as in ``origins``."""

DESTINATIONS = Table(
    "destinations",
    (
        Column(DESTINATION_ID, "str", "stable id: source and its own id"),
        Column(SERVICE, "str", "service as named in settings"),
        Column(NAME, "str", "name, may be empty"),
        Column(LON, "float", "longitude", "degree, JGD2011"),
        Column(LAT, "float", "latitude", "degree, JGD2011"),
        Column(SOURCE, "str", "catalogue id of the data set it was read from"),
        Column(SOURCE_IDS, "str", "all ids it has in the sources, ';'-separated"),
        Column(CAPACITY, "float", "people, where published", "people", nullable=True),
        Column(
            DEPARTMENTS,
            "str",
            "departments of a medical institution (診療科), ';'-separated; null: not known",
            nullable=True,
            optional=True,
        ),
    ),
    (DESTINATION_ID, SERVICE),
)
"""One row per facility and service it gives."""

STATION_PASSENGERS = Table(
    "station_passengers",
    (
        Column(DESTINATION_ID, "str", "the station"),
        Column(YEAR, "int", "fiscal year (年度)"),
        Column("passengers_per_day", "float", "people getting on and off (乗降客数)", "people/day"),
    ),
    (DESTINATION_ID, YEAR),
)
"""Passengers of stations, from KSJ S12; a station or year without a record has no row."""

_DEPARTURE_TIMES = (
    Column("first_departure_s", "float", "after midnight, may exceed 24 h", "s", nullable=True),
    Column("last_departure_s", "float", "after midnight, may exceed 24 h", "s", nullable=True),
    Column("longest_gap_s", "float", "between departures, busier direction", "s", nullable=True),
)

DEPARTURES = Table(
    "departures",
    (
        Column(DESTINATION_ID, "str", "the stop"),
        Column(SERVICE_DATE, "str", "date the trips are counted on (基準日)", "YYYY-MM-DD"),
        Column(TRIPS_PER_DAY, "int", "trips in the busier direction (運行本数)", "trips/day"),
        Column("trips_both_directions", "int", "trips in both directions together", "trips/day"),
        *_DEPARTURE_TIMES,
        Column(PLACE_ID, "str", "poles of one name and place, of all operators, share it"),
        Column(PLACE_TRIPS, "int", "trips in the busier direction of the place", "trips/day"),
    ),
    (DESTINATION_ID, SERVICE_DATE),
)
"""Service at stops whose timetable is known; a stop that is not here has an unknown frequency."""

STOP_SERVICE = Table(
    "service",
    (
        Column(DESTINATION_ID, "str", "the stop"),
        Column(DAY_TYPE, "str", "weekday, saturday or sunday"),
        Column(SERVICE_DATE, "str", "the date that stands for it", "YYYY-MM-DD"),
        Column(TRIPS_PER_DAY, "int", "trips in the busier direction (運行本数)", "trips/day"),
        Column("trips_both_directions", "int", "trips in both directions together", "trips/day"),
        *_DEPARTURE_TIMES,
        *(Column(name, "int", "departures in that hour, both directions", "") for name in HOURS),
    ),
    (DESTINATION_ID, DAY_TYPE),
)
"""Service at stops on a typical weekday, Saturday and Sunday, hour by hour."""

STOP_PLACES = Table(
    "stop_places",
    (
        Column(PLACE_ID, "str", "the smallest id of its poles"),
        Column(SERVICE_DATE, "str", "date the trips are counted on (基準日)", "YYYY-MM-DD"),
        Column(NAME, "str", "name of the first pole"),
        Column(LON, "float", "mean of its poles", "degree, JGD2011"),
        Column(LAT, "float", "mean of its poles", "degree, JGD2011"),
        Column("poles", "int", "poles it has"),
        Column("feeds", "int", "feeds that call there"),
        Column(TRIPS_PER_DAY, "int", "trips in the busier direction (運行本数)", "trips/day"),
        Column("trips_both_directions", "int", "trips in both directions together", "trips/day"),
        *_DEPARTURE_TIMES,
    ),
    (PLACE_ID, SERVICE_DATE),
)
"""Stops of several poles and operators as the one place people know, for display and sums."""

ACCESS = Table(
    "access",
    (
        _MESH,
        _PREF,
        Column(SERVICE, "str", "service as named in settings"),
        Column(MODE, "str", "walk or drive"),
        Column(METRIC, "str", "road, or straight (geodesic)"),
        Column(RANK, "int", "1 is the nearest"),
        Column(DESTINATION_ID, "str", "the facility reached", nullable=True),
        Column(DISTANCE_M, "float", "both access legs included", "m", nullable=True),
        Column(TRAVEL_TIME_S, "float", "both access legs included", "s", nullable=True),
        Column(SNAP_M, "float", "from the cell's centre to the road", "m", nullable=True),
        Column(STATUS, "str", "ok, unreachable, no_road; beyond_margin: an upper bound"),
    ),
    (MESH_CODE, PREF_CODE, SERVICE, MODE, METRIC, RANK),
)

COVERED = Table(
    "covered",
    (
        _MESH,
        _PREF,
        Column(SERVICE, "str", "service as named in settings"),
        Column(MODE, "str", "walk or drive"),
        Column(METRIC, "str", "road or straight"),
        Column(PRESET, "str", "preset the cutoff comes from"),
        Column(CUTOFF, "float", "inclusive", "cutoff_unit"),
        Column(CUTOFF_UNIT, "str", "m or min"),
        Column(
            COVERED_SHARE,
            "float",
            "share of the cell within the cutoff; null where there is no road data",
            "0-1",
            nullable=True,
        ),
    ),
    (MESH_CODE, PREF_CODE, SERVICE, MODE, METRIC, PRESET, CUTOFF, CUTOFF_UNIT),
)

COVERAGE = Table(
    "coverage",
    (
        Column(AREA_LEVEL, "str", "prefecture, municipality, ward or medical_area (二次医療圏)"),
        Column(AREA_CODE, "str", "2 digits for a prefecture, 4 for a medical area, else 5"),
        Column(AREA_NAME, "str", "Japanese name"),
        Column(YEAR, "count", "of the population; null where unknown", nullable=True),
        Column(POPULATION_SOURCE, "str", "catalogue id of the population; mesh-future is to come"),
        Column(AGE_GROUP, "str", "total, 0to14, 15to64, 65plus or 75plus"),
        Column(SERVICE, "str", "service as named in settings"),
        Column(MODE, "str", "walk or drive"),
        Column(METRIC, "str", "road or straight"),
        Column(PRESET, "str", "preset the cutoff comes from"),
        Column(CUTOFF, "float", "inclusive", "cutoff_unit"),
        Column(CUTOFF_UNIT, "str", "m or min"),
        Column(POPULATION, "float", "everybody in the area", "people"),
        Column(COVERED_POPULATION, "float", "people within the cutoff", "people"),
        Column(COVERAGE_RATE, "float", "covered / people with roads", "0-1", nullable=True),
        Column(POPULATION_UNREACHABLE, "float", "on a road, no facility in reach", "people"),
        Column(POPULATION_NO_ROAD, "float", "no road data: in no rate", "people"),
        Column(
            STORE_COMPLETENESS,
            "float",
            "stores of the run / official count of the prefecture; null where there is none",
            "0-1",
            nullable=True,
            optional=True,
        ),
    ),
    (
        AREA_LEVEL,
        AREA_CODE,
        YEAR,
        POPULATION_SOURCE,
        AGE_GROUP,
        SERVICE,
        MODE,
        METRIC,
        PRESET,
        CUTOFF,
        CUTOFF_UNIT,
    ),
)

TRANSIT = Table(
    "transit",
    (
        _MESH,
        _PREF,
        Column(PRESET, "str", "definition of 交通空白"),
        Column(METRIC, "str", "road or straight"),
        Column(TRANSIT_CLASS, "str", "one of TRANSIT_CLASSES, or no_road"),
        *(
            Column(name, "float", "share of the cell in this class", "0-1", nullable=True)
            for name in CLASS_SHARES
        ),
    ),
    (MESH_CODE, PREF_CODE, PRESET, METRIC),
)
"""交通空白 class of each cell by each definition."""

SERVICE_QUALITY = Table(
    "service_quality",
    (
        _MESH,
        _PREF,
        Column(METRIC, "str", "road or straight"),
        Column(QUALITY, "str", "one of QUALITIES, or no_road"),
        *(
            Column(name, "float", "share of the cell in this class", "0-1", nullable=True)
            for name in QUALITY_SHARES
        ),
    ),
    (MESH_CODE, PREF_CODE, METRIC),
)
"""Quality of public transport A to F of each cell, by this program's own bands (試案)."""

MUNICIPALITIES = Table(
    "municipalities",
    (
        Column(MUNI_CODE, "str", "municipality or ward (JIS X 0402, 5 digits)"),
        Column(PREF_CODE, "str", "prefecture (JIS X 0401)"),
        Column(NAME, "str", "Japanese name; a ward's with its city's in front"),
        Column("city_code", "str", "designated city of a ward", nullable=True),
    ),
    (MUNI_CODE,),
)
"""With a ``geometry`` column (one row per municipality) where it is a GeoDataFrame."""

TABLES = (
    ORIGINS,
    ORIGIN_AREAS,
    POPULATION_YEARS,
    DESTINATIONS,
    STATION_PASSENGERS,
    DEPARTURES,
    STOP_SERVICE,
    STOP_PLACES,
    ACCESS,
    COVERED,
    COVERAGE,
    TRANSIT,
    SERVICE_QUALITY,
    MUNICIPALITIES,
)
