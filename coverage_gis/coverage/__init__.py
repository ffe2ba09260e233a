"""Coverage: which share of each cell, and how many people of each area, are within a cutoff."""
