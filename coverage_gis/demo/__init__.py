"""The demo prefecture: a fictional 架空県 (PREF=00) in the publishers' own file formats."""

from __future__ import annotations

from coverage_gis.demo.build import MANIFEST, generate, is_current
from coverage_gis.demo.plan import HOME, Site

__all__ = ["HOME", "MANIFEST", "Site", "generate", "is_current"]
