"""The study events of the dictionary; raw study events are kept two years."""

from __future__ import annotations

from akademos.catalogue.achievement_events import ACHIEVEMENT_EVENTS
from akademos.catalogue.declarations import EventType
from akademos.catalogue.material_events import MATERIAL_EVENTS
from akademos.catalogue.question_events import QUESTION_EVENTS
from akademos.catalogue.study_session_events import STUDY_SESSION_EVENTS

STUDY_EVENTS: tuple[EventType, ...] = (
    *STUDY_SESSION_EVENTS,
    *QUESTION_EVENTS,
    *MATERIAL_EVENTS,
    *ACHIEVEMENT_EVENTS,
)
