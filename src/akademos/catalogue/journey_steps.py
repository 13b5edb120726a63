"""The steps of journeys: a closed list, so that no question fits one person."""

from __future__ import annotations

from akademos.catalogue.material_events import MATERIAL_KINDS

STEP_OF_EVENT = {
    "course_registered": "registered",
    "quiz_attempt_submitted": "submitted",
    "course_withdrawn": "withdrew",
}
"""Events that are a step by themselves."""

STEP_OF_MATERIAL_EVENT = {"material_opened": "opened", "material_completed": "completed"}
"""Events that are a step by the kind of their material: opened:video."""

ANSWERED = "question_submitted"
RIGHT, WRONG = "answered:right", "answered:wrong"

DETAILED = (
    *STEP_OF_EVENT.values(),
    *(f"{verb}:{kind}" for verb in STEP_OF_MATERIAL_EVENT.values() for kind in MATERIAL_KINDS),
    RIGHT,
    WRONG,
)
"""Every name that an event can get."""

_GROUPED = ("opened", "completed", "answered")

STEPS: dict[str, tuple[str, ...]] = {
    **{group: tuple(one for one in DETAILED if one.startswith(f"{group}:")) for group in _GROUPED},
    **{name: (name,) for name in DETAILED},
}
"""What a question may name, with the names of events that it stands for."""

STOPPED = "stopped"
"""Of survival: that nothing more came."""
