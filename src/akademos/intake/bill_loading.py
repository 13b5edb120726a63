"""Bills into the books: the rows of a FOCUS file as they came, told from each other by their values.

FOCUS rows have no id. A file that was loaded already brings nothing; a file of which some rows stand already, in a bill
of the same account and period, is most often a newer state of the same bill, so somebody must say what it is.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from akademos.errors import Conflict
from akademos.intake.billing_files import read_bill
from akademos.intake.payment_files import Hashed
from akademos.intake.personal_data import REMOVED, kind_of
from akademos.sources import focus
from akademos.stores.ports.money_books import COLUMNS, Loaded, MoneyBooks, MoneyFile, MoneyRow

Repeated = Literal["refuse", "skip", "add"]
"""What to do with rows that stand already: refuse the file, leave them out, or take them as charges of their own."""

PLATFORM = "akademos"
"""The provider of the platform's own metering."""


@dataclass(frozen=True, slots=True)
class BillLoaded:
    """What became of one file; `removed` counts tags whose value held personal data, which was taken out."""

    file: str
    loaded: Loaded
    removed: int


def load_bills(
    files: Sequence[Path], tenant_id: str, books: MoneyBooks, keyed: Hashed, *, by: str, repeated: Repeated = "refuse"
) -> list[BillLoaded]:
    """Files of bills into the books, each whole or not at all.

    Raises:
        InputError: as `read_bill`; nothing of any file is taken then.
        Conflict: rows of a file stand already (`charges_repeated`).
    """
    bills = read_bill(files)
    found = []
    for file, rows in bills.items():
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        ready, removed = _rows(
            focus.billing_rows(rows).iter_rows(named=True), keyed, digest if repeated == "add" else ""
        )
        if repeated == "refuse":
            _refuse_some(file, ready, tenant_id, books)
        loaded = books.append(tenant_id, MoneyFile("charges", file.name, digest, len(content)), ready, by=by)
        found.append(BillLoaded(file.name, loaded, removed))
    return found


def charge_rows(charges: Sequence[dict[str, Any]], keyed: Hashed) -> list[MoneyRow]:
    """Charges by the names of `COLUMNS["billing_charges"]` and `line`, to be appended."""
    return _rows(charges, keyed, "")[0]


def _rows(charges: Any, keyed: Hashed, apart: str) -> tuple[list[MoneyRow], int]:
    columns = COLUMNS["billing_charges"]
    seen: Counter[bytes] = Counter()
    ready, removed = [], 0
    for charge in charges:
        written = charge["tags"] if isinstance(charge["tags"], dict) else json.loads(charge["tags"])
        tags, taken = _clean(written)
        removed += taken
        # Told from others by what is written, kept without tags that say nothing.
        kept = {name: value for name, value in tags.items() if written[name] is not None and value.strip()}
        values = {**charge, "tags": kept}
        said = keyed(
            "charge", *(json.dumps(tags, sort_keys=True) if name == "tags" else values[name] for name in columns)
        )
        seen[said] += 1
        row_id = keyed("charge", said.hex(), seen[said], apart)
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


def _refuse_some(file: Path, rows: Sequence[MoneyRow], tenant_id: str, books: MoneyBooks) -> None:
    standing = books.standing(tenant_id, "charges", [row.row_id for row in rows])
    if standing and len(standing) < len(rows):
        raise Conflict(
            f"{len(standing):,} of the {len(rows):,} charges of {file.name} stand already; nothing of it was taken.",
            hint="If it is a newer state of a bill, take its new rows with --repeated skip; if all of it is charged "
            "beside what stands, with --repeated add.",
            code="charges_repeated",
        )
