"""Where the database names people: the personal columns that the catalogue declares, as the server knows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from akademos.catalogue.declarations import Dataset
from akademos.privacy.erasure import Treatment, treatment
from akademos.stores.postgres.database import Transaction

VAULT = ("people", "identifiers")
BY_CONTENT = ("landing", "held", "dead_letters", "erasures", "held_records", "models")
"""Tables with rules of their own (`erasing`, `waiting_events`)."""

_COLUMNS = """
    SELECT c.relname, a.attname, t.typname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY c.relname, a.attnum
"""


@dataclass(frozen=True, slots=True)
class PersonColumn:
    """A column that may hold a learner_key."""

    table: str
    column: str
    treatment: Treatment
    dataset: Dataset


def person_columns(transaction: Transaction, datasets: Iterable[Dataset]) -> list[PersonColumn]:
    """The columns outside vault and landing that may name a person by key."""
    types = {(table, column): kind for table, column, kind in transaction.execute(_COLUMNS)}
    found = []
    for dataset in datasets:
        if dataset.name in (*VAULT, *BY_CONTENT):
            continue
        for column in dataset.columns:
            kind = types.get((dataset.name, column.name))
            if column.personal and kind == "uuid":
                found.append(PersonColumn(dataset.name, column.name, treatment(dataset, column), dataset))
    return found


def personal_tables(transaction: Transaction, datasets: Iterable[Dataset]) -> list[str]:
    """Every table with a personal column that an erasure does not leave as it is, and those whose notes may name
    somebody."""
    there = {table for table, _, _ in transaction.execute(_COLUMNS)}
    personal = {one.name for one in datasets if any(column.personal and not column.stays for column in one.columns)}
    return sorted((personal | {"job_runs", "suppressions"}) & there)
