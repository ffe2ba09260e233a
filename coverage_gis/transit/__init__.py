"""Timetables: which feeds run on a day, and how many trips a day each stop has."""
