"""Common Cartridges in: a course, its modules and lessons, as a draft that somebody reviews and publishes.

Only the manifest is read. Nothing is unpacked, so no name in the archive leads anywhere.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.catalogue.records import BY_NAME
from akademos.errors import InputError
from akademos.intake.record_files import Problem
from akademos.intake.records import RecordsError
from akademos.sources.common_cartridge import Cartridge, read_cartridge
from akademos.stores.ports.records import LoadReport, Records

MANIFEST = "imsmanifest.xml"
LARGEST_MANIFEST = 32 * 1024 * 1024
MOST_MEMBERS = 100_000
_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class CartridgeReport:
    """The course that was loaded and what that came to; `missing` are files that the manifest names and nobody sent."""

    course_id: str
    loaded: Sequence[LoadReport]
    missing: Sequence[str]


def import_cartridge(
    path: Path, tenant_id: str, records: Records, *, actor: str, course_id: str | None = None
) -> CartridgeReport:
    """Load the structure of a cartridge. The same cartridge again changes nothing.

    Args:
        path: the archive.
        course_id: the course to load into; the identifier of the cartridge when left out.

    Raises:
        RecordsError: items without a resource, ids that are too long or come twice; nothing was kept.
        InputError: it is no cartridge.
    """
    manifest, members = _opened(path)
    cartridge = read_cartridge(manifest)
    course = course_id or cartridge.identifier
    problems = [Problem(MANIFEST, 1, None, reason) for reason in _problems(cartridge, course)]
    if problems:
        raise RecordsError(problems)
    tables = _tables(cartridge, course, new=course not in records.ids(tenant_id, "learning_courses"))
    loaded = records.load_all(tenant_id, tables, actor=actor)
    return CartridgeReport(course, loaded, [name for name in cartridge.files if name not in members])


def _opened(path: Path) -> tuple[bytes, frozenset[str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > MOST_MEMBERS:
                raise InputError(f"The archive has more than {MOST_MEMBERS:,} files.", hint="Give the course in parts.")
            if MANIFEST not in names:
                raise InputError(f"There is no {MANIFEST} in {path.name}.", hint="Give a Common Cartridge (.imscc).")
            with archive.open(MANIFEST) as file:
                content = file.read(LARGEST_MANIFEST + 1)
    except OSError as missing:
        raise InputError(f"{path} cannot be read.", hint="Check the path.") from missing
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as broken:
        raise InputError(f"{path.name} is no archive that can be read.", hint="Export the course again.") from broken
    if len(content) > LARGEST_MANIFEST:
        raise InputError(f"{MANIFEST} is larger than {LARGEST_MANIFEST // 2**20} MB.", hint="Give the course in parts.")
    return content, frozenset(names)


def _problems(cartridge: Cartridge, course: str) -> list[str]:
    found = [f"the item `{one[:80]}` leads to a resource that is not declared" for one in cartridge.unknown]
    if not course:
        found.append("the manifest has no identifier; name the course")
    if not cartridge.modules:
        found.append("the organization has no item that leads to a resource")
    ids = [one.identifier for one in cartridge.modules]
    ids += [lesson.identifier for one in cartridge.modules for lesson in one.lessons if lesson.identifier not in ids]
    seen: set[str] = set()
    for one in ids:
        if not one:
            found.append("an item has no identifier")
        elif len(_under(course, one)) > IDENTIFIER_LENGTH:
            found.append(f"the identifier `{one[:80]}` is too long")
        elif one in seen:
            found.append(f"the identifier `{one[:80]}` comes twice")
        seen.add(one)
    for name in cartridge.files:
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in (parts.parts[0] if parts.parts else ""):
            found.append(f"the file `{name[:80]}` lies outside of the cartridge")
    return found


def _tables(cartridge: Cartridge, course: str, *, new: bool) -> dict[str, list[Mapping[str, object]]]:
    head: dict[str, object] = {"course_id": course, "title": cartridge.title[:_TEXT]}
    if cartridge.description:
        head["description"] = cartridge.description[:_TEXT]
    if new:
        head["status"] = BY_NAME["learning_courses"].life_cycle.initial  # type: ignore[union-attr]  # declared so
    modules: list[Mapping[str, object]] = []
    lessons: list[Mapping[str, object]] = []
    videos: list[Mapping[str, object]] = []
    for place, module in enumerate(cartridge.modules):
        module_id = _under(course, module.identifier)
        modules.append({"module_id": module_id, "course_id": course, "title": module.title[:_TEXT], "position": place})
        for position, lesson in enumerate(module.lessons):
            lesson_id = _under(course, lesson.identifier)
            lessons.append(
                {
                    "lesson_id": lesson_id,
                    "module_id": module_id,
                    "course_id": course,
                    "title": lesson.title[:_TEXT],
                    "position": position,
                    "content_type": lesson.content_type,
                    "completion_rule": {"rule": "viewed"},
                }
            )
            if lesson.content_type == "video" and lesson.reference:
                videos.append({"lesson_id": lesson_id, "course_id": course, "media_reference": lesson.reference})
    tables: dict[str, list[Mapping[str, object]]] = {
        "learning_courses": [head],
        "learning_modules": modules,
        "learning_lessons": lessons,
    }
    return tables | ({"learning_video_lessons": videos} if videos else {})


def _under(course: str, identifier: str) -> str:
    return f"{course}/{identifier}"
