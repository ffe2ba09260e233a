"""Maps: self-contained Folium pages that open from disk without a network.

``model`` says what a map shows, ``classes`` makes its indicators, ``page.write_map`` writes it.
"""
