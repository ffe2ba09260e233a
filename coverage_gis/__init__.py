"""Service coverage, access and 交通空白 (transport-vacuum) areas from Japanese open data.

The layers, lowest first (docs/architecture.md): foundations (errors, crs, schema,
codes, settings), compute (population, facilities, network, routing, access, transit,
coverage, vacuum), edges (sources, store, export, maps, demo). The computations are
pure functions on tables and can be imported and composed; ``pipelines`` runs them.

``import coverage_gis`` loads nothing else: a part is imported when it is first named, as in
``coverage_gis.routing.nearest.prepare(...)``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if not TYPE_CHECKING:  # type checkers look for the parts themselves

    def __getattr__(name: str) -> object:
        """Return a part of the package, imported now."""
        return part(__name__, name)


def part(package: str, name: str) -> object:
    """Return a module of a package by its name, imported if need be.

    Raises
    ------
    AttributeError
        If there is none.
    """
    module = f"{package}.{name}"
    if not name.startswith("_"):
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
