"""The network of one mode: junctions, chains between them, and the vertices along these."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Network:
    """Roads of one mode, chains of degree-2 nodes contracted, nothing else left out.

    A *chain* is a run of segments between two junctions along which nobody can turn off and
    permission does not change; it is oriented so that a one-way chain runs forward. A vertex
    that begins a segment (every vertex of a chain but its last) also carries the segment's
    own attributes, and a *segment* is named by that vertex.

    Attributes
    ----------
    mode
        "walk" (minimises distance) or "drive" (minimises time).
    walk_speed_m_per_s
        Speed on access legs, in every mode.
    node_id, lon, lat
        OSM id and position (degrees) of every node that is used, shape (N,), by id.
    junction
        Index of each junction's node, (J,), in Morton order of position.
    component
        Connected component (directions ignored) of each junction, (J,).
    component_nodes
        Nodes in each component, (K,).
    chain_from, chain_to
        Junctions at the ends of each chain, (C,).
    chain_forward, chain_backward
        Whether the chain may be used in each direction, (C,).
    chain_first
        Vertices of chain ``c`` are ``chain_first[c]:chain_first[c + 1]``, (C + 1,).
    vertex_node
        Node of each vertex, (V,).
    vertex_m
        Metres from the chain's start, geodesic on GRS 80, (V,).
    vertex_forward_s, vertex_backward_s
        Seconds from the chain's start to the vertex and back; 0 where closed, (V,).
    segment_way_id
        OSM way of the segment that begins here, (V,); 0 at a chain's end.
    segment_snappable
        Whether places may join the segment that begins here, (V,).
    """

    mode: str
    walk_speed_m_per_s: float
    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    junction: NDArray[np.int32]
    component: NDArray[np.int32]
    component_nodes: NDArray[np.int64]
    chain_from: NDArray[np.int32]
    chain_to: NDArray[np.int32]
    chain_forward: NDArray[np.bool_]
    chain_backward: NDArray[np.bool_]
    chain_first: NDArray[np.int64]
    vertex_node: NDArray[np.int32]
    vertex_m: NDArray[np.float64]
    vertex_forward_s: NDArray[np.float64]
    vertex_backward_s: NDArray[np.float64]
    segment_way_id: NDArray[np.int64]
    segment_snappable: NDArray[np.bool_]

    @property
    def n_segments(self) -> int:
        """Segments between neighbouring nodes."""
        return len(self.vertex_node) - len(self.chain_from)

    @property
    def length_m(self) -> float:
        """Length of all chains together, metres."""
        return float(self.vertex_m[self.chain_first[1:] - 1].sum())

    @property
    def component_m(self) -> NDArray[np.float64]:
        """Length of the chains of each connected component, metres, (K,)."""
        length = self.vertex_m[self.chain_first[1:] - 1]
        part = self.component[self.chain_from]
        total = np.bincount(part, weights=length, minlength=len(self.component_nodes))
        return np.asarray(total, dtype=np.float64)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return every field as an array under its name, for storage column by column."""
        return {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Network:
        """Return the network whose `to_arrays` gave ``arrays`` (memory maps are fine).

        Raises
        ------
        InputError
            If an array is missing, as after a change of version.
        """
        missing = sorted({f.name for f in fields(cls)} - set(arrays))
        if missing:
            raise InputError(
                f"The stored network lacks {', '.join(missing)}: delete it, and it is made again."
            )
        columns = {f.name: arrays[f.name] for f in fields(cls)}
        mode, speed = str(columns.pop("mode")), float(columns.pop("walk_speed_m_per_s"))
        return cls(mode=mode, walk_speed_m_per_s=speed, **columns)
