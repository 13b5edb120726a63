"""Tables in files, read in stretches: CSV, JSON lines, Parquet, and folders of Hive-partitioned Parquet."""

from __future__ import annotations

import csv as standard_csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import csv, parquet

from akademos.errors import InputError

STRETCH_ROWS = 250_000
CSV_BLOCK_BYTES = 16 * 1024 * 1024
JSON_LINES = 50_000
SUFFIXES = (".parquet", ".csv", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class TableFile:
    """One file of a table, and the columns that its folder's name holds (`key=value`)."""

    path: Path
    partition: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """How a person calls it in reports: with the folders that tell it from its like."""
        folders = [f"{key}={value}" for key, value in self.partition]
        return "/".join((*folders, self.path.name))

    def columns(self) -> set[str]:
        """Names of its columns."""
        return {*next(stretches(self, rows=1)).columns} - {"row"}

    def fingerprint(self) -> str:
        """Digest of its content: an import that was broken off goes on only with the same content."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:64]


def table_files(path: Path) -> list[TableFile]:
    """The file, or all files of a folder, in order of their names.

    Raises:
        InputError: there is nothing there, or nothing that can be read.
    """
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise InputError(f"{path} is none of {', '.join(SUFFIXES)}.", hint="Convert it, or rename it.")
        return [TableFile(path)]
    if not path.is_dir():
        raise InputError(f"There is no file or folder {path}.", hint="Check the path.")
    found = sorted(one for one in path.rglob("*") if one.is_file() and one.suffix in SUFFIXES)
    return [TableFile(one, _partition(one.relative_to(path))) for one in found]


def _partition(path: Path) -> tuple[tuple[str, str], ...]:
    pairs = (folder.partition("=") for folder in path.parts[:-1])
    return tuple((key, value) for key, found, value in pairs if found)


def stretches(file: TableFile, *, rows: int = STRETCH_ROWS) -> Iterator[pl.DataFrame]:
    """The file's rows in stretches, with their number from 1 in `row`; at least one stretch, maybe empty.

    CSV values are text, except those of Parquet and JSON.

    Raises:
        InputError: the file is damaged or of another encoding; says where.
    """
    try:
        first = 1
        for stretch in _READERS[file.path.suffix](file.path, rows):
            more = [pl.lit(value).alias(key) for key, value in file.partition if key not in stretch.columns]
            numbered = stretch.with_columns(more).with_row_index("row", offset=first)
            first += stretch.height
            yield numbered
    except (pa.ArrowInvalid, pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as broken:
        text = str(broken).splitlines()[0]
        raise InputError(
            f"{file.path} cannot be read beyond row {first - 1}: {text}.",
            hint="What came before it is imported; mend the file and run the import again, nothing counts twice.",
            code="file_unreadable",
        ) from broken


def _parquet(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    with parquet.ParquetFile(path) as file:
        if file.metadata.num_rows == 0:
            yield _frame(file.schema_arrow.empty_table())
        for batch in file.iter_batches(batch_size=rows):
            yield _frame(pa.Table.from_batches([batch]))


def _csv(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    with path.open("rb") as raw:
        header = raw.readline(1024 * 1024).decode("utf-8-sig")
    if not header.strip():
        raise pa.ArrowInvalid("the file is empty")
    columns = next(standard_csv.reader([header]))
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=CSV_BLOCK_BYTES if rows > 1 else 1024 * 1024),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=["", "NA", "NULL", "null", "NaN", "nan"],
            quoted_strings_can_be_null=False,
        ),
    )
    empty = True
    for batch in reader:
        empty = False
        yield _frame(pa.Table.from_batches([batch]))
    if empty:
        yield _frame(reader.schema.empty_table())


def _json_lines(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    del rows
    with path.open("rb") as file:
        first = True
        while lines := [line for _, line in zip(range(JSON_LINES), file, strict=False)]:
            content = b"".join(line for line in lines if line.strip())
            if content:
                yield pl.read_ndjson(io.BytesIO(content), infer_schema_length=None)
                first = False
        if first:
            raise pa.ArrowInvalid("the file is empty")


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise pa.ArrowInvalid("the file holds no table")
    return frame


_READERS = {".parquet": _parquet, ".csv": _csv, ".jsonl": _json_lines, ".ndjson": _json_lines}
