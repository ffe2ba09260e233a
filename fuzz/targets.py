"""What is fuzzed: one target per format that the program reads.

A target writes the bytes it is given to a file with the name that a publisher would give it, and
has it read. A table, or an error of ours in one sentence, is right; everything else is a finding.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from coverage_gis.errors import CoverageGisError, InputError
from coverage_gis.sources.boundaries import read_n03
from coverage_gis.sources.facilities_ksj import read_p14, read_p20, read_p29, read_p30
from coverage_gis.sources.found import Found
from coverage_gis.sources.gtfs import read_gtfs
from coverage_gis.sources.inventory import scan_report
from coverage_gis.sources.medical_areas_a38 import read_a38
from coverage_gis.sources.medical_p04 import read_p04
from coverage_gis.sources.mhlw import read_mhlw_care, read_mhlw_medical
from coverage_gis.sources.municipal import read_municipal
from coverage_gis.sources.osm import decoded, read_osm
from coverage_gis.sources.osm_file import read_file
from coverage_gis.sources.osmnx_graph import read_graphml
from coverage_gis.sources.passengers_s12 import read_passengers, read_s12
from coverage_gis.sources.planned_stops import read_planned_stops
from coverage_gis.sources.population import read_estat, read_mesh_csv
from coverage_gis.sources.population_future import read_future
from coverage_gis.sources.population_raster import read_raster
from coverage_gis.sources.references import read_references
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.sources.shelters_gsi import read_gsi
from coverage_gis.sources.small_areas import read_small_areas
from coverage_gis.sources.stations_n02 import read_n02
from coverage_gis.sources.stops_p11 import read_p11
from coverage_gis.sources.zones import read_zones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LONGEST_SENTENCE = 600


@dataclass(frozen=True)
class Target:
    """One format.

    Attributes
    ----------
    file
        Name of the file that is written.
    read
        What reads it, given its path.
    wrap
        Makes the file's content of the fuzzer's bytes: what is around them stays whole, so that
        the fuzzer need not find a checksum or a compression by chance.
    """

    file: str
    read: Callable[[Path], Any]
    wrap: Callable[[bytes], bytes] = field(default=lambda data: data)


def answer(name: str, data: bytes, folder: Path) -> str | None:
    """Give ``data`` to a target; return its refusal, None if it made something of them.

    Raises
    ------
    AssertionError
        If the refusal is no single sentence. Whatever else the reader raises comes through.
    """
    target = TARGETS[name]
    path = folder / target.file
    path.write_bytes(target.wrap(data))
    try:
        target.read(path)
    except CoverageGisError as error:
        sentence = str(error)
        if not sentence or "\n" in sentence or len(sentence) > LONGEST_SENTENCE:
            raise AssertionError(f"{name}: no sentence: {sentence!r}") from error
        return sentence
    return None


@cache
def _settings() -> Any:
    return load_settings()


def _found(reader: Callable[..., Any], kind: str, **detail: str) -> Callable[[Path], Any]:
    return lambda path: reader(Found(path, None, kind, "", detail))


def _member(reader: Callable[[Found], Any], kind: str, name: str) -> Callable[[Path], Any]:
    return lambda path: reader(Found(path, name, kind, ""))


def _osm(path: Path) -> Any:
    """Read with libosmium, and here: what ends it is handled, and found none the less."""
    return read_osm([path], bounds=None, settings=_settings(), reader=read_file)


def _osm_pbf(path: Path) -> Any:
    """Read with our own decoder alone, as fast as can be."""
    return read_osm([path], bounds=None, settings=_settings(), reader=partial(decoded, rare=_rare))


def _rare(path: Path, *_: Any) -> Any:
    raise InputError(f"{path.name} would be left to libosmium.")


def _scanned(path: Path) -> Any:
    """Read all that is recognised, as a run does."""
    return scan_report(path.parent.parent, path.parent.name)


def _block(data: bytes) -> bytes:
    """Return a PBF file with one block that is not compressed."""
    blob = b"\x0a" + _varint(len(data)) + data
    head = b"\x0a\x07OSMData\x18" + _varint(len(blob))
    return _pbf_header() + len(head).to_bytes(4, "big") + head + blob


def _pbf_header() -> bytes:
    features = b"".join(b"\x22" + _varint(len(f)) + f for f in (b"OsmSchema-V0.6", b"DenseNodes"))
    blob = b"\x0a" + _varint(len(features)) + features
    head = b"\x0a\x09OSMHeader\x18" + _varint(len(blob))
    return len(head).to_bytes(4, "big") + head + blob


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


FEED: Mapping[str, str] = {
    "agency.txt": "agency_id,agency_name\n1,試験バス\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nA,A停,36.7,137.0\nB,B停,36.7,137.01\n",
    "routes.txt": "route_id,route_short_name,route_type\nR,R,3\n",
    "trips.txt": "route_id,service_id,trip_id,direction_id\nR,S,T0,0\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "T0,6:00:00,6:00:00,A,0\nT0,6:01:00,6:01:00,B,1\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nS,1,1,1,1,1,1,1,20240401,20250331\n",
    "calendar_dates.txt": "service_id,date,exception_type\nS,20240501,2\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\n"
    "T0,6:00:00,9:00:00,600,0\n",
}
"""A feed of which one file at a time is the fuzzer's."""


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip, always of the same bytes for the same members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _feed_with(name: str) -> Callable[[bytes], bytes]:
    rest = {n: text.encode() for n, text in FEED.items()}
    return lambda data: zipped({**rest, name: data})


_GTFS = _found(read_gtfs, "gtfs")
SHAPEFILE, SHAPEFILE_ZIP = "P11-22_16.shp", "P11-22_16_SHP.zip"
TARGETS: Mapping[str, Target] = {
    "osm-pbf": Target("x.osm.pbf", _osm_pbf),
    "osm-pbf-block": Target("x.osm.pbf", _osm_pbf, _block),
    "osm-xml": Target("x.osm", _osm),
    "graphml": Target(
        "x.graphml", lambda p: read_graphml([Found(p, None, "graphml", "")], _settings().network)
    ),
    "gtfs-zip": Target("feed.zip", _GTFS),
    **{
        f"gtfs-{n.removesuffix('.txt').replace('_', '-')}": Target("feed.zip", _GTFS, _feed_with(n))
        for n in ("stops.txt", "trips.txt", "stop_times.txt", "calendar.txt", "frequencies.txt")
    },
    "estat": Target("tblT001141H16.txt", _found(read_estat, "estat-mesh")),
    "mesh-csv": Target("mesh.csv", _found(read_mesh_csv, "mesh-csv")),
    "future": Target(
        "500m_mesh_2024_16.geojson",
        lambda p: read_future([Found(p, None, "mesh-future", "")], "16"),
    ),
    "raster": Target("pop_2025.tif", _found(read_raster, "population-raster")),
    "municipal-csv": Target("病院.csv", _found(read_municipal, "municipal")),
    "municipal-xlsx": Target("病院.xlsx", _found(read_municipal, "municipal")),
    "gsi": Target("mergeFromCity_1.csv", _found(read_gsi, "gsi-shelter")),
    "mhlw-medical": Target(
        "01-1_hospital_x.csv", _found(read_mhlw_medical, "mhlw-medical", **{"class": "hospital"})
    ),
    "mhlw-care": Target("jigyosho_150.csv", _found(read_mhlw_care, "mhlw-care")),
    "ksj-boundaries": Target(
        "N03-21_16.geojson", lambda p: read_n03(Found(p, None, "n03", "N03-2021"), "16")
    ),
    "ksj-medical": Target("P04-20_16.geojson", _found(read_p04, "p04")),
    "ksj-gml": Target("P04-20_16.xml", _found(read_p04, "p04")),
    "ksj-stops": Target("P11-22_16.geojson", _found(read_p11, "p11")),
    "ksj-shapefile": Target(SHAPEFILE_ZIP, _member(read_p11, "p11", SHAPEFILE)),
    "ksj-stations": Target(
        "N02-20_Station.geojson",
        lambda p: read_n02(Found(p, None, "n02", ""), (137.0, 36.0, 138.0, 37.0)),
    ),
    "ksj-welfare": Target("P14-23_16.geojson", _found(read_p14, "p14")),
    "ksj-shelters": Target("P20-12_16.geojson", _found(read_p20, "p20")),
    "ksj-schools": Target("P29-23_16.geojson", _found(read_p29, "p29")),
    "ksj-post-offices": Target("P30-13_16.geojson", _found(read_p30, "p30")),
    "ksj-medical-areas": Target("A38-20_16_2.geojson", _found(read_a38, "a38")),
    "ksj-stations-used": Target("S12-25.geojson", _found(read_s12, "s12")),
    "ksj-passengers": Target("S12-25.geojson", _found(read_passengers, "s12")),
    "small-areas": Target("r2ka16.geojson", _found(read_small_areas, "small-area")),
    "zones": Target("zone.geojson", _found(read_zones, "zone")),
    "planned-stops": Target("plan.csv", read_planned_stops),
    "references-csv": Target("published.csv", read_references),
    "references-xlsx": Target("published.xlsx", read_references),
    "settings": Target("mine.toml", load_settings),
    "inventory-zip": Target("any.zip", _scanned),
}
