"""The data dictionary that goes with every release, made from the declarations of its columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from akademos.catalogue.research_columns import (
    ACTIVE_WEEKS_BANDS,
    ACTIVE_WEEKS_COARSE,
    ACTIVITY_BANDS,
    ANSWER_BANDS,
    CORRECT_BANDS,
    FIRST_WEEK_BANDS,
    RELEASE_COLUMNS,
    RUNGS,
    WITHHELD,
)
from akademos.privacy.research_release import band

BANDS: dict[str, dict[str, Sequence[int]]] = {
    "first_week": {"bands": FIRST_WEEK_BANDS},
    "weeks_active": {"bands": ACTIVE_WEEKS_BANDS, "coarse bands": ACTIVE_WEEKS_COARSE},
    "activity": {"digits": ACTIVITY_BANDS},
    "answers": {"digits": ANSWER_BANDS},
    "correct": {"bands": CORRECT_BANDS},
}


def dictionary() -> dict[str, Any]:
    """Columns, bands and rungs as data."""
    return {
        "withheld": WITHHELD,
        "columns": [
            {
                "name": one.name,
                "type": "int32" if one.name == "detail" else "string",
                "part": one.part.value,
                "description": one.description,
                "values": {
                    form: {str(at): band(low, bands) for at, low in enumerate(bands)}
                    if form == "digits"
                    else [band(low, bands) for low in bands]
                    for form, bands in BANDS.get(one.name, {}).items()
                },
            }
            for one in RELEASE_COLUMNS
        ],
        "rungs": [{name: form.value for name, form in rung.items()} for rung in RUNGS],
    }


def dictionary_page() -> str:
    """The same as a page."""
    said = dictionary()
    lines = ["# Data dictionary of a research release", "", f"`{WITHHELD}` stands where nothing is told.", ""]
    lines += ["| Column | Type | To an attacker | Meaning | Values |", "|---|---|---|---|---|"]
    for one in said["columns"]:
        values = "; ".join(f"{form}: {_listed(found)}" for form, found in one["values"].items())
        lines.append(f"| {one['name']} | {one['type']} | {one['part']} | {one['description']} | {values} |")
    lines += ["", "## How exactly a row is told (column `detail`)", ""]
    names = list(said["rungs"][0])
    lines += ["| detail | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for at, rung in enumerate(said["rungs"]):
        lines.append(f"| {at} | " + " | ".join(rung[name] for name in names) + " |")
    return "\n".join(lines) + "\n"


def _listed(found: dict[str, str] | list[str]) -> str:
    if isinstance(found, dict):
        return ", ".join(f"{digit} = {meaning}" for digit, meaning in found.items())
    return ", ".join(found)
