"""The command line: ``coverage-gis coverage --pref 16`` and what ``make`` calls."""

from __future__ import annotations

import argparse
import sys
import traceback
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import coverage_gis
from coverage_gis.codes import prefecture
from coverage_gis.errors import CoverageGisError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FAILED, _FAULT, _INTERRUPTED = 2, 70, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done; 2 the input or the settings need mending (one sentence says how); 70 a fault of
    the program; 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        _coverage(options)
    except KeyboardInterrupt:
        _complain("Interrupted; nothing half-written is left, and the next run continues.")
        return _INTERRUPTED
    except (CoverageGisError, MemoryError, OSError) as error:
        if options.debug:
            traceback.print_exc()
        _complain(_sentence(error))
        return _FAILED
    except Exception as error:  # noqa: BLE001 - the last line: users get a sentence, not a traceback
        if options.debug:
            traceback.print_exc()
        _complain(
            f"A fault in coverage_gis, not in your data as far as it can tell "
            f"({type(error).__name__}: {error}). Run again with DEBUG=1 (--debug) and report "
            "what it prints."
        )
        return _FAULT
    return 0


def _coverage(options: argparse.Namespace) -> None:
    # Imported here: `--help` should not wait for the geospatial libraries.
    from pipelines.coverage_run import run_coverage  # noqa: PLC0415
    from pipelines.stage import Options  # noqa: PLC0415

    maps = options.maps or (options.out / "maps" if options.out != Path("data_out") else None)
    run_coverage(
        Options(
            pref=prefecture.resolve(options.pref),
            raw=options.raw,
            out=options.out,
            maps=maps or Path("maps"),
            by_road=options.distance == "road",
            service_date=_date(options.date),
            mesh_level=options.level,
            settings_file=options.settings,
        ),
        quiet=options.quiet,
        force=options.force,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coverage-gis",
        description="Service coverage and 交通空白 of a prefecture from Japanese open data.",
        epilog="Documentation: README.md. Input files: data_raw/README.md.",
    )
    parser.add_argument("--version", action="version", version=coverage_gis.__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser(
        "coverage",
        help="coverage tables, 交通空白 shapefiles and an offline map of one prefecture",
        description="Compute coverage tables, 交通空白 shapefiles and an offline map.",
    )
    add = run.add_argument
    add("--pref", default="00", metavar="PP", help="16, 富山, 富山県 or Toyama; 00 is the demo")
    add("--raw", type=Path, default=Path("data_raw"), help="input folder (default data_raw)")
    add("--out", type=Path, default=Path("data_out"), help="results folder (default data_out)")
    add("--maps", type=Path, help="maps folder (default maps, or OUT/maps with another --out)")
    add(
        "--distance", choices=("road", "straight"), default="road", help="straight: no roads needed"
    )
    add("--date", metavar="YYYY-MM-DD", help="service date (基準日) for trips per day")
    add("--level", choices=("1km", "500m", "250m", "125m"), help="mesh level to use")
    add("--settings", type=Path, metavar="FILE", help="TOML laid over the shipped settings")
    add("--force", action="store_true", help="compute every stage again")
    add("--quiet", action="store_true", help="print only the summary")
    add("--debug", action="store_true", help="show tracebacks")
    return parser


def _date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"DATE={text} is not a date; write it as 2026-10-07.") from None


def _sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "Out of memory; close other programs, or use a coarser mesh level (LEVEL=500m)."
    if isinstance(error, OSError) and error.filename and not isinstance(error, CoverageGisError):
        return f"{error.filename}: {error.strerror or error}."
    return str(error)


def _complain(sentence: str) -> None:
    print(f"coverage-gis: {sentence}", file=sys.stderr)  # noqa: T201 - the command line speaks
