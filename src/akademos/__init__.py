"""Akademos: a learning-analytics backbone."""

__version__ = "0.1.0"
