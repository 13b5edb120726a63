"""Data products at a glance: whose they are, whether their contracts hold now, and who uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from akademos.serving.pages.answers import Json
from akademos.serving.pages.catalogue import HOME, PRODUCT, REQUESTS, made_lines, said, said_role
from akademos.serving.pages.product_freshness import freshness_card
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words


@dataclass(frozen=True)
class ProductCard:
    """One product in words; `chips` are (text, whether somebody should look at it)."""

    title: str
    href: str
    description: str
    chips: Sequence[tuple[str, bool]]
    why: str
    facts: Sequence[tuple[str, str]]


def render_products(products: Sequence[Json], *, shell: Shell, made: Json, now: datetime) -> str:
    """The page as HTML.

    Args:
        products: as /v1/catalogue/products has them.
        made: what the catalogue rests on, as `catalogue_access.made_of` has it.
        now: the moment until which ages are counted.
    """
    words = shell.words
    return page(
        "catalogue_products.html",
        shell,
        title=words.plain("catalogue.products"),
        lede=words.plain("catalogue.products.lede"),
        home=HOME,
        requests=REQUESTS,
        tiles=_tiles(products, words),
        age=freshness_card(products, now, words),
        cards=[_card(one, words) for one in products],
        table=_table(products, words),
        provenance=[words.html("catalogue.products.fine"), *made_lines(made, words)[1:]],
    )


def _tiles(products: Sequence[Json], words: Words) -> list[Tile]:
    """How many of all products keep what they promise, and of how many nothing can be said."""
    states = [one["state"] for one in products]
    shown = (
        ("fresh", sum(one["freshness"] == "fresh" for one in states),
         sum(one["freshness"] == "no promise" for one in states)),
        ("quality", sum(one["quality"] == "passed" for one in states),
         sum(one["quality"] == "unchecked" for one in states)),
        ("certified", sum(_certified(one) for one in states), None),
        ("used", sum(bool(one["use_30_days"]) for one in products), None),
    )  # fmt: skip
    total = words.locale.number(len(products))
    return [
        Tile(
            words.plain(f"catalogue.products.tile.{key}"),
            words.plain("catalogue.products.of", n=words.locale.number(n), total=total) if products else MISSING,
            text=words.html(f"catalogue.products.tile.{key}.text")
            if unsaid is None
            else words.counted(f"catalogue.products.tile.{key}.text", unsaid),
        )
        for key, n, unsaid in shown
    ]


def _certified(state: Json) -> bool:
    return bool(0 < state["parts"] == state["certified"])


def _freshness(state: Json, words: Words) -> str:
    return said(words, "freshness", str(state["freshness"]).replace(" ", "_"))


def _worth(state: Json, words: Words) -> str:
    if state["deprecated"]:
        return words.plain("catalogue.products.deprecated", n=state["deprecated"], total=state["parts"])
    if _certified(state):
        return said(words, "level", "certified")
    if state["certified"]:
        return words.plain("catalogue.products.certified.part", n=state["certified"], total=state["parts"])
    return words.plain("catalogue.products.certified.none")


def _readers(product: Json, words: Words) -> str:
    """Who used it, by role, with how often."""
    named = [
        f"{said_role(words, str(by['role']))} ({words.locale.number(by['reads'])})" for by in product["use_30_days"]
    ]
    return ", ".join(named) or words.plain("catalogue.products.use.none")


def _why(state: Json, words: Words) -> str:
    """The parts that keep the contract from holding."""
    found = []
    if state["late"]:
        found.append(words.plain(f"catalogue.products.why.{state['freshness']}", names=", ".join(state["late"])))
    if state["failing"]:
        found.append(words.plain("catalogue.products.why.failing", names=", ".join(state["failing"])))
    return " ".join(found)


def _card(one: Json, words: Words) -> ProductCard:
    state = one["state"]
    facts = (
        ("owner", str(one["owner"])),
        ("domain", str(one["domain"])),
        ("version", str(one["version"])),
        ("parts", words.locale.number(state["parts"])),
        ("used_by_roles", ", ".join(said_role(words, role) for role in one["used_by"])),
        ("used", _readers(one, words)),
    )
    return ProductCard(
        str(one["title"]),
        f"{PRODUCT}/{one['name']}",
        str(one["description"]),
        (
            (_freshness(state, words), state["freshness"] == "late"),
            (said(words, "quality", str(state["quality"])), state["quality"] == "failed"),
            (_worth(state, words), bool(state["deprecated"])),
        ),
        _why(state, words),
        [(words.plain(f"catalogue.col.{key}"), value) for key, value in facts],
    )


def _yours(one: Json, words: Words) -> str:
    kind = "yours" if one["yours"] else "ask" if one["requestable"] else "others"
    return words.plain(f"catalogue.use.{kind}")


def _table(products: Sequence[Json], words: Words) -> Table:
    keys = ("name", "owner", "domain", "version", "fresh", "quality", "certified", "used", "use")
    rows = [
        [
            Cell(str(one["title"]), href=f"{PRODUCT}/{one['name']}"),
            Cell(str(one["owner"])),
            Cell(str(one["domain"])),
            Cell(str(one["version"]), one["version"]),
            Cell(_freshness(one["state"], words)),
            Cell(said(words, "quality", str(one["state"]["quality"]))),
            Cell(_worth(one["state"], words)),
            Cell(_readers(one, words), sum(by["reads"] for by in one["use_30_days"])),
            Cell(_yours(one, words)),
        ]
        for one in products
    ]
    columns = [Column(words.plain(f"catalogue.col.{key}"), key == "version") for key in keys]
    return Table(words.plain("catalogue.products"), columns, rows)
