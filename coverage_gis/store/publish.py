"""Putting a run's files in place together, so that no kill leaves half of a result.

Files are written to a hidden folder beside the final one (on the same file system). At the
end they are flushed to the disk, a journal is written beside them, and only then are they
moved, one ``os.replace`` each. Killed before the journal, the old result is untouched and
the hidden folder is thrown away at the next start; killed after it, the next start
(:func:`recover`) finishes the moves. With several folders (tables and maps) the journal of
the first decides for all of them.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from coverage_gis.errors import OutputError
from coverage_gis.store.atomic import explained, sync_file, sync_folder, write_text
from coverage_gis.store.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["PUBLISHED", "Staging", "locked", "publishing", "recover"]

PUBLISHED = ".published"
"""List of the files a run put into a folder: only these are ever removed by a later one."""

_JOURNAL = "journal.json"
_FILES = "files"


@dataclass(frozen=True)
class _Pair:
    """A final folder and its hidden one; ``hidden / "files"`` mirrors ``final``."""

    final: Path
    hidden: Path

    @classmethod
    def of(cls, folder: Path) -> _Pair:
        """Return the pair for ``folder``: beside it, or within where that is another disk."""
        final = folder.resolve()
        parent = final.parent
        if final.is_dir() and final.stat().st_dev != parent.stat().st_dev:
            return cls(final, final / ".staging")
        return cls(final, parent / f".{final.name}.staging")

    @property
    def files(self) -> Path:
        """Where the new files are written."""
        return self.hidden / _FILES

    @property
    def journal(self) -> Path:
        """What tells that the new files are complete, and what to do with them."""
        return self.hidden / _JOURNAL


class Staging:
    """Where a run writes what is to be published."""

    def __init__(self, pairs: Sequence[_Pair], finals: Sequence[Path]) -> None:
        self._pairs = dict(zip(finals, pairs, strict=True))
        self._kept: dict[Path, set[str]] = {final: set() for final in finals}

    def folder(self, final: Path) -> Path:
        """Return the folder to write to in place of ``final``."""
        return self._pairs[final].files

    def keep(self, final: Path, relative: str) -> None:
        """Say that a file of the previous result is still right and stays.

        Raises
        ------
        OutputError
            If there is no such file.
        """
        name = PurePosixPath(relative).as_posix()
        if not (self._pairs[final].final / name).is_file():
            raise OutputError(f"{final / name} is no longer there; run again with FORCE=1.")
        self._kept[final].add(name)

    def plan(self, last: Sequence[str]) -> list[tuple[_Pair, dict[str, list[str]]]]:
        """Return each folder's journal, now that everything is written."""
        return [
            (pair, _journal(pair, kept=self._kept[final], last=last))
            for final, pair in self._pairs.items()
        ]


@contextmanager
def publishing(*finals: Path, last: Sequence[str] = ("run.json",)) -> Iterator[Staging]:
    """Stage files for ``finals`` and put them in place together when the body succeeds.

    Call it inside :func:`locked` of the first folder. Files of the previous publication
    that are neither written nor kept now are removed; files that somebody else put there
    stay. If the body raises, nothing has changed.

    Parameters
    ----------
    finals
        Output folders; the first holds the run record and is filled last.
    last
        Names, relative to the first folder, put in place after everything else.

    Raises
    ------
    OutputError
        If the files cannot be written or moved. Where the journal was written already,
        the next start finishes the move.
    """
    recover(*finals)
    pairs = [_Pair.of(final) for final in finals]
    try:
        for pair in pairs:
            with explained(pair.final):
                pair.files.mkdir(parents=True)
        staging = Staging(pairs, finals)
        yield staging
        plan = staging.plan(last)
        for pair, _ in plan:
            with explained(pair.final):
                _sync_tree(pair.files)
        for pair, journal in reversed(plan):  # the first folder's decides: it comes last
            write_text(pair.journal, json.dumps(journal, ensure_ascii=False, indent=1))
    except BaseException:
        if not pairs[0].journal.exists():
            for pair in pairs:
                shutil.rmtree(pair.hidden, ignore_errors=True)
        raise
    _finish(pairs)


def recover(*finals: Path) -> bool:
    """Finish or throw away what a killed run left; call it inside :func:`locked`.

    Returns
    -------
    bool
        Whether a publication was finished that had only been begun.

    Raises
    ------
    OutputError
        If files cannot be moved or removed.
    """
    pairs = [_Pair.of(final) for final in finals]
    if pairs[0].journal.is_file():
        _finish(pairs)
        return True
    for pair in pairs:
        with explained(pair.hidden):
            if pair.hidden.exists():
                shutil.rmtree(pair.hidden)
    return False


def _journal(pair: _Pair, *, kept: set[str], last: Sequence[str]) -> dict[str, list[str]]:
    """Return what to move, in order, and what to remove; writes the list of files too."""
    new = {p.relative_to(pair.files).as_posix() for p in pair.files.rglob("*") if p.is_file()}
    write_text(pair.files / PUBLISHED, "".join(f"{n}\n" for n in sorted(new | kept)))
    old = _published(pair.final)
    at_end = [n for n in last if n in new]
    return {
        "move": [*sorted(new - set(at_end)), PUBLISHED],
        "remove": sorted(old - new - kept),
        "last": at_end,
    }


def _published(final: Path) -> set[str]:
    """Return the files the previous publication put into ``final``, and that lie within it."""
    listing = final / PUBLISHED
    if not listing.is_file():
        return set()
    names = listing.read_text(encoding="utf-8").splitlines()
    return {n for n in names if n and (final / n).resolve().is_relative_to(final)}


def _finish(pairs: Sequence[_Pair]) -> None:
    """Carry out the journals; every step may be repeated, so that a kill does no harm."""
    plans = [
        (pair, json.loads(pair.journal.read_text(encoding="utf-8")))
        for pair in pairs
        if pair.journal.is_file()
    ]
    for step in ("move", "remove", "last"):
        for pair, plan in reversed(plans):
            for name in plan[step]:
                with explained(pair.final / name):
                    _remove(pair, name) if step == "remove" else _move(pair, name)
    for pair, _ in plans:
        with explained(pair.final):
            _sync_folders(pair.final)
    for pair in reversed(pairs):
        _discard(pair)


def _move(pair: _Pair, name: str) -> None:
    source, target = pair.files / name, pair.final / name
    if not source.exists():  # a run before this one came as far as here
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _remove(pair: _Pair, name: str) -> None:
    target = pair.final / name
    target.unlink(missing_ok=True)
    for folder in target.parents:
        if folder == pair.final or not folder.is_dir() or any(folder.iterdir()):
            break
        folder.rmdir()


def _discard(pair: _Pair) -> None:
    """Remove a hidden folder, its journal after the files, which are in place by now."""
    with explained(pair.hidden):
        if pair.hidden.exists():
            shutil.rmtree(pair.files, ignore_errors=True)
            pair.journal.unlink(missing_ok=True)
            shutil.rmtree(pair.hidden)


def _sync_tree(top: Path) -> None:
    for folder, _, names in os.walk(top):
        for name in names:
            sync_file(Path(folder) / name)
        sync_folder(Path(folder))


def _sync_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top):
        sync_folder(Path(folder))
