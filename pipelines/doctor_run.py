"""``doctor``: is this machine fit to run, and what to paste into a report of a fault."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import coverage_gis
from coverage_gis.errors import CoverageGisError
from pipelines.console import Console
from pipelines.keys import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_GB = 1024**3
# What the demo needs, with room.
_MEMORY_GB, _DISK_GB = 4, 2
_GOOD, _DOUBTFUL, _BAD = "ok", "warning", "FAULT"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and what was found."""

    state: str
    what: str
    words: str


def run_doctor(out: Path) -> int:
    """Look at the machine and print what was found.

    Parameters
    ----------
    out
        Where results would go: its disk is looked at.

    Returns
    -------
    int
        0 where everything needed works, 1 where something does not.
    """
    console = Console()
    console.tell(f"coverage-gis {coverage_gis.__version__}: paste all of this into a fault report.")
    faults = 0
    for finding in findings(out):
        console.tell(f"  {finding.state:<8} {finding.what:<12} {finding.words}")
        faults += finding.state == _BAD
    console.tell("Everything needed works." if not faults else f"{faults} faults: see above.")
    return 0 if not faults else 1


def findings(out: Path) -> Iterator[Finding]:
    """Yield what is found, one thing after the other; a failure is a finding too."""
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("python", _python),
        ("system", _system),
        ("libraries", _libraries),
        ("gdal, proj", _gdal_and_proj),
        ("font", _font),
        ("leaflet", _leaflet),
        ("memory", _memory),
        ("disk", lambda: _disk(out)),
        ("temporary", _temporary),
    )
    for what, look in looks:
        yield _tried(what, look)
    yield from _self_test()


def _tried(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - whatever is broken here is the answer
        return Finding(_BAD, what, f"{type(error).__name__}: {error}")


def _python() -> Finding:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    words = f"{platform.python_version()} ({platform.python_implementation()}), 3.11 to 3.13 needed"
    return Finding(_GOOD if good else _BAD, "python", words)


def _system() -> Finding:
    words = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    return Finding(_GOOD, "system", words)


def _libraries() -> Finding:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    return Finding(_GOOD, "libraries", ", ".join(versions))


def _gdal_and_proj() -> Finding:
    import pyogrio  # noqa: PLC0415 - an import that fails is a finding
    import pyproj  # noqa: PLC0415
    import rasterio  # noqa: PLC0415

    drivers = pyogrio.list_drivers(write=True)
    lacking = [d for d in ("ESRI Shapefile", "GPKG", "GeoJSON") if d not in drivers]
    words = (
        f"pyogrio's GDAL {pyogrio.__gdal_version_string__}, rasterio's "
        f"{rasterio.__gdal_version__}, PROJ {pyproj.proj_version_str}, "
        f"its data in {pyproj.datadir.get_data_dir()}"
    )
    if lacking:
        return Finding(_BAD, "gdal, proj", f"{words}; cannot write {', '.join(lacking)}")
    return Finding(_GOOD, "gdal, proj", words)


def _font() -> Finding:
    from coverage_gis.report.pen import Pen  # noqa: PLC0415 - a finding if it fails

    sample = "交通空白カバー率"
    if Pen().plain(sample) != sample:
        return Finding(_BAD, "font", "the Japanese font lacks characters; make install again")
    return Finding(_GOOD, "font", "Japanese in PNG and PDF, from matplotlib-fontja")


def _leaflet() -> Finding:
    from coverage_gis.maps.assets import leaflet_js  # noqa: PLC0415 - a finding if it fails

    return Finding(_GOOD, "leaflet", f"{len(leaflet_js()):,} characters, from XStatic-Leaflet")


def _memory() -> Finding:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return Finding(_GOOD, "memory", "this system does not say")
    gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GB
    state = _GOOD if gigabytes >= _MEMORY_GB else _DOUBTFUL
    return Finding(state, "memory", f"{gigabytes:.1f} GB, {_MEMORY_GB} GB or more advised")


def _disk(out: Path) -> Finding:
    folder = next(p for p in (out.resolve(), *out.resolve().parents) if p.is_dir())
    free = shutil.disk_usage(folder).free / _GB
    if not os.access(folder, os.W_OK):
        return Finding(_BAD, "disk", f"{folder} cannot be written to; choose another OUT")
    state = _GOOD if free >= _DISK_GB else _DOUBTFUL
    return Finding(state, "disk", f"{free:.1f} GB free in {folder}, {_DISK_GB} GB or more advised")


def _temporary() -> Finding:
    with tempfile.NamedTemporaryFile(prefix="coverage_gis_") as file:
        file.write(b"x")
        file.flush()
        free = shutil.disk_usage(tempfile.gettempdir()).free / _GB
    return Finding(_GOOD, "temporary", f"{tempfile.gettempdir()}, {free:.1f} GB free")


def _self_test() -> Iterator[Finding]:
    """Yield a finding per known number; the first compilation takes most of the time."""
    started = time.perf_counter()
    try:
        from pipelines.self_test import KNOWN  # noqa: PLC0415 - a finding if it fails
    except (ImportError, OSError, CoverageGisError) as error:
        yield Finding(_BAD, "self-test", f"{type(error).__name__}: {error}")
        return
    for known in KNOWN:
        yield _tried(known.__name__, lambda known=known: Finding(_GOOD, "self-test", known()))  # type: ignore[misc]
    yield Finding(_GOOD, "self-test", f"took {time.perf_counter() - started:.1f} s")
