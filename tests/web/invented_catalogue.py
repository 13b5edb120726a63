"""The real catalogue with invented runs, checks, statements and reads: its list, the products, a warehouse table."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from tests.web.invented_forms import NOW

from akademos.catalogue.job_flows import flow_of
from akademos.catalogue.products import PRODUCTS
from akademos.catalogue.registry import builtin
from akademos.jobs.data_catalogue import Derived, derive
from akademos.jobs.warehouse_models import warehouse_models
from akademos.serving import catalogue_forms as forms
from akademos.serving import pages
from akademos.serving.pages.catalogue import render_catalogue
from akademos.serving.pages.catalogue_dataset import render_dataset
from akademos.serving.pages.data_products import render_products
from akademos.serving.pages.glossary import render_glossary
from akademos.stores.ports.catalogue import (
    CatalogueEntry,
    Certification,
    FoundBeside,
    Freshness,
    Sample,
    ServiceLevel,
    Standing,
    Use,
)
from akademos.stores.ports.quality import QualityResult

CATALOGUE_PAGES = ["catalogue", "products", "products-new", "warehouse-table", "glossary"]
MADE = {"checked_at": NOW, "checks": 412, "checked": 96, "columns": 630, "traced": 502}
UNMADE = MADE | {"checked_at": None, "checks": 0, "checked": 0}
TABLE = "ingest.fact_event_counts"
LATE, FAILING = {"risk_scores"}, {"question_attempts", TABLE}
CERTIFIED = {"learner_state", "topic_mastery", "event_log"}


@cache
def _derived() -> Derived:
    return derive(builtin(), warehouse_models())


def _entries(*, new: bool = False) -> dict[str, CatalogueEntry]:
    return {name: _entry(name, new=new) for name in _derived().described}


def _entry(name: str, *, new: bool) -> CatalogueEntry:
    known, flow = _derived().described[name], flow_of(name)
    state: Freshness = "no promise"
    if flow is not None and flow.promise is not None:
        state = "never" if new else "late" if name in LATE else "fresh"
    promise = flow.promise if flow else None
    age = promise * 1.3 if promise is not None and state == "late" else timedelta(hours=9)
    level = ServiceLevel(state, promise, flow.job if flow else None, None if new else NOW - age)
    results = [] if new else [_result(name, index) for index in range(min(len(known.dataset.checks), 6))]
    said = None
    if name in CERTIFIED and not new:
        said = Certification("c1", name, "certified", "Checked by hand.", "f", "person:1", NOW, None)
    return CatalogueEntry(
        known.dataset, known.classification, known.sensitivity, known.tags, known.terms, flow, level, known.readers,
        said, said is not None, results, (),
    )  # fmt: skip


def _result(name: str, index: int) -> QualityResult:
    check = _derived().described[name].dataset.checks[index]
    wrong = name in FAILING and index == 0
    return QualityResult(
        name, check.name, check.kind.value, check.severity.value, check.statement, "failed" if wrong else "passed",
        1_204 if wrong else 0, (), "", NOW - timedelta(hours=9),
    )  # fmt: skip


def catalogue_page(which: str) -> str:
    """One page of the catalogue; the one without runs in German."""
    new = which == "products-new"
    shell = pages.Shell(
        nav=[pages.NavLink("Catalogue", "/catalogue", current=True)], language="de" if new else "en", csrf_token="t",
        person="Ines Adeyemi", role="Data steward",
    )  # fmt: skip
    entries = _entries(new=new)
    if which == "catalogue":
        lines = [forms.line(one, "steward") for one in entries.values()]
        asked = {"q": "", "zone": "", "quality": ""}
        beside = forms.beside(FoundBeside(PRODUCTS[:2], builtin().metrics[:2], builtin().terms[:12]))
        return render_catalogue(lines, shell=shell, asked=asked, total=len(lines), beside=beside, made=MADE, number=2)
    if which == "glossary":
        terms = [forms.term(one) for one in builtin().terms]
        return render_glossary(terms, {"topic": ["items", "materials", "topics"]}, shell=shell)
    if which.startswith("products"):
        reads = [] if new else [Use("instructor", 1_310, NOW), Use("advisor", 62, NOW)]
        shown = [
            forms.product(one, entries, "steward") | {"use_30_days": forms.use_by_role(reads[: number % 3])}
            for number, one in enumerate(PRODUCTS)
        ]
        return render_products(shown, shell=shell, made=UNMADE if new else MADE, now=NOW)
    one = entries[TABLE]
    types = dict.fromkeys((column.name for column in one.dataset.columns), "int64")
    detail = forms.detail(
        one, "steward", _derived().lineage, standing=Standing(81_220, True, None, types), shown_rows=81_220,
        use=[Use("steward", 3, NOW)], products=PRODUCTS,
    )  # fmt: skip
    columns = tuple(types)
    rows = tuple(tuple(f"{column} {number}" for column in columns) for number in range(5))
    history = [forms.result(result) for result in one.results]
    return render_dataset(detail, history, shell=shell, sample=forms.sample(Sample(columns, rows, ())), certifying=True)
