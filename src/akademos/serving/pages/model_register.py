"""The register of models in tables: versions and why each was promoted or not, learned tables, one version whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup

from akademos.serving.pages.answers import Json, block, count_of, moment, rows, share_of, text_of
from akademos.serving.pages.model_cards import DIGITS, against_words
from akademos.serving.pages.model_drift_cards import status_words
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell
from akademos.serving.pages.trust_cards import instant
from akademos.serving.pages.trust_cards import moment as written
from akademos.serving.pages.wording import Words

KINDS = ("exam_readiness", "tracing", "dropout_risk", "dropout_hazard")
"""What `akademos train` trains, in the order of the page."""
SERVES = frozenset({"in service", "to rebuild"})
VERSIONS_SHOWN = 30
HASH_SHOWN = 12
HASHES = ("data_hash", "learners_hash", "artefact_hash")


def is_table(line: Json) -> bool:
    """Whether a version is a table learned at night, which has no card, and not a model."""
    return line.get("model") not in KINDS and line.get("artefact_hash") is None and line.get("data_hash") is None


def kind_name(model: str, words: Words) -> str:
    """What a kind of model is called; its own name where there are no words for it."""
    return words.plain(f"models.kind.{model}") if f"models.kind.{model}" in words else model.replace("_", " ")


def state_words(line: Json, words: Words) -> str:
    """Where a version is in its life."""
    return words.plain(f"models.state.{(text_of(line.get('state')) or '').replace(' ', '_')}")


def address(shell: Shell, model: str, version: int | None = None, fragment: str = "") -> str:
    """This page about a model, or about one version of it; the language stays."""
    query = {"model": model, **({} if version is None else {"version": str(version)})}
    if "lang" in shell.query:
        query["lang"] = shell.query["lang"]
    return f"?{urlencode(query)}" + (f"#{fragment}" if fragment else "")


def facts(shown: Json, words: Words) -> list[tuple[str, str | Markup]]:
    """What a version was trained on, when it served; hashes are cut, the table holds them whole."""
    data = block(block(shown, "card"), "data")
    kind = text_of(block(shown, "parameters").get("kind"))
    told: list[tuple[str, str | Markup | None]] = [
        ("state", state_words(shown, words)),
        ("since", _at(shown, "promoted_at", words)),
        ("until", _at(shown, "replaced_at", words)),
        ("rebuild", _at(shown, "rebuild_by", words)),
        ("trained", _at(shown, "trained_at", words)),
        ("taught", _count(shown.get("learners"), words)),
        ("held_out", _count(data.get("held_out_learners"), words)),
        ("rows", _count(data.get("rows"), words)),
        ("kind", None if kind is None else Markup('<span lang="en">{}</span>').format(kind)),
        ("release", text_of(block(shown, "card").get("release"))),
        ("seed", None if shown.get("seed") is None else str(shown["seed"])),
    ]
    for name in HASHES:
        whole = text_of(shown.get(name))
        if whole is not None:
            short = Markup('<code title="{}">{}\u2026</code>').format(whole, whole[:HASH_SHOWN])
            told.append((name, short))
    return [(words.plain(f"models.fact.{name}"), value) for name, value in told if value is not None]


def card_tables(shown: Json, words: Words) -> list[Table]:
    """The hashes whole, what was chosen in training, and what the version predicts from."""
    what, value = Column(words.plain("models.col.what")), Column(words.plain("models.col.value"))
    hashes = [(name, text_of(shown.get(name))) for name in HASHES]
    chosen = block(shown, "parameters")
    features = shown.get("features")
    tables = [
        Table(
            words.plain("models.hashes"),
            [what, Column("SHA-256")],
            [[Cell(words.plain(f"models.fact.{name}")), Cell(whole)] for name, whole in hashes if whole],
        ),
        Table(
            words.plain("models.chosen"),
            [what, value],
            [[Cell(str(name).replace("_", " ")), Cell(_plainly(one))] for name, one in chosen.items()],
        ),
        Table(
            words.plain("models.features"),
            [Column(words.plain("models.features"))],
            [[Cell(str(one))] for one in features] if isinstance(features, Sequence) else [],
        ),
    ]
    return [one for one in tables if one.rows]


def limits(shown: Json) -> list[str]:
    """What the card says the version cannot do."""
    said = block(shown, "card").get("limits")
    return [str(one) for one in said] if isinstance(said, Sequence) and not isinstance(said, str) else []


def versions_table(lines: Sequence[Json], shown: Json, shell: Shell) -> Table:
    """The versions of one model, newest first, with why each was promoted or was not."""
    words = shell.words
    keys = ("version", "state", "trained", "learners", "since", "until", "why", "difference", "drift")
    table = []
    for line in lines[:VERSIONS_SHOWN]:
        version, said = count_of(line.get("version")) or 0, block(line, "comparison")
        name = words.plain("models.version", n=version)
        here = version == shown.get("version")
        table.append(
            [
                Cell(name, version, href=None if here else address(shell, str(line["model"]), version, "version")),
                Cell(state_words(line, words), chip="chip strong" if line.get("state") in SERVES else "chip"),
                instant(moment(line.get("trained_at")), words),
                count_cell(count_of(line.get("learners")), words.locale),
                instant(moment(line.get("promoted_at")), words),
                instant(moment(line.get("replaced_at")), words),
                Cell(_why(line, said, words)),
                count_cell(share_of(said.get("difference")), words.locale, DIGITS),
                Cell(status_words(block(line, "watch"), words)),
            ]
        )
    columns = [Column(words.plain(f"models.col.{key}"), key in ("learners", "difference")) for key in keys]
    return Table(words.plain("models.versions"), columns, table)


def learned_tables(lines: Sequence[Json], words: Words) -> Table | None:
    """What is learned every night and serves at once: the version of each that serves."""
    serving = [line for line in lines if is_table(line) and line.get("state") in SERVES]
    if not serving:
        return None
    return Table(
        words.plain("models.tables"),
        [
            Column(words.plain(f"models.col.{key}"), key == "learners")
            for key in ("table", "number", "state", "since", "learners")
        ],
        [
            [
                Cell(str(line["model"])),
                Cell(str(line["version"])),
                Cell(state_words(line, words)),
                instant(moment(line.get("promoted_at")), words),
                count_cell(count_of(line.get("learners")), words.locale),
            ]
            for line in serving
        ],
    )


def last_look(line: Json) -> datetime | None:
    """When the watch looked last at a version."""
    return moment(block(line, "watch").get("watched_at"))


def moved_most(line: Json, words: Words) -> Json:
    """The figure of the last look of which it is most certain that it moved."""
    known = [one for one in rows(block(line, "watch"), "figures") if share_of(one.get("low")) is not None]
    return max(known, key=lambda one: share_of(one.get("low")) or 0.0, default={})


def _why(line: Json, said: Json, words: Words) -> str:
    learners, promoted = count_of(said.get("learners")) or 0, bool(said.get("promoted"))
    if not said:
        return MISSING
    if share_of(said.get("upper")) is None:
        why = words.counted_plain("models.why.few", learners)
    else:
        key = "models.why.better" if promoted else "models.why.not_better"
        why = words.counted_plain(key, learners, against=against_words(said, words))
    if line.get("promoted_at") and not promoted:
        why = words.plain("models.why.rebuilt", why=why)
    return why


def _at(line: Json, name: str, words: Words) -> str | None:
    at = moment(line.get(name))
    return None if at is None else written(at, words)


def _count(value: object, words: Words) -> str | None:
    count = count_of(value)
    return None if count is None else words.locale.number(count)


def _plainly(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
