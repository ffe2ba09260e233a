"""Write the demo prefecture: all its files, at once, the same bytes every time."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coverage_gis.demo.buses import UNTIMED, make_buses
from coverage_gis.demo.census import make_census
from coverage_gis.demo.facilities import make_facilities
from coverage_gis.demo.formats import (
    dem,
    estat,
    future,
    geojson,
    gsi,
    gtfs,
    ksj_points,
    osm,
    passengers,
    shelter_list,
)
from coverage_gis.demo.formats.archive import write_zip
from coverage_gis.demo.municipalities import make_municipalities
from coverage_gis.demo.network import make_network
from coverage_gis.demo.people import make_people
from coverage_gis.demo.plan import ATTRIBUTION, GENERATOR_VERSION, HOME, make_plan
from coverage_gis.demo.rail import make_rail
from coverage_gis.demo.terrain import make_terrain
from coverage_gis.demo.towns import make_settlement
from coverage_gis.errors import OutputError

if TYPE_CHECKING:
    from coverage_gis.demo.plan import Plan, Site
    from coverage_gis.progress import Progress

MANIFEST: Final = ".demo_manifest.json"
"""Name of the file that says what the folder was generated from."""

_STEPS = 10


def generate(
    out: Path,
    *,
    cells: int = 3000,
    nodes: int = 60_000,
    seed: int = 0,
    site: Site = HOME,
    progress: Progress | None = None,
) -> list[Path]:
    """Write the demo prefecture (架空県, code 00) into the folder ``out``.

    The folder appears as a whole or not at all: files are written beside it first. A folder
    that this function wrote before is replaced.

    Parameters
    ----------
    out
        Folder to write; its parents are made.
    cells
        Populated 500 m cells, exactly.
    nodes
        Road nodes, to within a few per cent from 10,000 up.
    seed
        Another seed gives another prefecture.
    site
        Write it as another prefecture at another place, for countries of several.
    progress
        Told of steps done.

    Returns
    -------
    list of Path
        The data files, sorted; the manifest is not among them.

    Raises
    ------
    InputError
        If a size is out of range.
    OutputError
        If ``out`` holds files that this function did not write, or cannot be written.
    """
    plan = make_plan(cells, nodes, seed)
    _check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            road_nodes = _write_all(plan, work, site, progress)
            _write_manifest(plan, work, road_nodes)
            work.chmod(0o755)  # mkdtemp makes it private
            _replace(out, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"The demo prefecture could not be written to {out}: {error}.") from error
    return sorted(p for p in out.iterdir() if p.name != MANIFEST)


def is_current(out: Path) -> bool:
    """Tell whether ``out`` holds, whole, what :func:`generate` would write there now.

    Of whatever size: a prefecture somebody generated larger or smaller is theirs to keep.
    """
    manifest = _read_manifest(out)
    if manifest is None:
        return False
    if manifest.get("generator_version") != GENERATOR_VERSION:
        return False
    files = manifest.get("files")
    return isinstance(files, dict) and all(
        (out / name).is_file() and (out / name).stat().st_size == size
        for name, size in files.items()
    )


def _write_all(plan: Plan, out: Path, site: Site, progress: Progress | None) -> int:
    """Write all data files into ``out`` and return how many road nodes there are."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, _STEPS)

    terrain = make_terrain(plan)
    settlement = make_settlement(plan, terrain)
    areas = make_municipalities(plan, terrain, settlement)
    step()
    network = make_network(plan, terrain, settlement)
    step()
    people = make_people(plan, terrain, settlement, network, areas)
    areas = areas.as_of(site)
    step()
    census = make_census(plan, people)
    estat.write(out / f"tbl{estat.TABLE}H{site.code}.txt", people, census, site)
    future.write(
        out / f"500m_mesh_2024_{site.code}_GEOJSON.zip", plan, people, census, areas, site=site
    )
    step()
    dem.write(out / f"dem_{site.code}.tif", plan, terrain, site)
    geojson.write_municipalities(out / f"N03-20250101_{site.code}.geojson", areas, site)
    step()
    layer = f"A38-20_{site.code}_2"
    write_zip(
        out / f"A38-20_{site.code}_GML.zip",
        {f"{layer}.geojson": geojson.medical_areas(layer, areas, site)},
    )
    rail = make_rail(plan, terrain, settlement)
    members = {
        "UTF-8/N02-24_RailroadSection.geojson": geojson.lines("N02-24_RailroadSection", rail, site),
        "UTF-8/N02-24_Station.geojson": geojson.stations("N02-24_Station", rail, site),
    }
    write_zip(out / "N02-24_GML.zip", members)
    passengers.write(out / f"{passengers.EDITION}_GML.zip", rail, settlement, site)
    step()
    facilities = make_facilities(plan, settlement, network, people, areas)
    gsi.write_shelters(out / "mergeFromCity_1.csv", facilities.shelters, areas, site)
    gsi.write_sites(out / "mergeFromCity_2.csv", facilities.shelters, areas, site)
    # the other municipalities publish no capacities
    city = Counter(p.muni for p in facilities.shelters).most_common(1)[0][0]
    shelter_list.write_shelter_list(
        out / f"{areas.items[city].code}_shelters.csv", facilities.shelters, areas, city, site
    )
    ksj_points.write_medical(out / f"P04-20_{site.code}_GML.zip", facilities.medical, areas, site)
    ksj_points.write_welfare(out / f"P14-23_{site.code}_GML.zip", facilities.welfare, areas, site)
    step()
    buses = make_buses(plan, settlement, network, rail)
    step()
    for operator in buses.operators:
        if operator.key != UNTIMED:
            gtfs.write_feed(out / f"gtfs_{operator.key}.zip", operator, site)
    ksj_points.write_bus_stops(out / f"P11-22_{site.code}_SHP.zip", buses, site)
    step()
    osm.write(
        out / "kakuu-ken.osm.pbf",
        network.roads,
        facilities.osm,
        rail,
        settlement.places,
        site=site,
    )
    step()
    return len(network.roads.x)


def _arguments(cells: int, nodes: int, seed: int) -> dict[str, int]:
    return {"cells": cells, "nodes": nodes, "seed": seed}


def _write_manifest(plan: Plan, folder: Path, road_nodes: int) -> None:
    manifest = {
        "about": ATTRIBUTION,
        "generator_version": GENERATOR_VERSION,
        "arguments": _arguments(plan.cells, plan.nodes, plan.seed),
        "road_nodes": road_nodes,
        "files": {p.name: p.stat().st_size for p in sorted(folder.iterdir())},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _check_replaceable(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out} is a file; the demo prefecture needs a folder of that name.")
    if any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise OutputError(
            f"{out} holds files that the demo generator did not write; move them away or choose "
            "another folder."
        )


def _replace(out: Path, work: Path) -> None:
    """Put ``work`` in the place of ``out``."""
    if not out.exists():
        work.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    try:
        out.rename(old / "was")
        try:
            work.rename(out)
        except OSError:
            (old / "was").rename(out)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
