"""The product events of the dictionary, by whose action they record."""

from __future__ import annotations

from akademos.catalogue.declarations import EventType
from akademos.catalogue.learner_product_events import LEARNER_PRODUCT_EVENTS
from akademos.catalogue.staff_product_events import STAFF_PRODUCT_EVENTS

PRODUCT_EVENTS: tuple[EventType, ...] = (*LEARNER_PRODUCT_EVENTS, *STAFF_PRODUCT_EVENTS)
