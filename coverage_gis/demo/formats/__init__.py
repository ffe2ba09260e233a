"""Writers of the publishers' formats, one module each; every one writes the same bytes again."""
