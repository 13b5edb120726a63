"""Structure of a Common Cartridge 1.3: what its manifest says of modules and lessons.

The organization is a tree of items. An item below the root is a module, with everything in it that leads to a resource
as a lesson; an item below the root that leads to a resource itself is a module of one lesson. Folders within a module
have no counterpart: their titles stand before those of their lessons.

Source: 1EdTech Common Cartridge 1.3, https://www.imsglobal.org/cc/ccv1p3/imscc_Overview-v1p3.html. Cartridges of 1.1
and 1.2 differ in nothing that is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from akademos.errors import InputError

DEEPEST = 64
MOST_ELEMENTS = 500_000
VIDEO = (".mp4", ".webm", ".m4v", ".mov", ".ogv")
_CARTRIDGE = re.compile(r"http://www\.imsglobal\.org/xsd/imsccv1p[123]/imscp_v1p1")
_SEPARATOR = " "


@dataclass(frozen=True, slots=True)
class CartridgeLesson:
    """A lesson: identifier of its item, title, kind, and the file or address of its resource."""

    identifier: str
    title: str
    content_type: Literal["page", "video", "quiz", "material"]
    reference: str | None


@dataclass(frozen=True, slots=True)
class CartridgeModule:
    """A module and its lessons in order."""

    identifier: str
    title: str
    lessons: tuple[CartridgeLesson, ...]


@dataclass(slots=True)
class Cartridge:
    """A course's structure. `files` are all that its resources name; `unknown` are items that lead to no resource."""

    identifier: str
    title: str
    description: str | None
    modules: list[CartridgeModule] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Resource:
    type: str
    href: str | None


def read_cartridge(manifest: bytes) -> Cartridge:
    """The structure that a manifest declares.

    Raises:
        InputError: it is no XML, declares a document type (which could bring entities), or is no cartridge's.
    """
    root = _parsed(manifest)
    space, name = _split(root.tag)
    if name != "manifest" or _CARTRIDGE.fullmatch(space) is None:
        raise InputError(
            "This is not the manifest of a Common Cartridge.", hint="Export the course as Common Cartridge 1.1 to 1.3."
        )
    resources = {
        one.get("identifier", ""): _Resource(one.get("type", ""), one.get("href") or _first_file(one))
        for one in _all(root, "resource")
    }
    cartridge = Cartridge(
        root.get("identifier", ""), _lom(root, "title") or root.get("identifier") or "", _lom(root, "description")
    )
    cartridge.files = [one.get("href", "") for one in _all(root, "file")]
    for organization in _all(root, "organization"):
        tops = [one for one in organization if _split(one.tag)[1] == "item"]
        if len(tops) == 1 and not tops[0].get("identifierref"):  # the root of the hierarchy
            tops = [one for one in tops[0] if _split(one.tag)[1] == "item"]
        for item in tops:
            lessons = tuple(_lessons(item, resources, cartridge, (), 0))
            if lessons:
                cartridge.modules.append(CartridgeModule(item.get("identifier", ""), _title(item), lessons))
    return cartridge


def _lessons(
    item: Element, resources: Mapping[str, _Resource], cartridge: Cartridge, above: tuple[str, ...], depth: int
) -> Iterator[CartridgeLesson]:
    if depth > DEEPEST:
        raise InputError(f"Items lie more than {DEEPEST} deep.", hint="No course does that; the manifest is broken.")
    reference = item.get("identifierref")
    if reference:
        resource = resources.get(reference)
        if resource is None:
            cartridge.unknown.append(item.get("identifier", ""))
        else:
            title = ": ".join((*above, _title(item)))
            yield CartridgeLesson(item.get("identifier", ""), title, _kind(resource), resource.href)
    inner = above if depth == 0 else (*above, _title(item))
    for child in item:
        if _split(child.tag)[1] == "item":
            yield from _lessons(child, resources, cartridge, inner, depth + 1)


def _kind(resource: _Resource) -> Literal["page", "video", "quiz", "material"]:
    if resource.type.endswith("/assessment"):
        return "quiz"
    if resource.type == "webcontent" and (resource.href or "").lower().endswith(VIDEO):
        return "video"
    return "page" if resource.type == "webcontent" else "material"


def _title(item: Element) -> str:
    found = next((one.text for one in item if _split(one.tag)[1] == "title"), None)
    return " ".join((found or item.get("identifier") or "").split())


def _lom(root: Element, name: str) -> str | None:
    """Title or description in the metadata of the whole cartridge."""
    metadata = next((one for one in root if _split(one.tag)[1] == "metadata"), None)
    if metadata is None:
        return None
    for general in _all(metadata, "general"):
        for one in general:
            if _split(one.tag)[1] == name:
                text = " ".join("".join(one.itertext()).split())
                return text or None
    return None


def _first_file(resource: Element) -> str | None:
    return next((one.get("href") for one in resource if _split(one.tag)[1] == "file"), None)


def _all(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element.iter() if _split(one.tag)[1] == name)


def _split(tag: str) -> tuple[str, str]:
    space, _, name = tag.rpartition(_SEPARATOR)
    return space, name


def _parsed(content: bytes) -> Element:
    """The document, with namespaces before names. Document types are refused, and with them every entity."""
    builder, count = TreeBuilder(), 0
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS:
            raise InputError(
                f"The manifest has more than {MOST_ELEMENTS:,} elements.", hint="Give the course in parts."
            )
        builder.start(name, attributes)

    def refuse(*_: object) -> None:
        raise InputError(
            "The manifest declares a document type, which no cartridge needs.", hint="Take the DOCTYPE out."
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as broken:
        raise InputError(f"The manifest is no XML: {broken}.", hint="Export the course again.") from broken
    return builder.close()
