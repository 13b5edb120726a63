"""Pictures: functions from data to SVG text, one module per idiom on a small shared set.

Shared are `canvas` (the widths a picture is drawn for), `scales`, `axes`, `marks` (escaped SVG elements),
`lettering` (fitting text without a browser) and `locale` (numbers and dates in words). Every drawing carries
a title and a description, uses classes only (no style attributes, so `style-src 'self'` suffices), refuses
NaN and infinity, and leaves a gap where a value is missing.
"""
