"""The state of one learner as bytes.

Layout: eight bytes that name the format, a digest of the declared tables among them, so that a state of another
release is told at once; the length of the body before compression; then the body compressed with LZ4: the tables of
`schemas.STATE` in declared order without `learner_key` (which the profile alone keeps), each as an Arrow IPC stream
behind its length.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from akademos.analytics.schemas import STATE
from akademos.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

_FORMAT = b"AKS1" + hashlib.blake2b(repr(list(STATE.items())).encode(), digest_size=4).digest()
_HEAD = struct.Struct("<8sQ")
_LENGTH = struct.Struct("<Q")
_CODEC = pa.Codec("lz4")


def pack_state(state: Mapping[str, pl.DataFrame]) -> bytes:
    """See `learner_state.pack`."""
    if state["profile"].height != 1:
        raise InputError(
            f"The state holds {state['profile'].height} learners.",
            hint="Split it and pack each one.",
            code="not_one_learner",
        )
    pieces = []
    for name in STATE:
        table = state[name] if name == "profile" else state[name].drop("learner_key")
        # Compatibility level 0 writes plain Arrow types, which any reader knows.
        arrow = table.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, arrow.schema) as writer:
            writer.write_table(arrow)
        stream = sink.getvalue()
        pieces += [_LENGTH.pack(stream.size), stream]
    body = b"".join(pieces)
    compressed: bytes = _CODEC.compress(body, asbytes=True)
    return _HEAD.pack(_FORMAT, len(body)) + compressed


class PackedState(Mapping[str, pl.DataFrame]):
    """Tables of one learner's state, each decoded when it is first asked for."""

    def __init__(self, streams: Mapping[str, pa.Buffer]) -> None:
        """`streams` holds the Arrow IPC stream of each table."""
        self._streams = streams
        self._read_tables: dict[str, pa.Table] = {}
        self._tables: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table, with all declared columns.

        Raises:
            InputError: the bytes are no such table (`state_unreadable`).
        """
        if name not in self._tables:
            self._tables[name] = self._decoded(name)
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        """Names of the tables, in declared order."""
        return iter(self._streams)

    def __len__(self) -> int:
        """Number of tables."""
        return len(self._streams)

    def rows(self, name: str) -> int:
        """Number of rows of a table."""
        count: int = self._read(name).num_rows
        return count

    def values_of(self, name: str, column: str) -> npt.NDArray[Any]:
        """A column as an array, NaN and NaT for null, without decoding the rest of the table."""
        found: npt.NDArray[Any] = self._read(name).column(column).to_numpy()
        return found

    def list_of(self, name: str, column: str) -> list[Any]:
        """A column as plain values, None for null, without decoding the rest of the table."""
        found: list[Any] = self._read(name).column(column).to_pylist()
        return found

    def _read(self, name: str) -> pa.Table:
        if name not in self._read_tables:
            try:
                self._read_tables[name] = pa.ipc.open_stream(self._streams[name]).read_all()
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(str(error)) from error
        return self._read_tables[name]

    def _decoded(self, name: str) -> pl.DataFrame:
        table = pl.DataFrame(self._read(name))
        if name != "profile":
            key = pl.Series("learner_key", self.list_of("profile", "learner_key"), dtype=pl.String)
            table.insert_column(0, key.new_from_index(0, table.height))
        if table.schema != STATE[name]:
            raise _unreadable(f"table {name} has other columns")
        return table


def unpack_state(blob: bytes) -> PackedState:
    """See `learner_state.unpack`."""
    try:
        form, size = _HEAD.unpack_from(blob)
        if form != _FORMAT:
            raise _unreadable(f"it starts with {form!r}")
        body = _CODEC.decompress(memoryview(blob)[_HEAD.size :], decompressed_size=size)
        streams, at = {}, 0
        for name in STATE:
            (length,) = _LENGTH.unpack_from(body, at)
            streams[name] = body.slice(at + _LENGTH.size, length)
            at += _LENGTH.size + length
    except (struct.error, pa.ArrowException, OSError, IndexError) as error:
        raise _unreadable(str(error)) from error
    return PackedState(streams)


def _unreadable(why: str) -> InputError:
    return InputError(
        f"These bytes are no state of this release: {why}.",
        hint="Precompute the state anew.",
        code="state_unreadable",
    )
