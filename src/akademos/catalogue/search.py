"""Search of the catalogue: every word must be found; names weigh more than descriptions, those more than columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from akademos.catalogue.declarations import Dataset, Metric, Term
from akademos.catalogue.products import DataProduct

_WORD = re.compile(r"[^\W_]+")
_WEIGHTS = (8, 4, 2, 1)


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, in lower case, at most eight."""
    return tuple(dict.fromkeys(_WORD.findall(query.lower())))[:8]


def search(datasets: Iterable[Dataset], query: str, *, also: Sequence[tuple[str, str]] = ()) -> list[str]:
    """Names of the datasets that a query finds, best first; all of them, by name, for an empty one.

    Args:
        datasets: what is searched: name, owner and grain, description, columns.
        query: words in any order; the beginning of a word is enough.
        also: further words by dataset name (tags, glossary), weighing as much as a description.
    """
    more: dict[str, list[str]] = {}
    for name, text in also:
        more.setdefault(name, []).append(text)
    return _ranked(
        (
            (
                one.name,
                (
                    one.name,
                    f"{one.owner} {one.grain} {one.zone}",
                    " ".join((one.description, *more.get(one.name, ()))),
                    " ".join(f"{column.name} {column.description}" for column in one.columns),
                ),
            )
            for one in datasets
        ),
        query,
    )


def search_products(products: Iterable[DataProduct], query: str) -> list[str]:
    """Names of the data products that a query finds, best first, by title, owner, description and what is in them."""
    return _ranked(
        (
            (
                one.name,
                (
                    f"{one.name} {one.title}",
                    f"{one.owner} {one.domain} data product",
                    one.description,
                    " ".join((*one.datasets, *one.metrics)),
                ),
            )
            for one in products
        ),
        query,
    )


def search_terms(terms: Iterable[Term], query: str) -> list[str]:
    """Words of the glossary that a query finds, best first, by word and meaning; `glossary` finds all of them."""
    return _ranked(((one.name, (one.name, "glossary", one.meaning, " ".join(one.see_also))) for one in terms), query)


def search_metrics(metrics: Iterable[Metric], query: str) -> list[str]:
    """Names of the metrics that a query finds, best first, by name, unit and grain, description and definition."""
    return _ranked(
        (
            (one.name, (one.name, f"{one.unit} {one.grain} metric", f"{one.description} {one.definition}", ""))
            for one in metrics
        ),
        query,
    )


def _ranked(things: Iterable[tuple[str, Sequence[str]]], query: str) -> list[str]:
    """Names of things with their texts, the weightiest first, that hold every word of a query; best first."""
    wanted = words_of(query)
    scored = [(_score(wanted, texts), name) for name, texts in things]
    return [name for _, name in sorted((-score, name) for score, name in scored if score is not None)]


def _score(wanted: Sequence[str], fields: Sequence[str]) -> int | None:
    """The sum over the words of the heaviest field in which each begins a word; None if one is nowhere."""
    present = [_WORD.findall(text.lower()) for text in fields]
    total = 0
    for word in wanted:
        best = max(
            (
                weight * (2 if word in said else 1)
                for weight, said in zip(_WEIGHTS, present, strict=True)
                if any(one.startswith(word) for one in said)
            ),
            default=0,
        )
        if best == 0:
            return None
        total += best
    return total
