"""Bringing the publishers' files into the raw-data folder, as they publish them."""

from __future__ import annotations
