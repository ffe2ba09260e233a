"""``coverage``: one prefecture from raw open data to tables, shapefiles and a map."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from coverage_gis.codes import prefecture
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.sources.settings_file import load_settings
from coverage_gis.store.publish import locked, recover
from pipelines import report
from pipelines.console import Console
from pipelines.inputs import inventory_of
from pipelines.publication import publish
from pipelines.runner import WORK, Runner
from pipelines.side_by_side import default_workers, run_stages
from pipelines.stages import stages_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coverage_gis.sources.inventory import Found
    from pipelines.stage import Options, Stage

_RASTER = "population-raster"
_POPULATION = ("estat-mesh", "mesh-csv", _RASTER)
ROADS = ("osm", "graphml")
"""Kinds of files that hold a road network."""


def run_coverage(
    options: Options, *, quiet: bool = False, force: bool = False, workers: int | None = None
) -> None:
    """Run all stages of a prefecture and publish their results.

    Parameters
    ----------
    options
        What to run.
    quiet
        Print only the summary.
    force
        Compute every stage again.
    workers
        Processes for stages that do not wait for each other; None takes what the machine has
        room for. It shows in no result.

    Raises
    ------
    CoverageGisError
        With one sentence for the user; nothing half-written is left.
    """
    console = Console(quiet=quiet)
    settings = load_settings(options.settings_file)
    if options.pref.code == prefecture.DEMO:
        _make_demo(options, console)
    check_raw(options)
    with locked(options.out_dir):
        recover(options.out_dir, options.maps_dir)
        if force:
            shutil.rmtree(options.out_dir / WORK, ignore_errors=True)
        inventory = inventory_of(options)
        console.say(report.title(options))
        for line in report.inventory_lines(inventory, options):
            console.say(line)
        check_inputs(inventory.found, options)
        options = replace(options, unread=inventory.problems)
        runner = Runner(options, settings, inventory.found, console)
        osm_present = any(f.kind in ROADS for f in inventory.found)
        stages = stages_for(options, osm_present=osm_present)
        work = (options, settings, inventory.found)
        done = run_stages(
            runner, stages, work, workers=workers or default_workers(), console=console
        )
        follow(done, runner, stages, options, console)
        written = publish(runner, options, settings, inventory.found)
        for line in report.summary_lines(runner, options, settings, written=written):
            console.tell(line)


def follow(
    done: Iterable[Stage],
    runner: Runner,
    stages: Sequence[Stage],
    options: Options,
    console: Console,
) -> None:
    """Tell of each stage, in the order of the table whichever was done first."""
    finished: set[str] = set()
    told: list[str] = []
    listed = False
    for one in done:
        finished.add(one.name)
        while len(told) < len(stages) and (name := stages[len(told)].name) in finished:
            if name in report.COMPUTATIONS and not listed:
                read = {n: runner.records[n] for n in told}
                for line in report.source_lines(read, options):
                    console.say(line)
                listed = True
            told.append(name)
            line = report.stage_line(runner.records[name], reused=name in runner.reused)
            console.say(f"[{len(told):2d}/{len(stages)}] {line}")


def _make_demo(options: Options, console: Console) -> None:
    """Generate the demo prefecture's raw data unless it is there and up to date."""
    from coverage_gis.demo import generate, is_current  # noqa: PLC0415 - for the demo alone

    folder = options.raw / prefecture.DEMO
    if is_current(folder):
        return
    console.say(f"Generating the demo prefecture (架空県) in {folder}: synthetic, nothing is real.")
    generate(folder, progress=console.progress("架空県"))


def check_raw(options: Options) -> None:
    """Stop where there is no input folder."""
    if not options.raw.is_dir():
        raise MissingInputError(
            f"The input folder {options.raw} does not exist; create it and put the files of "
            f"{options.pref.name_ja} into {options.raw / options.pref.code}, or name another "
            "with RAW=."
        )


def check_inputs(found: Sequence[Found], options: Options) -> None:
    """Stop before any work where the run cannot make sense."""
    home = options.raw / options.pref.code
    if not any(f.kind in _POPULATION for f in found):
        raise MissingInputError(
            f"No population for {options.pref.name_ja}: put an e-Stat census mesh file "
            f"(tblT001141H{options.pref.code}.txt or its zip; statistics GIS, 2020 census, 500 m "
            f"mesh), a CSV with the columns mesh_code,population, or a GeoTIFF of people, into "
            f"{home}, or try make fetch PREF={options.pref.code}."
        )
    if options.by_road and not any(f.kind in ROADS for f in found):
        raise MissingInputError(
            f"No roads for {options.pref.name_ja}: put an OpenStreetMap extract (.osm.pbf, such "
            f"as Geofabrik's for the region) into {home}, or run with DISTANCE=straight for "
            "straight-line figures alone, as the official manuals do."
        )
    if options.mesh_level and not any(
        f.kind == _RASTER or (f.kind in _POPULATION and f.detail.get("level") == options.mesh_level)
        for f in found
    ):
        raise InputError(
            f"No population at the mesh level {options.mesh_level} in {home}; leave LEVEL out to "
            "take what is there."
        )
