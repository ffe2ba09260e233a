"""Who lives where: census cells, the secrecy of small cells, municipalities, sub-points."""
