"""A process of its own for libosmium: the same as here, and whatever ends it is one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import pytest
from network_reference import shipped_settings

from coverage_gis.errors import InputError, WorkerError
from coverage_gis.network.osm_ways import tag_keys
from coverage_gis.sources import osm_apart
from coverage_gis.sources.osm import read_osm
from coverage_gis.sources.osm_apart import read_apart
from coverage_gis.sources.osm_file import read_file
from fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = shipped_settings()
KEYS = tag_keys(SETTINGS.network)
PATIENCE_S = 60.0
XML = """<osm version="0.6" timestamp="2026-01-01T00:00:00Z">
<node id="1" version="1" lon="137.0" lat="36.5"/><node id="2" version="1" lon="137.001" lat="36.5"/>
<node id="3" version="1" lon="137.0" lat="36.6"><tag k="shop" v="supermarket"/></node>
<way id="9" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="10" version="1"><nd ref="2"/><nd ref="7"/><nd ref="1"/><tag k="highway" v="path"/></way>
<way id="11" version="1"><nd ref="7"/><nd ref="8"/><tag k="shop" v="supermarket"/></way></osm>"""
CORPUS = Path(__file__).parents[1] / "fuzz/corpus"


@pytest.fixture
def xml(tmp_path: Path) -> Path:
    path = tmp_path / "x.osm"
    path.write_text(XML, encoding="utf-8")
    return path


@pytest.mark.parametrize("bounds", [None, (137.0, 36.45, 138.0, 36.55)])
def test_the_same_as_in_this_process(
    xml: Path, bounds: tuple[float, float, float, float] | None
) -> None:
    before = {("other",) * len(KEYS): 0}
    numbers = [dict(before), dict(before)]
    apart = read_apart(xml, SETTINGS, KEYS, numbers[0], bounds)
    here = read_file(xml, SETTINGS, KEYS, numbers[1], bounds)
    for name, array in vars(here.pieces()).items():
        np.testing.assert_array_equal(array, getattr(apart.pieces(), name), err_msg=name)
    for name in ("edition", "clipped", "empty", "outside"):
        assert getattr(apart, name) == getattr(here, name), name
    assert apart.places.table().equals(here.places.table())
    assert apart.places.lost == here.places.lost == 1
    assert numbers[0] == numbers[1]


def test_its_errors_are_raised_here(xml: Path) -> None:
    xml.write_text(XML.replace('lat="36.5"', 'lat="36.5?"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.osm cannot be read as OpenStreetMap data"):
        read_osm([xml], bounds=None, settings=SETTINGS)


def test_a_block_that_ends_libosmium_is_a_sentence(tmp_path: Path) -> None:
    """The decoder of our own refuses this block; a file of rare features never comes to it."""
    path = tmp_path / "x.osm.pbf"

    def put(name: str) -> None:
        content = TARGETS["osm-pbf-block"].wrap((CORPUS / "osm-pbf-block" / name).read_bytes())
        path.write_bytes(content.replace(b"DenseNodes", b"Historical"))

    put("whole1")
    assert len(read_osm([path], bounds=None, settings=SETTINGS).ways.way_id) == 1
    put("found-string-beyond-last")
    with pytest.raises(InputError, match=r"x\.osm\.pbf cannot be read as OpenStreetMap data"):
        read_osm([path], bounds=None, settings=SETTINGS)


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_signal_from_within_is_damage(
    xml: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    no_core = "import os, resource as r; r.setrlimit(r.RLIMIT_CORE, (0, 0)); "
    monkeypatch.setattr(osm_apart, "_SERVE", f"{no_core} os.kill(os.getpid(), {number})")
    with pytest.raises(InputError, match="it ended libosmium"):
        read_apart(xml, SETTINGS, KEYS, {}, None)


def test_killed_from_outside_is_no_damage(xml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osm_apart, "_SERVE", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(WorkerError, match="memory ran out"):
        read_apart(xml, SETTINGS, KEYS, {}, None)


def test_a_process_that_cannot_begin_says_why(xml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osm_apart, "_SERVE", "raise SystemExit('no such library')")
    with pytest.raises(WorkerError, match="ended early: no such library"):
        read_apart(xml, SETTINGS, KEYS, {}, None)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
def test_it_ends_when_its_caller_is_killed(tmp_path: Path) -> None:
    fifo = tmp_path / "x.osm"
    os.mkfifo(fifo)
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = [sys.argv[2]]\n"
        "from test_osm_apart import KEYS, SETTINGS, read_apart\n"
        "read_apart(Path(sys.argv[1]), SETTINGS, KEYS, {}, None)"
    )
    command = [sys.executable, "-c", code, str(fifo), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, env=environment) as caller:  # noqa: S603 - ours
        until(lambda: children(caller.pid) != [])
        [child] = children(caller.pid)
        with os.fdopen(opened(fifo), "wb", buffering=0) as endless:
            endless.write(b'<osm version="0.6">')
            caller.kill()
            until(lambda: not takes_more(endless))
    until(lambda: not Path(f"/proc/{child}").exists())


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    return [int(c) for t in tasks.iterdir() for c in (t / "children").read_text().split()]


def opened(fifo: Path) -> int:
    """Return the writing end, once somebody reads from it."""
    found: list[int] = []

    def reader_is_there() -> bool:
        with suppress(OSError):
            found.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        return found != []

    until(reader_is_there)
    return found[0]


def takes_more(endless: IO[bytes]) -> bool:
    try:
        endless.write(b'<node id="1" lon="137" lat="36"><tag k="shop" v="supermarket"/></node>')
    except BrokenPipeError:
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
