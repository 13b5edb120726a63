"""The learning records, each declared once: the system of record.

`RECORDS` is in an order in which rows can be loaded: what is referred to comes first, references of a record to itself
apart.
"""

from __future__ import annotations

from graphlib import TopologicalSorter

from akademos.catalogue.records.assessment import ASSESSMENT
from akademos.catalogue.records.credentials import CREDENTIALS
from akademos.catalogue.records.curriculum import CURRICULUM_RECORDS
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.organisation import ORGANISATION
from akademos.catalogue.records.paths import LEARNING_PATHS
from akademos.catalogue.records.people import PEOPLE_RECORDS
from akademos.catalogue.records.structure import STRUCTURE
from akademos.catalogue.records.support import SUPPORT_RECORDS

_DECLARED: tuple[Record, ...] = (
    *STRUCTURE,
    *CURRICULUM_RECORDS,
    *ASSESSMENT,
    *LEARNING_PATHS,
    *ORGANISATION,
    *PEOPLE_RECORDS,
    *CREDENTIALS,
    *SUPPORT_RECORDS,
)


def _in_order() -> tuple[Record, ...]:
    by_name = {record.name: record for record in _DECLARED}
    order: TopologicalSorter[str] = TopologicalSorter()
    for record in _DECLARED:
        order.add(record.name, *(one.refers for one in record.fields if one.refers not in (None, record.name)))
    return tuple(by_name[name] for name in order.static_order())


RECORDS: tuple[Record, ...] = _in_order()
BY_NAME: dict[str, Record] = {record.name: record for record in RECORDS}
BY_COLLECTION: dict[str, Record] = {record.collection: record for record in RECORDS}
LOADED: tuple[Record, ...] = tuple(record for record in RECORDS if record.file)
"""Those that a folder of record files may hold."""
