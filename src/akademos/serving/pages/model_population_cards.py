"""Risk beside simple rules, of who was still enrolled and of everybody who had registered; its fairness in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.charts.metric_intervals import MetricInterval, metric_intervals
from akademos.serving.pages.answers import Json, block, count_of, share_of, text_of
from akademos.serving.pages.cards import Card, LegendEntry, Note, figure
from akademos.serving.pages.model_measures import HALF
from akademos.serving.pages.tables import Cell, Column, Table, count_cell
from akademos.serving.pages.wording import Words

DIGITS = 3
_RULES = ("logistic", "lightgbm", "inactive_7d", "already_gone")
_MEASURES = ("auroc", "auprc", "brier", "ece")


class _Row(NamedTuple):
    """Who says it, of which population, and the measures that there are."""

    who: str
    population: str
    said: Json


def populations_card(shown: Json, words: Words) -> Card | None:
    """The picture of AUROC and the table of all measures; None where a card does not tell of both populations."""
    metrics = block(shown, "metrics")
    whole = block(metrics, "all_enrolled")
    if not whole:
        return None
    title, found = words.plain("models.populations"), list(_rows(metrics))
    drawn = [one for row in found if (one := _interval(row, words)) is not None]
    table = Table(
        title,
        [
            Column(words.plain("models.col.what")),
            Column(words.plain("models.col.population")),
            *(Column(words.plain(f"models.metric.{name}"), numeric=True) for name in _MEASURES),
        ],
        [
            [
                Cell(words.plain(f"models.who.{row.who}")),
                Cell(words.plain(f"models.population.{row.population}")),
                *(count_cell(_value(row.said, name), words.locale, DIGITS) for name in _MEASURES),
            ]
            for row in found
        ],
    )
    caption = Caption("chart-populations", title, words.plain("models.populations.desc", n=len(drawn)))
    pictures = [
        metric_intervals(drawn, caption=caption, canvas=one, tip=lambda row: f"{row.name}: {row.shown}")
        for one in (BROAD, NARROW)
    ]
    take = words.html(
        "models.populations.take",
        n=words.locale.number(count_of(metrics.get("learners")) or 0),
        total=words.locale.number(count_of(whole.get("learners")) or 0),
        gone=words.locale.number(count_of(whole.get("gone")) or 0),
    )
    legend = [LegendEntry("goal", words.plain("models.legend.against"))]
    return Card("populations", title, take, figure("graph", *pictures), [table], legend)


def fairness_notes(shown: Json, words: Words) -> list[Note]:
    """What is known of fairness by group of learners; nothing for models that are not judged by it."""
    fairness = block(block(shown, "metrics"), "fairness")
    if not fairness:
        return []
    attributes, gaps = fairness.get("attributes"), block(fairness, "recall_gap")
    if not attributes:
        return [Note("", words.html("models.fairness.none"))]
    told = {name: share_of(value) for name, value in block(fairness, "abroca").items()}
    if not told:
        return [Note("", words.html("models.fairness.few"))]
    return [
        Note(
            "",
            words.html(
                "models.fairness",
                name=text_of(name) or "",
                abroca=words.locale.number(most, DIGITS),
                gap=words.locale.number(share_of(gaps.get(name)) or 0.0, DIGITS),
            ),
        )
        for name, most in sorted(told.items())
        if most is not None
    ]


def _rows(metrics: Json) -> Iterator[_Row]:
    for population, said in (("active", metrics), ("all", block(metrics, "all_enrolled"))):
        yield _Row("model", population, said)
        for who in _RULES:
            ranked = block(block(block(metrics, "baselines"), who), population)
            if ranked:
                yield _Row(who, population, ranked)


def _value(said: Json, name: str) -> float | None:
    """A measure, with its interval or alone."""
    return share_of(block(said, name).get("value")) if block(said, name) else share_of(said.get(name))


def _interval(row: _Row, words: Words) -> MetricInterval | None:
    value = _value(row.said, "auroc")
    if value is None:
        return None
    low, high = (share_of(block(row.said, "auroc").get(end)) for end in ("low", "high"))
    number = words.locale.number
    shown = number(value, DIGITS)
    if low is not None and high is not None:
        shown = f"{shown} ({number(low, DIGITS)}\u2013{number(high, DIGITS)})"
    name = f"{words.plain(f'models.who.{row.who}')}, {words.plain(f'models.population.{row.population}')}"
    start = min(HALF, value)
    return MetricInterval(name, value, low, high, start, 1, shown, (number(start, 1), number(1, 1)), HALF)
