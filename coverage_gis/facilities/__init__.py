"""Facilities: what is the same place, which source counts, and OSM objects by service."""
