"""Report: a page to print and to read without scripts, and its maps as PNG and PDF.

``model`` says what a report shows, ``page.write_report`` and ``sheets.write_sheets`` write it.
"""
