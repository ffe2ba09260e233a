"""Service coverage, access and 交通空白 (transport-vacuum) areas from Japanese open data.

The layers, lowest first (docs/architecture.md): foundations (errors, crs, schema,
codes, settings), compute (population, facilities, network, routing, access, transit,
coverage, vacuum), edges (sources, store, export, maps, demo). The computations are
pure functions on tables and can be imported and composed; ``pipelines`` runs them.
"""

__version__ = "0.1.0"
