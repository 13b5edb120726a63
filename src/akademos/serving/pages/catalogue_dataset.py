"""One dataset of the catalogue as a page: what it is, columns and their origins, freshness, checks, lineage, use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.charts.layered_graph import GraphNode, layered_graph
from akademos.serving.pages.answers import Json
from akademos.serving.pages.cards import NOTHING, Card, State, figure
from akademos.serving.pages.catalogue import HOME, PRODUCT, REQUESTS, said, said_role
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words

BOXES_AT_MOST = 22
NEAR = 2
"""Steps up and down that are drawn; the table has all of them."""
NAMED = 4


def render_dataset(
    one: Json,
    history: Sequence[Json],
    *,
    shell: Shell,
    sample: Json | None = None,
    certifying: bool = False,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """The page as HTML.

    Args:
        one: as /v1/catalogue/datasets/{name} has it.
        history: results of its checks, newest first.
        sample: some rows, where the reader asked for them and may see them.
        certifying: whether the reader may say what it is worth.
        problem: why the last step was refused.
        typed: what was typed into the form of that step: level, statement and until.
    """
    words = shell.words
    name = str(one["name"])
    return page(
        "catalogue_dataset.html",
        shell,
        title=name,
        one=one,
        facts=_facts(one, words),
        columns=_columns(one, words),
        checks=_checks(one, words),
        checked=_checked(one, words),
        history=_history(history, words),
        lineage=_lineage(one, words),
        use=_use(one, words),
        terms=one["terms"],
        sample=None if sample is None else _sample(name, sample, words),
        left_out=", ".join(sample["left_out"]) if sample else "",
        rows_href=f"{HOME}/{name}?{urlencode({'rows': 'true'})}#rows" if one["rows_open_to_you"] else None,
        rows_tried=f"{HOME}/{name}?{urlencode({'rows': 'true'})}#rows" if one["requestable"] else None,
        ask=f"{REQUESTS}?{urlencode({'kind': 'dataset', 'name': name})}" if one["requestable"] else None,
        products=[(f"{PRODUCT}/{each['name']}", each["title"]) for each in one["products"]],
        home=HOME,
        certifying=certifying,
        action=f"{HOME}/{name}/certification",
        levels=[(level, said(words, "level", level)) for level in ("certified", "provisional", "deprecated")],
        problem=problem,
        typed=typed or {"level": "", "statement": "", "until": ""},
    )


def _facts(one: Json, words: Words) -> list[tuple[str, str]]:
    fresh, certified = one["freshness"], one["certification"]
    kept = words.plain("trust.retention.needed")
    if one["retention_days"]:
        kept = words.counted_plain("trust.days", int(one["retention_days"]))
    state = said(words, "freshness", str(fresh["state"]).replace(" ", "_"))
    if fresh["last_success"]:
        state += f" ({fresh['job']}, {str(fresh['last_success'])[:16].replace('T', ' ')} UTC)"
    worth = words.plain("catalogue.level.none")
    if certified:
        worth = f"{said(words, 'level', str(certified['level']))}: {certified['statement']}"
    elif one["certification_lapsed"]:
        worth = words.plain("catalogue.level.lapsed")
    rows = words.plain("catalogue.rows.hidden") if one["rows"] is None else words.locale.number(one["rows"])
    if one["rows"] is not None and one["rows_counted"] is False:
        rows = words.plain("catalogue.rows.about", n=rows)
    found = [
        ("owner", str(one["owner"])),
        ("grain", str(one["grain"])),
        ("zone", said(words, "zone", str(one["zone"]))),
        ("classification", said(words, "classification", str(one["classification"]))),
        ("sensitivity", said(words, "sensitivity", str(one["sensitivity"]))),
        ("basis", str(one["basis"]).replace("_", " ")),
        ("kept", kept),
        ("promise", str(fresh["promise"] or words.plain("catalogue.freshness.no_promise"))),
        ("fresh", state),
        ("rows", rows),
        ("newest", MISSING if not one["newest"] else f"{str(one['newest'])[:16].replace('T', ' ')} UTC"),
        ("certified", worth),
        ("tags", ", ".join(one["tags"])),
    ]
    return [(words.plain(f"catalogue.col.{key}"), value) for key, value in found]


def _heads(words: Words, keys: Sequence[str], numeric: Sequence[str] = ()) -> list[Column]:
    return [Column(words.plain(f"catalogue.col.{key}"), key in numeric) for key in keys]


def _columns(one: Json, words: Words) -> Table:
    rows = [
        [
            Cell(str(column["name"])),
            Cell(str(column["type"] or MISSING)),
            Cell(str(column["description"])),
            Cell(str(column["unit"] or MISSING)),
            Cell(words.plain("trust.yes") if column["personal"] else MISSING),
            Cell(_places(column["made_from"], words)),
            Cell(_places(column["used_by"], words)),
        ]
        for column in one["columns"]
    ]
    keys = ("name", "type", "what", "unit", "personal", "made_from", "used_by")
    return Table(words.plain("catalogue.columns"), _heads(words, keys), rows)


def _places(places: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Columns of others, the first few by name."""
    named = [f"{place['node']}.{place['column']}" for place in places]
    if len(named) <= NAMED:
        return ", ".join(named) or MISSING
    return f"{', '.join(named[:NAMED])} {words.counted_plain('and_more', len(named) - NAMED)}"


def _checks(one: Json, words: Words) -> Table | None:
    if not one["checks"]:
        return None
    rows = [
        [
            Cell(str(check["statement"])),
            Cell(str(check["kind"]).replace("_", " ")),
            Cell(said(words, "severity", str(check["severity"]))),
            Cell(said(words, "check", str(check["status"])),
                 chip="chip strong" if check["status"] == "failed" else "chip"),
            Cell(MISSING if check["offending"] is None else words.locale.number(check["offending"]),
                 check["offending"] or 0),
            Cell("; ".join((*check["sample"], *([check["said"]] if check["said"] else []))) or MISSING),
            Cell(str(check["checked_at"] or MISSING)[:16].replace("T", " ")),
        ]
        for check in one["checks"]
    ]  # fmt: skip
    keys = ("check", "kind", "severity", "status", "offending", "found", "checked")
    return Table(words.plain("catalogue.checks"), _heads(words, keys, ("offending",)), rows)


def _checked(one: Json, words: Words) -> Markup:
    """How the newest run of its checks came out."""
    ran = [check for check in one["checks"] if check["checked_at"]]
    if not ran:
        return NOTHING
    at = max(str(check["checked_at"]) for check in ran)[:16].replace("T", " ")
    failed = [check for check in ran if check["status"] == "failed"]
    said = words.counted("catalogue.checks.take", len(ran), at=at) + Markup(" ")
    if failed:
        rows = words.locale.number(sum(int(check["offending"]) for check in failed))
        return said + words.counted("catalogue.checks.take.failing", len(failed), rows=rows)
    little = any(check["status"] == "not_enough" for check in ran)
    return said + words.html(f"catalogue.checks.take.{'little' if little else 'pass'}")


def _history(history: Sequence[Json], words: Words) -> Table | None:
    """One line a run: how many checks passed and failed."""
    runs: dict[str, dict[str, int]] = {}
    for one in history:
        at = runs.setdefault(str(one["checked_at"])[:16].replace("T", " "), {})
        at[one["status"]] = at.get(one["status"], 0) + 1
        at["offending"] = at.get("offending", 0) + int(one["offending"])
    if not runs:
        return None
    keys = ("checked", "passed", "failed", "not_enough", "offending")
    rows = [
        [Cell(at), *(Cell(str(counts.get(key, 0)), counts.get(key, 0)) for key in keys[1:])]
        for at, counts in runs.items()
    ]
    return Table(words.plain("catalogue.history"), _heads(words, keys, keys[1:]), rows)


def _use(one: Json, words: Words) -> Table | None:
    if not one["use_30_days"]:
        return None
    rows = [
        [
            Cell(said_role(words, str(by["role"]))),
            Cell(words.locale.number(by["reads"]), by["reads"]),
            Cell(str(by["last_at"])[:10]),
        ]
        for by in one["use_30_days"]
    ]
    return Table(words.plain("catalogue.use"), _heads(words, ("role", "reads", "last"), ("reads",)), rows)


def _sample(name: str, sample: Json, words: Words) -> Table:
    columns = [Column(str(column)) for column in sample["columns"]]
    rows = [[Cell(row[column] if row[column] is not None else MISSING) for column in sample["columns"]]
            for row in sample["rows"]]  # fmt: skip
    return Table(words.plain("catalogue.rows.of", name=name), columns, rows)


def _lineage(one: Json, words: Words) -> Card:
    """What is near, drawn; all of it in the table."""
    name, title = str(one["name"]), words.plain("catalogue.lineage")
    up, down = one["lineage"]["upstream"], one["lineage"]["downstream"]
    if not up and not down:
        text = words.html("catalogue.lineage.none.text")
        return Card("lineage", title, state=State("no_data", words.plain("catalogue.lineage.none"), text))
    kinds = {str(node["name"]): str(node["kind"]) for node in (*up, *down)} | {name: "dataset"}
    chosen = _chosen(name, up, down)
    boxes = [
        GraphNode(node, node, None, said=words.plain("catalogue.this") if node == name else said(words, "kind", kind))
        for node, kind in ((node, kinds[node]) for node in chosen)
    ]
    edges = [
        (str(edge["from"]), str(edge["to"]))
        for edge in one["lineage"]["edges"]
        if edge["from"] in chosen and edge["to"] in chosen
    ]
    caption = Caption("chart-lineage", title, words.plain("catalogue.lineage.desc", name=name, n=len(boxes)))

    def tip(node: GraphNode) -> str:
        return f"{node.name}: {node.said}"

    drawings = [
        layered_graph(boxes, edges, caption=caption, canvas=canvas, locale=words.locale, tip=tip)
        for canvas in (BROAD, NARROW)
    ]
    take = words.html("catalogue.lineage.take", up=len(up), down=len(down))
    if len(boxes) < len(up) + len(down) + 1:
        take += Markup(" ") + words.html("catalogue.lineage.part", n=len(boxes))
    return Card("lineage", title, take, figure("graph", *drawings), [_nodes(up, down, kinds, words)])


def _chosen(name: str, up: Sequence[Mapping[str, Any]], down: Sequence[Mapping[str, Any]]) -> list[str]:
    """The nearest boxes on both sides, datasets before events and metrics at the same distance."""
    rank = {"dataset": 0, "model": 0, "metric": 1, "event": 2}
    near = [
        (int(node["steps"]), rank[str(node["kind"])], str(node["name"]))
        for node in (*up, *down)
        if int(node["steps"]) <= NEAR
    ]
    return [name, *(node for _, _, node in sorted(near)[: BOXES_AT_MOST - 1])]


def _nodes(
    up: Sequence[Mapping[str, Any]], down: Sequence[Mapping[str, Any]], kinds: Mapping[str, str], words: Words
) -> Table:
    rows = [
        [
            Cell(str(node["name"]), href=f"{HOME}/{node['name']}" if kinds[str(node["name"])] == "dataset" else None),
            Cell(said(words, "kind", kinds[str(node["name"])])),
            Cell(words.plain(f"catalogue.side.{side}")),
            Cell(str(node["steps"]), node["steps"]),
        ]
        for side, nodes in (("up", up), ("down", down))
        for node in nodes
    ]
    keys = ("name", "kind", "side", "steps")
    return Table(words.plain("catalogue.lineage"), _heads(words, keys, ("steps",)), rows)
