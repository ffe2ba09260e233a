"""The command line: ``coverage-gis coverage --pref 16`` and what ``make`` calls.

Its commands are the table ``_COMMANDS``.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import traceback
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import coverage_gis
from coverage_gis.codes import prefecture
from coverage_gis.errors import InputError
from pipelines.complaints import MENDABLE, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipelines.fetch_run import FetchOptions
    from pipelines.stage import Options

_FAILED, _FAULT, _INTERRUPTED, _NO_READER = 2, 70, 130, 141
_LAST_PORT = 65535
_LONGEST = 1_000
"""Characters of an error sentence."""
_LOCAL_OUT = Path("data_out")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done; 2 the input or the settings need mending (one sentence says how); 3 some files could
    not be fetched (each with its reason); 4 some prefectures of ``japan`` failed (likewise);
    70 a fault of the program; 130 interrupted; 141 nobody reads what is printed.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        code = _run(options)
        sys.stdout.flush()  # here, where it may fail
    except KeyboardInterrupt:
        _complain("Interrupted; nothing half-written is left, and the next run continues.")
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line: users get a sentence, not a traceback
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            return _NO_READER
        if options.debug:
            traceback.print_exc()
        _complain(sentence(error))
        return _FAILED if isinstance(error, MENDABLE) else _FAULT
    return code


def _nobody_reads() -> bool:
    """Tell whether standard output leads nowhere any more (`... | head`), and close it."""
    if not hasattr(select, "poll"):  # Windows
        return False
    out = select.poll()
    out.register(sys.stdout.fileno(), 0)  # that its other end is closed is told unasked
    if not out.poll(0):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def _run(options: argparse.Namespace) -> int:
    """Run the command that was named."""
    command = next(c for c in _COMMANDS if c.name == options.command)
    return command.run(options)


def _coverage(options: argparse.Namespace) -> int:
    # Imported here: `--help` should not wait for the geospatial libraries.
    from pipelines.coverage_run import run_coverage  # noqa: PLC0415 - as said

    run_coverage(
        _run_options(options), quiet=options.quiet, force=options.force, workers=options.workers
    )
    return 0


def _run_options(options: argparse.Namespace) -> Options:
    from pipelines.stage import Options  # noqa: PLC0415 - as above

    if isinstance(options.out, str):
        raise InputError(f"OUT={options.out} is for `japan`; here name a folder of this machine.")
    maps = options.maps or (options.out / "maps" if options.out != _LOCAL_OUT else None)
    return Options(
        pref=prefecture.resolve(options.pref),
        raw=options.raw,
        out=options.out,
        maps=maps or Path("maps"),
        by_road=options.distance == "road",
        service_date=_date(options.date),
        mesh_level=options.level,
        settings_file=options.settings,
        encoding=options.encoding,
        plane=options.crs == "plane",
    )


def _vacuum(options: argparse.Namespace) -> int:
    from pipelines.vacuum_run import Change, run_vacuum  # noqa: PLC0415 - as above

    cut = tuple(name for names in options.cut for name in names)
    return run_vacuum(
        _run_options(options),
        Change(cut, options.add),
        quiet=options.quiet,
        workers=options.workers,
    )


def _fetch(options: argparse.Namespace) -> int:
    from pipelines.fetch_run import run_fetch, run_sources  # noqa: PLC0415 - as above

    if options.dry_run:
        return run_sources(_fetch_options(options), dry_run=True)
    return run_fetch(_fetch_options(options), quiet=options.quiet)


def _sources(options: argparse.Namespace) -> int:
    from pipelines.fetch_run import run_sources  # noqa: PLC0415 - as above

    return run_sources(_fetch_options(options))


def _fetch_options(options: argparse.Namespace) -> FetchOptions:
    from pipelines.fetch_run import FetchOptions  # noqa: PLC0415 - as above

    return FetchOptions(
        pref=prefecture.resolve(options.pref),
        raw=options.raw,
        level=options.level,
        day=_date(options.date),
        mirror=getattr(options, "mirror", ""),
        allow_hosts=tuple(getattr(options, "allow_host", ())),
        only=tuple(name for text in options.only for name in text.split(",") if name),
        settings_file=options.settings,
        force=getattr(options, "force", False),
    )


def _japan(options: argparse.Namespace) -> int:
    from pipelines.japan.options import JapanOptions  # noqa: PLC0415 - as above
    from pipelines.japan.run import run_japan  # noqa: PLC0415 - as above

    send_to = options.out if isinstance(options.out, str) else None
    if send_to is not None:
        options.out = _LOCAL_OUT
    asked = JapanOptions(
        one=_run_options(options),
        prefs=tuple(name for text in options.prefs for name in text.replace(",", " ").split()),
        scheduler=options.scheduler,
        workers=options.workers,
        memory=options.memory,
        dashboard=None if options.dashboard == "none" else _port(options.dashboard),
        force=options.force,
        reference=options.ref,
        send_to=send_to,
    )
    return run_japan(asked, quiet=options.quiet, debug=options.debug)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise InputError(f"--dashboard {text} is not a port; write a number, or none.")
    return int(text)


def _validate(options: argparse.Namespace) -> int:
    from pipelines.validate_run import run_validate  # noqa: PLC0415 - as above

    run_validate(options.out, options.ref)
    return 0


def _validate_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--out", type=Path, default=Path("data_out"), help="results folder (default data_out)")
    add(
        "--ref",
        type=Path,
        required=True,
        metavar="PATH",
        help="published figures: a CSV, a publisher's XLSX, or a folder of them",
    )


def _verify(options: argparse.Namespace) -> int:
    from pipelines.verify_run import run_verify  # noqa: PLC0415 - as above

    return run_verify(options.folder, options.maps, options.raw)


def _verify_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=Path, help="a prefecture's results, such as data_out/16")
    add("--maps", type=Path, help="its folder of maps (default: beside the tables, or maps/PP)")
    add("--raw", type=Path, help="compare the input files in this folder as well")


def _explain(options: argparse.Namespace) -> int:
    from pipelines.explain_run import Question, run_explain  # noqa: PLC0415 - as above

    return run_explain(_run_options(options), Question(options.mesh_code, options.service))


def _explain_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("pref", metavar="PP", help="16, 富山, 富山県 or Toyama; 00 is the demo")
    add("mesh_code", help="of the cell, as in cells.parquet")
    add("service", help="such as shop, hospital, shelter")
    add("--raw", type=Path, default=Path("data_raw"), help="input folder (default data_raw)")
    add("--out", type=Path, default=Path("data_out"), help="results folder (default data_out)")
    add("--settings", type=Path, metavar="FILE", help="those of the run")
    parser.set_defaults(
        maps=None, distance="road", date=None, level=None, encoding="utf-8", crs="geographic"
    )


def _doctor(options: argparse.Namespace) -> int:
    from pipelines.doctor_run import run_doctor  # noqa: PLC0415 - as above

    return run_doctor(options.out)


def _doctor_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("data_out"), help="where results would go")


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what is wrong with the command line, as all else does."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and end."""
        _complain(f"{message} ({self.prog} --help lists the options).")
        raise SystemExit(_FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="coverage-gis",
        description="Service coverage and 交通空白 of a prefecture from Japanese open data.",
        epilog="Documentation: README.md. Input files: data_raw/README.md.",
    )
    parser.add_argument("--version", action="version", version=coverage_gis.__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in _COMMANDS:
        sub = commands.add_parser(
            command.name, help=command.help, description=f"{command.help.capitalize()}."
        )
        command.add_options(sub)
        sub.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _common_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pref", default="00", metavar="PP", help="16, 富山, 富山県 or Toyama; 00 is the demo")
    add("--raw", type=Path, default=Path("data_raw"), help="input folder (default data_raw)")
    add("--date", metavar="YYYY-MM-DD", help="service date (基準日) for trips per day")
    add("--level", choices=("1km", "500m", "250m", "125m"), help="mesh level to use")
    add("--settings", type=Path, metavar="FILE", help="TOML laid over the shipped settings")


def _place(text: str) -> Path | str:
    """Return a folder of this machine as a path, an address of a storage as it is."""
    return text if "://" in text else Path(text)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _coverage_options(parser: argparse.ArgumentParser) -> None:
    _common_options(parser)
    add = parser.add_argument
    add("--out", type=_place, default=_LOCAL_OUT, help="results folder (default data_out)")
    add("--maps", type=Path, help="maps folder (default maps, or OUT/maps with another --out)")
    add(
        "--distance", choices=("road", "straight"), default="road", help="straight: no roads needed"
    )
    add("--encoding", choices=("utf-8", "cp932"), default="utf-8", help="of the shapefiles")
    add(
        "--crs",
        choices=("geographic", "plane"),
        default="geographic",
        help="of the 交通空白 files: JGD2011 degrees, or the prefecture's 平面直角座標系",
    )
    add("--force", action="store_true", help="compute every stage again")
    add(
        "--workers",
        type=_at_least_one,
        metavar="N",
        help="processes on this machine (default: by its cores and memory); it shows in no result",
    )
    add("--quiet", action="store_true", help="print only the summary")


def _japan_options(parser: argparse.ArgumentParser) -> None:
    _coverage_options(parser)
    add = parser.add_argument
    add(
        "--prefs",
        action="append",
        default=[],
        metavar="PP",
        help="these prefectures alone (default: all with a folder of raw data)",
    )
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, tcp://host:8786")
    add("--memory", metavar="4GB", help="limit of each process (default: by the machine's)")
    add("--dashboard", default="0", metavar="PORT", help="of Dask's dashboard; none for none")
    add("--ref", type=Path, metavar="FILE", help="CSV of published figures to compare with")


def _vacuum_options(parser: argparse.ArgumentParser) -> None:
    _coverage_options(parser)
    add = parser.add_argument
    add(
        "--cut",
        action="append",
        nargs="+",
        default=[],
        metavar="ROUTE",
        help="routes to cut: route_id, feed_id:route_id or name",
    )
    add("--add", type=Path, metavar="FILE.csv", help="stops to add: name, lon, lat, trips_per_day")


def _sources_options(parser: argparse.ArgumentParser) -> None:
    _common_options(parser)
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this data set alone"
    )


def _fetch_command_options(parser: argparse.ArgumentParser) -> None:
    _sources_options(parser)
    add = parser.add_argument
    add("--mirror", default="", metavar="URL|FOLDER", help="fetch https://host/path from here")
    add("--allow-host", action="append", default=[], metavar="HOST", help="ask this host too")
    add("--dry-run", action="store_true", help="print what would be fetched; ask nobody")
    add("--force", action="store_true", help="fetch again what is there")
    add("--quiet", action="store_true", help="print only failures and the summary")


@dataclass(frozen=True)
class _Command:
    """A subcommand: its options, and the function that returns its exit code."""

    name: str
    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


_COMMANDS = (
    _Command(
        "coverage",
        "coverage tables, 交通空白 shapefiles and an offline map of one prefecture",
        _coverage_options,
        _coverage,
    ),
    _Command(
        "japan",
        "every prefecture with raw data, on all processors or a cluster, and the country",
        _japan_options,
        _japan,
    ),
    _Command(
        "vacuum",
        "what if a line is cut or stops are added: who falls into 交通空白, who leaves it",
        _vacuum_options,
        _vacuum,
    ),
    _Command(
        "fetch",
        "bring the open data a prefecture's run uses into the input folder",
        _fetch_command_options,
        _fetch,
    ),
    _Command(
        "sources",
        "which data sets are there, which are missing, and where they come from",
        _sources_options,
        _sources,
    ),
    _Command(
        "validate",
        "results beside published figures: difference and rank correlation",
        _validate_options,
        _validate,
    ),
    _Command(
        "verify",
        "are the files of a result still those that its run.json states",
        _verify_options,
        _verify,
    ),
    _Command(
        "explain",
        "one cell and service: which facility, by which way, from which file and row",
        _explain_options,
        _explain,
    ),
    _Command(
        "doctor",
        "is this machine fit to run; what to paste into a report of a fault",
        _doctor_options,
        _doctor,
    ),
)


def _date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"DATE={text} is not a date; write it as 2026-10-07.") from None


def _complain(sentence: str) -> None:
    line = f"coverage-gis: {_harmless(sentence)}"
    print(line, file=sys.stderr)  # noqa: T201 - the command line speaks


def _harmless(sentence: str) -> str:
    """Return a sentence on one line, which neither floods nor steers a terminal."""
    line = "".join(c if c.isprintable() else " " for c in sentence)
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[:half]} ... {line[-half:]}"
