"""What the user of ``japan`` asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coverage_gis.codes import prefecture
from coverage_gis.errors import InputError, MissingInputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_gis.codes.prefecture import Prefecture
    from pipelines.stage import Options

NAME = "japan"
"""Folder of the national results, beside the prefectures' own."""


@dataclass(frozen=True)
class JapanOptions:
    """How the prefectures are run.

    Attributes
    ----------
    one
        Options of each prefecture's run; its ``pref`` is replaced.
    prefs
        What the user typed for some prefectures; none means all whose raw data is there.
    scheduler
        Address of a Dask scheduler, or None for a cluster of this machine's own.
    workers, memory
        Of that own cluster: processes, and memory of each ("4GB"); None decides by the machine.
    dashboard
        Port of the dashboard on this machine, 0 for any free one, None for no dashboard.
    force
        Compute every stage again.
    reference
        CSV of published figures to compare with, or None.
    send_to
        ``s3://``, ``gs://`` ... where the results are sent when they are in place, or None.
    """

    one: Options
    prefs: tuple[str, ...] = ()
    scheduler: str | None = None
    workers: int | None = None
    memory: str | None = None
    dashboard: int | None = 0
    force: bool = False
    reference: Path | None = None
    send_to: str | None = None

    @property
    def out_dir(self) -> Path:
        """Where the national tables go."""
        return self.one.out / NAME

    @property
    def maps_dir(self) -> Path:
        """Where the national map goes."""
        return self.one.maps / NAME

    def of(self, pref: Prefecture) -> Options:
        """Return the options of one prefecture's run."""
        return replace(self.one, pref=pref, shared=self.shared)

    @property
    def shared(self) -> Path:
        """Where inputs are decoded that several prefectures use."""
        return self.out_dir / ".work" / "shared"


def chosen(options: JapanOptions) -> list[Prefecture]:
    """Return the prefectures to run, by code.

    Raises
    ------
    InputError
        If a name is no prefecture's, or the demo's.
    MissingInputError
        If there is no raw data of any, or none of one that was named.
    """
    raw = options.one.raw
    if not raw.is_dir():
        raise MissingInputError(
            f"The input folder {raw} does not exist; create it, with a folder for each prefecture "
            "(01 to 47) and regional and national files at its top, or name another with RAW=."
        )
    if options.prefs:
        return _named(options.prefs, raw)
    found = [p for p in prefecture.PREFECTURES.values() if _is_there(p, raw)]
    if not found:
        raise MissingInputError(
            f"There is no prefecture's raw data in {raw}: put it into folders 01 to 47, or try "
            "make fetch PREF=16."
        )
    return found


def _named(names: Sequence[str], raw: Path) -> list[Prefecture]:
    out = {p.code: p for p in map(prefecture.resolve, names)}
    if prefecture.DEMO in out:
        raise InputError("The demo prefecture (00) is in no country; run it with make coverage.")
    missing = [code for code, p in sorted(out.items()) if not _is_there(p, raw)]
    if missing:
        raise MissingInputError(
            f"There is no raw data of {', '.join(missing)} in {raw}: put it into "
            f"{raw / missing[0]}, or leave it out of PREFS."
        )
    return [out[code] for code in sorted(out)]


def _is_there(pref: Prefecture, raw: Path) -> bool:
    home = raw / pref.code
    return pref.code != prefecture.DEMO and home.is_dir() and any(home.iterdir())
