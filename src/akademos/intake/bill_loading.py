"""Bills into the books: the rows of a FOCUS file as they came, told from each other by their values.

FOCUS rows have no id. A file that was loaded already brings nothing; charges of a bill (account, period and currency)
that has others already are most often a newer state of it, so somebody must say what they are.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from akademos.errors import Conflict
from akademos.intake.bill_states import Step, bill_of, steps
from akademos.intake.billing_files import read_bill
from akademos.intake.payment_files import Hashed
from akademos.intake.personal_data import REMOVED, kind_of
from akademos.sources import focus
from akademos.stores.ports.money_books import COLUMNS, Loaded, MoneyBooks, MoneyFile, MoneyRow

if TYPE_CHECKING:
    import polars as pl

Repeated = Literal["refuse", "replace", "add"]
"""What to do with more charges of a bill that has some: refuse the files, take them as its newer state, or take them as
charges beside what stands."""

PLATFORM = "akademos"
"""The provider of the platform's own metering."""


@dataclass(frozen=True, slots=True)
class BillLoaded:
    """What became of one file.

    Attributes:
        loaded: its charges by verdict, and those that take back what a newer state has no longer, `taken_back` many.
        removed: tags whose value held personal data, which was taken out.
    """

    file: str
    loaded: Loaded
    removed: int
    taken_back: int


@dataclass(frozen=True, slots=True)
class _Bill:
    """A file, read."""

    path: Path
    digest: str
    size: int
    rows: list[MoneyRow]
    removed: int


def load_bills(
    files: Sequence[Path], tenant_id: str, books: MoneyBooks, keyed: Hashed, *, by: str, repeated: Repeated = "refuse"
) -> list[BillLoaded]:
    """Files of bills into the books.

    Raises:
        InputError: as `read_bill`; nothing of any file is taken then.
        Conflict: charges would join those that a bill has already (`charges_repeated`); nothing of any file is taken.
    """
    read = [_read(file, rows, keyed, apart=repeated == "add") for file, rows in read_bill(files).items()]
    named = {bill_of(row.values) for file in read for row in file.rows}
    standing = [] if repeated == "add" else books.charges(tenant_id, sorted(named))
    back: list[list[MoneyRow]] = [[] for _ in read]
    if repeated == "replace":
        read = list({file.digest: file for file in read}.values())
        found = steps([file.rows for file in read], standing)
        read = [replace(file, rows=_step_rows(own, keyed)) for file, (own, _) in zip(read, found, strict=True)]
        back = [_step_rows(taken_back, keyed) for _, taken_back in found]
    elif repeated != "add":
        _refuse_joining(read, standing)
    loads = []
    for file, more in zip(read, back, strict=True):
        money_file = MoneyFile("charges", file.path.name, file.digest, file.size)
        loaded = books.append(tenant_id, money_file, [*file.rows, *more], by=by)
        loads.append(BillLoaded(file.path.name, loaded, file.removed, len(more)))
    return loads


def _read(file: Path, rows: pl.DataFrame, keyed: Hashed, *, apart: bool) -> _Bill:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    ready, removed = _rows(focus.billing_rows(rows).iter_rows(named=True), keyed, digest if apart else "")
    return _Bill(file, digest, len(content), ready, removed)


def _refuse_joining(files: Sequence[_Bill], standing: Sequence[MoneyRow]) -> None:
    """What stands already may come again; other charges only of bills that have none."""
    known, there = {row.row_id for row in standing}, {bill_of(row.values) for row in standing}
    for file in files:
        new = [row for row in file.rows if row.row_id not in known]
        joining = [row for row in new if bill_of(row.values) in there]
        if joining:
            account, start, currency = bill_of(joining[0].values)
            raise Conflict(
                f"{len(joining):,} of the {len(file.rows):,} charges of {file.path.name}, the first in line "
                f"{joining[0].line:,}, are new in a bill that has charges already ({account}, {start}, {currency}); "
                "nothing was taken.",
                hint="If it is a newer state of the bill, give all files of that state with --repeated replace; if it "
                "is charged beside what stands, like a correction or a further part of the bill, with --repeated add.",
                code="charges_repeated",
            )
        known |= {row.row_id for row in new}
        there |= {bill_of(row.values) for row in new}


def _step_rows(found: Sequence[Step], keyed: Hashed) -> list[MoneyRow]:
    return [MoneyRow(one.line, one.known or _row_id(one.values, one.number, keyed), one.values) for one in found]


def _row_id(said: Sequence[Any], number: int, keyed: Hashed, apart: str = "") -> bytes:
    """The id of the `number`-th charge that says the same."""
    values = (json.dumps(one, sort_keys=True) if isinstance(one, dict) else one for one in said)
    return keyed("charge", keyed("charge", *values).hex(), number, apart)


def charge_rows(charges: Sequence[dict[str, Any]], keyed: Hashed) -> list[MoneyRow]:
    """Charges by the names of `COLUMNS["billing_charges"]` and `line`, to be appended."""
    return _rows(charges, keyed, "")[0]


def _rows(charges: Any, keyed: Hashed, apart: str) -> tuple[list[MoneyRow], int]:
    columns = COLUMNS["billing_charges"]
    seen: Counter[tuple[Any, ...]] = Counter()
    ready, removed = [], 0
    for charge in charges:
        written = charge["tags"] if isinstance(charge["tags"], dict) else json.loads(charge["tags"])
        tags, taken = _clean(written)
        removed += taken
        # Told from others by what is written, kept without tags that say nothing.
        said = {**charge, "tags": json.dumps(tags, sort_keys=True)}
        values = {**charge, "tags": {k: tags[k] for k in tags if written[k] is not None and tags[k].strip()}}
        told = tuple(said[name] for name in columns)
        seen[told] += 1
        row_id = _row_id(told, seen[told], keyed, apart)
        ready.append(MoneyRow(charge["line"], row_id, tuple(values[name] for name in columns)))
    return ready, removed


def _clean(tags: Mapping[str, Any]) -> tuple[dict[str, str], int]:
    clean, removed = {}, 0
    for name, value in tags.items():
        said = value if isinstance(value, str) else json.dumps(value)
        if kind_of(said) is not None:
            said, removed = REMOVED, removed + 1
        clean[name] = said
    return clean, removed
