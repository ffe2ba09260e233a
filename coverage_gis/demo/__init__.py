"""The demo prefecture: a fictional 架空県 (PREF=00) in the publishers' own file formats."""

from __future__ import annotations

from coverage_gis.demo.build import MANIFEST, generate, is_current

__all__ = ["MANIFEST", "generate", "is_current"]
