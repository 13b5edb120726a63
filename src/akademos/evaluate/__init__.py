"""Model protocols: how good an estimate is on data it has not seen. One module a protocol, each with a `run`.

A protocol fixes its split, its seeds and what is scored; no option bends them (docs/evaluation.md).
"""
