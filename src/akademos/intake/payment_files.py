"""Files of payments, settlements, balances and exchange rates into the books: sound rows are taken, every other one
goes into a file of rejects with line, column and reason, to be mended and given again; what stands is not taken twice.

A transaction is told by provider and reference; a line of a settlement by all its values and how often they stand in
its file, so that the same file written anew brings nothing, and what a provider really paid twice stays twice. Balances
and rates say how something stands: of two about the same the later loaded counts, also if it repeats an older one.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from akademos.errors import InputError
from akademos.intake.money_rows import (
    BALANCE,
    RATE,
    REVERSALS,
    SETTLEMENT,
    TRANSACTION,
    Field,
    Problem,
    RowMap,
    read_row,
    row_map,
    whole,
)
from akademos.stores.ports.money_books import COLUMNS, TABLE, Loaded, MoneyBooks, MoneyFile, MoneyRow

if TYPE_CHECKING:
    import polars as pl

PaymentKind = Literal["transactions", "settlements", "balances", "rates"]
FIELDS: Mapping[PaymentKind, tuple[Field, ...]] = {
    "transactions": TRANSACTION,
    "settlements": SETTLEMENT,
    "balances": BALANCE,
    "rates": RATE,
}
REJECTS = ".rejects.csv"
SHORTEST_ID = 4
"""Of a customer, to be looked for in a reference; shorter ones stand in every number."""

_AMOUNTS: Mapping[PaymentKind, tuple[tuple[str, str], ...]] = {
    "transactions": (("amount", "currency"),),
    "settlements": (
        ("gross", "currency"), ("paid_gross", "paid_currency"), ("fee", "paid_currency"), ("net", "paid_currency"),
    ),
    "balances": (("balance", "currency"),),
    "rates": (),
}  # fmt: skip
_STATES: Mapping[PaymentKind, tuple[str, ...]] = {
    "balances": ("merchant", "account", "currency", "stated_on"),
    "rates": ("base", "quote", "rated_on"),
}
"""What a row is about, of kinds that say how something stands."""
Hashed = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one file; `rejects` is the file of refused rows, where there are any."""

    file: str
    loaded: Loaded
    problems: tuple[Problem, ...]
    rejects: Path | None


def read_map(path: Path | None, kind: PaymentKind) -> RowMap:
    """The column map of a TOML file; without one the columns have our names.

    Raises:
        InputError: it cannot be read, or does not fit the kind of rows.
    """
    if path is None:
        return RowMap()
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise InputError(f"{path} cannot be read: {broken}.", hint="Write TOML in UTF-8.") from broken
    return row_map(document, FIELDS[kind])


def load_payments(
    file: Path, kind: PaymentKind, tenant_id: str, books: MoneyBooks, keyed: Hashed, mapping: RowMap, *, by: str
) -> Report:
    """One file into the books.

    Args:
        keyed: a keyed hash of some values, the tenant's own.

    Raises:
        InputError: the file cannot be read, or has none of the columns that it must have.
    """
    content = _content(file)
    rows = list(_rows(file, content))
    _needed(file, rows, kind, mapping)
    good: list[tuple[int, dict[str, Any]]] = []
    problems: list[Problem] = []
    for line, row in rows:
        found = read_row(line, row, FIELDS[kind], mapping)
        if not isinstance(found, Problem):
            problem = _completed(line, found, kind, mapping)
            if problem is None:
                good.append((line, found))
                continue
            found = problem
        problems.append(found)
    if kind == "transactions":
        _name_customers(good, tenant_id, books)
    if kind in _STATES:
        ready = _stated(good, kind, keyed, books.read(tenant_id, TABLE[kind]))
    else:
        ready = _identified(good, kind, keyed)
    digest = hashlib.sha256(content).hexdigest()
    codes = Counter(one.code for one in problems)
    loaded = books.append(tenant_id, MoneyFile(kind, file.name, digest, len(content), codes), ready, by=by)
    problems += [
        Problem(line, "reference", "conflict", "stands with other values; book an adjustment instead")
        for line in loaded.conflicts
    ]
    problems.sort(key=lambda one: one.line)
    return Report(file.name, loaded, tuple(problems), _write_rejects(file, dict(rows), problems))


def keyed_hash(key: bytes) -> Hashed:
    """A hash of some values under a tenant's key, 16 bytes (BLAKE2b); equal amounts are equal however written."""

    def keyed(*values: object) -> bytes:
        said = json.dumps([None if value is None else told(value) for value in values], ensure_ascii=False)
        return hashlib.blake2b(said.encode(), key=key, digest_size=16).digest()

    return keyed


def told(value: object) -> str:
    """A value as its hash sees it: equal values alike, however they were written.

    Example:
        >>> told(Decimal("1.50")), told(Decimal("1.5")), told(Decimal("100"))
        ('1.5', '1.5', '100')
    """
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as broken:
        raise InputError(
            f"{file} cannot be read: {broken.strerror}.", hint="Give a CSV or JSON lines file."
        ) from broken


def _rows(file: Path, content: bytes) -> Iterator[tuple[int, dict[str, str | None]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise InputError(f"{file} is not UTF-8 ({broken}).", hint="Write it in UTF-8.") from broken
    if file.suffix in (".jsonl", ".ndjson"):
        yield from _json_rows(file, text)
        return
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        header = reader.fieldnames or []
        doubled = [name for place, name in enumerate(header) if name in header[:place]]
        if doubled:
            raise InputError(f"{file}, line 1: the column `{doubled[0]}` is there twice.", hint="Leave one of them.")
        for row in reader:
            yield reader.line_num, {name: cell for name, cell in row.items() if isinstance(name, str)}
    except csv.Error as broken:
        raise InputError(
            f"{file}, line {reader.line_num}: it is no CSV ({broken}).", hint="Mend that line."
        ) from broken


def _json_rows(file: Path, text: str) -> Iterator[tuple[int, dict[str, str | None]]]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            row = json.loads(written, parse_float=str, parse_int=str)
        except (json.JSONDecodeError, RecursionError) as broken:
            raise InputError(f"{file}, line {line}: it is no JSON ({broken}).", hint="Mend that line.") from broken
        if not isinstance(row, dict):
            raise InputError(f"{file}, line {line}: it is no JSON object.", hint="Write one object a line.")
        yield line, {name: None if value is None else str(value) for name, value in row.items()}


def _needed(
    file: Path, rows: Sequence[tuple[int, Mapping[str, str | None]]], kind: PaymentKind, mapping: RowMap
) -> None:
    if not rows:
        raise InputError(f"{file} has no rows.", hint="Give a file with a header and rows.")
    there = set().union(*(row.keys() for _, row in rows[:100]))
    missing = [
        mapping.columns.get(one.name, one.name)
        for one in FIELDS[kind]
        if one.default is ... and one.name not in mapping.constants
        and mapping.columns.get(one.name, one.name) not in there
    ]  # fmt: skip
    if missing:
        raise InputError(
            f"{file} has no column {', '.join(missing)}.",
            hint="Name its columns with --map MAP.toml (docs/payments.md); it has: "
            + ", ".join(sorted(there)[:30])
            + ".",
        )


def _completed(line: int, found: dict[str, Any], kind: PaymentKind, mapping: RowMap) -> Problem | None:
    """Fill what follows from the rest, and check what more than one value decides."""
    if kind == "settlements":
        found["paid_currency"] = found["paid_currency"] or found["currency"]
        if found["paid_gross"] is None:
            if found["paid_currency"] != found["currency"]:
                return Problem(line, "paid_gross", "value_missing", "is empty, and the payout is in another currency")
            found["paid_gross"] = found["gross"]
        if found["net"] != found["paid_gross"] - found["fee"]:
            return Problem(line, "net", "net_differs", "is not paid_gross less fee")
    if kind == "transactions":
        if found["kind"] in mapping.negate:
            found["amount"] = -found["amount"]
        wrong = found["amount"] >= 0 if found["kind"] in REVERSALS else found["amount"] <= 0
        if found["amount"] == 0 if found["kind"] == "adjustment" else wrong:
            return Problem(
                line, "amount", "sign_wrong", "has the wrong sign for its kind; see `negate` of the column map"
            )
        who = found["user_id"]
        if who is not None and len(who) >= SHORTEST_ID and any(
            who in (found[name] or "") for name in ("reference", "related")
        ):  # fmt: skip
            return Problem(line, "reference", "personal_data", "holds the customer's own id")
    if kind == "rates" and (found["rate"] <= 0 or found["base"] == found["quote"]):
        return Problem(line, "rate", "rate_invalid", "is not above zero, or of one currency in itself")
    for amount, currency in _AMOUNTS[kind]:
        if not whole(found[amount], found[currency]):
            return Problem(line, amount, "amount_invalid", "is no whole number of the currency's minor units")
    return None


def _name_customers(good: Sequence[tuple[int, dict[str, Any]]], tenant_id: str, books: MoneyBooks) -> None:
    asked = {row["user_id"] for _, row in good if row["user_id"] is not None}
    names = books.customers(tenant_id, sorted(asked))
    for _, row in good:
        row["subject"] = names.get(row.pop("user_id"))


def _identified(good: Sequence[tuple[int, dict[str, Any]]], kind: PaymentKind, keyed: Hashed) -> list[MoneyRow]:
    columns = COLUMNS[TABLE[kind]]
    seen: Counter[bytes] = Counter()
    ready = []
    for line, row in good:
        if kind == "transactions":
            said = [row[name] for name in columns if name not in ("content_hash", "subject")]
            row["content_hash"] = keyed("content", *said)
            row_id = keyed("transaction", row["merchant"], row["reference"])
        else:
            content = keyed(kind, *(row[name] for name in columns))
            seen[content] += 1
            row_id = keyed(kind, content.hex(), seen[content])
        ready.append(MoneyRow(line, row_id, tuple(row[name] for name in columns)))
    return ready


def _stated(
    good: Sequence[tuple[int, dict[str, Any]]], kind: PaymentKind, keyed: Hashed, kept: pl.DataFrame
) -> list[MoneyRow]:
    """Rows that are known where they say what stands; what a file says last of something is what it says of it."""
    columns = COLUMNS[TABLE[kind]]

    def about(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in _STATES[kind])

    def said(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in columns)

    newest: dict[tuple[Any, ...], tuple[int, bytes, tuple[Any, ...]]] = {}
    for row in kept.sort("load_id", "line").iter_rows(named=True):
        number, *_ = newest.get(about(row), (0,))
        newest[about(row)] = number + 1, bytes.fromhex(row["row_id"]), said(row)
    last = {about(row): said(row) for _, row in good}
    stands = {key for key, values in last.items() if key in newest and newest[key][2] == values}
    ready = []
    for line, row in good:
        number, row_id, standing = newest.get(about(row), (0, b"", ()))
        if about(row) not in stands and said(row) != standing:
            number += 1
            # By what it says, too: of two who load at once, neither knows of the other's number.
            row_id = keyed(kind, keyed(kind, *said(row)).hex(), number)
            newest[about(row)] = number, row_id, said(row)
        ready.append(MoneyRow(line, row_id, said(row)))
    return ready


def _write_rejects(
    file: Path, rows: Mapping[int, Mapping[str, str | None]], problems: Sequence[Problem]
) -> Path | None:
    if not problems:
        return None
    to = file.with_name(file.name + REJECTS)
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    with to.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["line", "column", "code", "reason", *columns])
        for one in problems:
            row = rows[one.line]
            writer.writerow([one.line, one.column, one.code, one.reason, *(row.get(name) for name in columns)])
    return to
