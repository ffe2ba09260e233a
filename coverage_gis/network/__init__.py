"""Roads: OSM ways to a routable network of one mode, and places joined to its edges."""
