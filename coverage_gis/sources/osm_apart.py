"""What only libosmium reads, read in a process of its own.

libosmium is C++: a damaged file can end the process that reads it, without a word. Here that is
another one than the caller's, who gets a sentence. It costs about a second.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from coverage_gis.errors import InputError, WorkerError
from coverage_gis.sources.osm_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from coverage_gis.network.osm_ways import RawPieces
    from coverage_gis.settings import Settings
    from coverage_gis.sources.osm_file import Bounds, TagSets

__all__ = ["FileApart", "PlacesApart", "read_apart", "serve"]

# Not `-m`: the module would be there twice, and pickle would not know the one from the other.
_SERVE = "from coverage_gis.sources.osm_apart import serve; serve()"
_KILLED = -9
_MOST_EXIT = 255
"""Beyond it Windows says by which fault a process ended; elsewhere a signal is below 0."""


@dataclass
class PlacesApart:
    """The places of a file; the same as `osm_places.PlaceCollector` says."""

    lost: int
    rows: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return one row per place and tag."""
        return self.rows


@dataclass
class FileApart:
    """What one file holds; the same as `osm_file.OsmFile` says."""

    edition: str
    clipped: int
    empty: int
    outside: int
    places: PlacesApart
    roads: RawPieces

    def pieces(self) -> RawPieces:
        """Return the pieces of ways."""
        return self.roads


def read_apart(
    path: Path,
    settings: Settings,
    keys: tuple[str, ...],
    tagsets: TagSets,
    bounds: Bounds | None,
) -> FileApart:
    """Return what `osm_file.read_file` gives, from a process of its own.

    Raises
    ------
    InputError
        If the file is broken, its ways come before its nodes, or libosmium ended over it.
    WorkerError
        If the process was killed, or could not begin.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (
        tempfile.TemporaryFile() as words,
        subprocess.Popen(  # noqa: S603 - this interpreter, our code
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            env=environment,
        ) as child,
    ):
        told = _ask(child, (path, settings, keys, tagsets, bounds))
        if told is None:
            raise _ended(path, child.wait(), words)
    found, numbers = told
    if isinstance(found, BaseException):
        raise found
    tagsets.update(numbers)
    return found  # type: ignore[no-any-return]


def _ask(child: subprocess.Popen[bytes], question: Any) -> Any:
    """Return the answer of the process, None if it ended without one."""
    if child.stdin is None or child.stdout is None:  # pragma: no cover - asked for above
        raise RuntimeError(question)
    try:
        pickle.dump(question, child.stdin)
        child.stdin.flush()
        return pickle.load(child.stdout)  # noqa: S301 - from our own code, by a pipe nobody else has
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        return None


def _ended(path: Path, code: int, words: IO[bytes]) -> Exception:
    """Return the error that says why the process ended without an answer."""
    words.seek(0)
    last = words.read().decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    if code == _KILLED:
        return WorkerError(
            f"The process that read {path.name} was ended from outside, most likely because memory "
            "ran out: take a smaller extract, or a machine with more."
        )
    if not 0 <= code <= _MOST_EXIT:
        error: Exception = InputError(
            f"{path.name} cannot be read as OpenStreetMap data (it ended libosmium): "
            "it is damaged; fetch it again."
        )
    else:
        error = WorkerError(f"The process that was to read {path.name} ended early: {last}")
    if last:
        error.add_note(last)
    return error


def serve() -> None:
    """Read the file that is asked for on standard input, and answer on standard output.

    The answer is (what was found or the error, tag sets).
    """
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)  # what libraries print must not come between
        path, settings, keys, tagsets, bounds = pickle.load(sys.stdin.buffer)  # noqa: S301 - as above
        threading.Thread(target=_end_with_caller, daemon=True).start()
        try:
            found: Any = _told(read_file(path, settings, keys, tagsets, bounds))
        except Exception as error:  # noqa: BLE001 - the caller's to raise
            found = error
        pickle.dump((found, tagsets), answer, protocol=pickle.HIGHEST_PROTOCOL)


def _told(file: Any) -> FileApart:
    places = PlacesApart(file.places.lost, file.places.table())
    return FileApart(file.edition, file.clipped, file.empty, file.outside, places, file.pieces())


def _end_with_caller() -> None:
    """End this process when its caller has closed the pipe, killed or not."""
    os.read(sys.stdin.fileno(), 1)  # not by sys.stdin, whose lock would hold up the end of serve
    os._exit(1)
