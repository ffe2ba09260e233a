"""交通空白: classes of cells by distance to stations and stops, and vacuum areas."""
