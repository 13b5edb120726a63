"""Search every byte of the data folder, and every value of its Parquet files whatever their compression."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from akademos.privacy.erasure import Needle
from akademos.stores.ports.erasure import Found

CHUNK = 16 * 2**20
_PARQUET = ".parquet"
_LOG = ".log"
_BYTES = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


class LocalDataFolder:
    """Adapter of the port `DataFolder`.

    Args:
        folders: the data folder, and the lake's where that lies elsewhere.
        threads: decode so many row groups of Parquet at once.
    """

    def __init__(self, folders: Sequence[Path], *, threads: int = 2) -> None:
        outermost = [one.absolute() for one in folders if one.exists()]
        self._folders = [one for one in outermost if not any(one != two and two in one.parents for two in outermost)]
        self._threads = threads

    def overwrite_logs(self, needles: Sequence[Needle]) -> int:
        """Put other bytes in the place of every needle in text logs, where they stand: a writer that appends to the
        file meanwhile loses nothing."""
        changed = 0
        for path in self._files():
            if path.suffix != _LOG:
                continue
            with path.open("r+b") as file:
                for start, chunk in _chunks(file.fileno(), max((len(one.form) for one in needles), default=1)):
                    for needle in needles:
                        at = chunk.find(needle.form)
                        while at >= 0:
                            os.pwrite(file.fileno(), b"x" * len(needle.form), start + at)
                            changed += 1
                            at = chunk.find(needle.form, at + len(needle.form))
                os.fsync(file.fileno())
        return changed

    def search(self, needles: Sequence[Needle]) -> Found:
        """Search everything; a file that vanishes meanwhile holds nothing any more."""
        hits: set[tuple[str, str]] = set()
        files = size = rows = 0
        for path in self._files():
            try:
                found, length = _search_raw(path, needles)
                if path.suffix == _PARQUET:
                    decoded, count = self._search_parquet(path, needles)
                    found |= decoded
                    rows += count
            except FileNotFoundError:
                continue
            files += 1
            size += length
            hits |= {(self._place(path), kind) for kind in found}
        return Found(tuple(sorted(hits)), files, size, rows)

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            for root, _, names in os.walk(folder):
                for name in sorted(names):
                    path = Path(root) / name
                    if path.is_file() and not path.is_symlink():
                        yield path

    def _place(self, path: Path) -> str:
        folder = next(one for one in self._folders if one in path.parents)
        return str(path.relative_to(folder))

    def _search_parquet(self, path: Path, needles: Sequence[Needle]) -> tuple[set[str], int]:
        try:
            footer = pq.read_metadata(path)
        except pa.ArrowInvalid:  # being written: not part of the table yet, and searched as bytes
            return set(), 0
        paths = [footer.schema.column(at).path for at in range(footer.num_columns)]
        names = [name for name in paths if "." not in name]

        def groups(numbers: Sequence[int]) -> set[str]:
            found: set[str] = set()
            with pq.ParquetFile(path, read_dictionary=names) as file:
                for number in numbers:
                    for column in file.read_row_group(number, use_threads=False).columns:
                        found |= _search_values(column, needles)
            return found

        shares = [range(start, footer.num_row_groups, self._threads) for start in range(self._threads)]
        with ThreadPoolExecutor(self._threads) as pool:
            return set().union(*pool.map(groups, shares)), footer.num_rows


def _search_raw(path: Path, needles: Sequence[Needle]) -> tuple[set[str], int]:
    found: set[str] = set()
    size = 0
    with path.open("rb") as file:
        for start, chunk in _chunks(file.fileno(), max((len(one.form) for one in needles), default=1)):
            size = start + len(chunk)
            found.update(needle.kind for needle in needles if needle.form in chunk)
    return found, size


def _chunks(descriptor: int, longest: int) -> Iterator[tuple[int, bytes]]:
    """Parts of a file that overlap, so that nothing is cut in two."""
    start = 0
    while chunk := os.pread(descriptor, CHUNK, start):
        yield start, chunk
        if len(chunk) <= longest:
            return
        start += len(chunk) - longest


def _search_values(column: pa.ChunkedArray, needles: Sequence[Needle]) -> set[str]:
    """Values lie one after the other in memory: the buffer is searched as a whole."""
    found: set[str] = set()
    for chunk in column.chunks:
        values = chunk
        while pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            values = values.values
        if pa.types.is_dictionary(values.type):
            values = values.dictionary
        if values.type in _BYTES and (content := values.buffers()[2]) is not None:
            held = content.to_pybytes()
            found.update(needle.kind for needle in needles if needle.form in held)
    return found
