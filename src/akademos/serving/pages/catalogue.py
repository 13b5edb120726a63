"""The catalogue as pages: search and list, one data product, access requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from akademos.serving.pages.answers import Json
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words

HOME = "/catalogue"
PRODUCT = "/catalogue/products"
REQUESTS = "/catalogue/requests"
GLOSSARY = "/catalogue/glossary"
ROWS = 40
"""Datasets on one page of the list."""
WORDS_SHOWN = 8
"""Words of the glossary that a search shows; the others are counted."""
ZONES = ("landing", "core", "vault", "records", "serving", "mart", "log", "release")


def said(words: Words, section: str, value: str) -> str:
    """A word of ours in the language; the word itself where there is no message."""
    key = f"catalogue.{section}.{value}"
    return words.plain(key) if key in words else value


def render_catalogue(
    datasets: Sequence[Json],
    *,
    shell: Shell,
    asked: Mapping[str, str],
    total: int,
    beside: Mapping[str, Sequence[Json]],
    made: Json,
    number: int = 1,
) -> str:
    """The page as HTML.

    Args:
        datasets: all that was found, as /v1/catalogue has it.
        asked: the words (`q`), zone and quality that were asked for.
        total: datasets of the whole catalogue.
        beside: products, metrics and terms that were found.
        made: what the catalogue rests on, as `catalogue_access.made_of` has it.
        number: which page of the list, from 1; the last one where there are fewer.
    """
    words = shell.words
    pages = max(1, -(-len(datasets) // ROWS))
    number = min(number, pages)
    first = (number - 1) * ROWS
    shown = datasets[first : first + ROWS]
    failing = sum(one["quality"] == "failed" for one in datasets)
    take = words.html("catalogue.take", n=words.locale.number(len(datasets)), total=words.locale.number(total))
    if failing:
        take += Markup(" ") + words.counted("catalogue.take.failing", failing)
    return page(
        "catalogue.html",
        shell,
        title=words.plain("catalogue.title"),
        lede=words.plain("catalogue.lede"),
        asked=asked,
        zones=[(zone, said(words, "zone", zone)) for zone in ZONES],
        qualities=[(one, said(words, "quality", one)) for one in ("passed", "failed", "unchecked")],
        take=take,
        table=_datasets(shown, words) if shown else None,
        turn=[
            (words.plain(f"catalogue.page.{key}"), _turned(shell, asked, to))
            for key, to in (("before", number - 1), ("after", number + 1))
            if 1 <= to <= pages
        ],
        part=words.plain(
            "catalogue.page.part",
            first=words.locale.number(first + 1),
            last=words.locale.number(first + len(shown)),
            n=words.locale.number(len(datasets)),
        ),
        beside=_beside(beside, words),
        products=PRODUCT,
        requests=REQUESTS,
        glossary=GLOSSARY,
        provenance=made_lines(made, words),
    )


def _turned(shell: Shell, asked: Mapping[str, str], number: int) -> str:
    """The address of another page of the same list."""
    kept = {name: value for name, value in asked.items() if value}
    if "lang" in shell.query:
        kept["lang"] = shell.query["lang"]
    return f"{HOME}?{urlencode({**kept, 'page': number})}#datasets"


def _beside(found: Mapping[str, Sequence[Json]], words: Words) -> Json | None:
    """Products, metrics and words that were found, as the page lists them."""
    if not any(found.values()):
        return None
    return {
        "products": [(f"{PRODUCT}/{one['name']}", one["title"]) for one in found["products"]],
        "told": [
            *((one["name"], one["meaning"]) for one in found["terms"][:WORDS_SHOWN]),
            *((one["name"], one["description"]) for one in found["metrics"][:WORDS_SHOWN]),
        ],
        "more": words.counted_plain("and_more", left) if (left := _left(found)) else "",
    }


def _left(found: Mapping[str, Sequence[Json]]) -> int:
    return sum(max(0, len(found[kind]) - WORDS_SHOWN) for kind in ("terms", "metrics"))


def made_lines(made: Json, words: Words) -> list[Markup]:
    """What the catalogue rests on and how fresh that is."""
    number = words.locale.number
    told = [words.html("catalogue.fine")]
    if made["checked_at"]:
        at = words.plain("ops.utc", at=words.locale.moment(made["checked_at"]))
        told.append(
            words.html("catalogue.how.checks", at=at, n=number(made["checks"]), datasets=number(made["checked"]))
        )
    else:
        told.append(words.html("catalogue.how.unchecked"))
    told.append(words.html("catalogue.how.columns", n=number(made["traced"]), total=number(made["columns"])))
    return told


def _columns(words: Words, keys: Sequence[str], numeric: Sequence[str] = ()) -> list[Column]:
    return [Column(words.plain(f"catalogue.col.{key}"), key in numeric) for key in keys]


def _datasets(datasets: Sequence[Json], words: Words) -> Table:
    keys = ("name", "what", "owner", "zone", "sensitivity", "fresh", "quality", "certified")
    rows = [
        [
            Cell(str(one["name"]), href=f"{HOME}/{one['name']}"),
            Cell(str(one["description"])),
            Cell(str(one["owner"])),
            Cell(said(words, "zone", str(one["zone"]))),
            Cell(said(words, "sensitivity", str(one["sensitivity"]))),
            Cell(said(words, "freshness", str(one["freshness"]["state"]).replace(" ", "_"))),
            quality_cell(str(one["quality"]), words),
            level_cell(one["certification"], words),
        ]
        for one in datasets
    ]
    return Table(words.plain("catalogue.datasets"), _columns(words, keys), rows)


def quality_cell(quality: str, words: Words) -> Cell:
    """How the checks stand; a failure is marked by words and weight, never by colour alone."""
    return Cell(said(words, "quality", quality), chip="chip strong" if quality == "failed" else "chip")


def level_cell(certification: Any, words: Words) -> Cell:
    """What a steward says, if it stands."""
    if certification is None:
        return Cell(MISSING, "")
    return Cell(said(words, "level", str(certification["level"])), chip="chip")


def render_product(one: Json, *, shell: Shell, made: Json, problem: str = "", standing: Json | None = None) -> str:
    """One product: what it is, its contract, and how to get it. `standing` is the asker's own request, if any."""
    words = shell.words
    keys = ("name", "grain", "columns", "fresh", "quality", "checks")
    contract = Table(
        words.plain("catalogue.contract"),
        _columns(words, keys, ("columns", "checks")),
        [
            [
                Cell(str(part["dataset"]), href=f"{HOME}/{part['dataset']}"),
                Cell(str(part["grain"])),
                Cell(str(part["columns"]), part["columns"]),
                Cell(str(part["freshness"]["promise"] or words.plain("catalogue.freshness.no_promise"))),
                quality_cell(str(part["quality"]), words),
                Cell(str(part["checks"]), part["checks"]),
            ]
            for part in one["contract"]
        ],
    )
    return page(
        "catalogue_product.html",
        shell,
        title=str(one["title"]),
        product=one,
        contract=contract,
        roles=[said_role(words, role) for role in one["used_by"]],
        home=HOME,
        products=PRODUCT,
        ask=f"{REQUESTS}?{urlencode({'kind': 'product', 'name': one['name']})}" if one["requestable"] else None,
        standing=standing,
        standing_said=None if standing is None else said(words, "status", str(standing["status"])),
        provenance=[words.html("catalogue.products.fine"), *made_lines(made, words)[1:]],
        problem=problem,
    )


def said_role(words: Words, role: str) -> str:
    """A role in words."""
    return words.plain(f"role.{role}") if f"role.{role}" in words else role


def render_requests(
    requests: Sequence[Json],
    *,
    shell: Shell,
    deciding: bool,
    wanted: Mapping[str, str] | None = None,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """Requests with what can be done about each, and the form for a new one.

    Args:
        requests: as /v1/catalogue/requests has them.
        deciding: whether the reader decides about others' requests.
        wanted: kind and name of what the reader is about to ask for, and the reason that was typed before.
        problem: why the last step was refused.
        typed: what was typed into its form: of which request_id, answer and until.
    """
    words = shell.words
    keys = ("name", "status", "asked", *(("who",) if deciding else ()), "role", "why", "answer", "until")

    def row(one: Json) -> list[Cell]:
        address = f"{PRODUCT}/{one['name']}" if one["kind"] == "product" else f"{HOME}/{quote(str(one['name']))}"
        return [
            Cell(str(one["name"]), href=address),
            Cell(said(words, "status", str(one["status"])), chip="chip strong" if one["status"] == "open" else "chip"),
            Cell(str(one["requested_at"])[:10]),
            *([Cell(str(one["requester"] or MISSING))] if deciding else []),
            Cell(said_role(words, str(one["role"]))),
            Cell(str(one["reason"])),
            Cell(str(one["answer"] or MISSING)),
            Cell(str(one["valid_until"] or MISSING)[:10]),
        ]

    still = [one for one in requests if one["status"] == "open"]
    return page(
        "catalogue_requests.html",
        shell,
        title=words.plain("catalogue.requests"),
        lede=words.plain("catalogue.requests.lede"),
        take=words.counted("catalogue.requests.take", len(still)),
        table=Table(words.plain("catalogue.requests"), _columns(words, keys), list(map(row, requests)))
        if requests
        else None,
        open_requests=still,
        ending=[one for one in requests if one["status"] in ("open", "approved")],
        deciding=deciding,
        wanted=wanted,
        action=REQUESTS,
        problem=problem,
        typed=typed,
    )
