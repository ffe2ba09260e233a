"""Shortest paths on networks: exact, directed, with both access legs."""
