"""Shortest paths on networks: exact, directed, with both access legs.

First `nearest.prepare` joins a network with targets (facilities of all services), in one
direction: from places to targets, or with ``outward=True`` from targets to places, as an
ambulance drives. For several target tables or directions make the `nearest.road_graph` once.
Then ask, of places joined by `network.snap.snap`, or of all nodes of the network:

=========================================== =================================================
question                                    function
=========================================== =================================================
nearest target, which, metres and seconds   `nearest.nearest`, `nearest.nearest_of_nodes`
k nearest with which ones                   `several.k_nearest`, `several.k_nearest_of_nodes`
counts and sums within several cutoffs      `within.within`, `within.within_of_nodes`
table of all pairs within a cutoff          `within.pairs_within`
=========================================== =================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis import part

if not TYPE_CHECKING:  # type checkers look for the modules themselves

    def __getattr__(name: str) -> object:
        """Return a module of this package, imported now."""
        return part(__name__, name)
