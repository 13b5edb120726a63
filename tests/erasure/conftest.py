"""One installation for all tests of this folder; each brings people of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.erasure.installation import Installation, installed


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Open, with its own database server. Not in pytest's folder, which other runs close to the server's account."""
    with tempfile.TemporaryDirectory(prefix="akademos-erasure-") as folder:
        Path(folder).chmod(0o711)
        with installed(Path(folder)) as one:
            yield one
