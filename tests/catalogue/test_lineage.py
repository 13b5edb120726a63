"""Lineage, search, classification and rights of the catalogue, over everything that is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from akademos.catalogue.classification import (
    Classification,
    Sensitivity,
    classification_of,
    sensitivity_of,
    terms_of,
)
from akademos.catalogue.column_lineage import FILE, dumps, loads, parsed_edges
from akademos.catalogue.column_origins import MODEL, MODEL_INPUTS, ORIGINS, OWN, places
from akademos.catalogue.dataset_rights import OPEN_TO, grantable, readers_of
from akademos.catalogue.declarations import Column
from akademos.catalogue.governance import personal_datasets
from akademos.catalogue.job_flows import FLOW_OF, JOB_FLOWS, flow_of, inputs_of, outputs_of
from akademos.catalogue.lineage import REGISTER, ColumnEdge, How, Lineage, NodeKind, Place, lineage_of
from akademos.catalogue.personal_names import ABOUT_NOBODY, unflagged
from akademos.catalogue.products import PRODUCTS
from akademos.catalogue.registry import Registry, builtin
from akademos.catalogue.search import search
from akademos.errors import CatalogueError
from akademos.jobs import (
    cohort_teaching,
    content_rows,
    course_activity,
    kpi_sources,
    readiness_trainer,
    release_traces,
    tracing_trainer,
)
from akademos.jobs.plan import SCHEDULE
from akademos.jobs.sql_lineage import Model, Source, column_edges
from akademos.jobs.trainers import TRAINERS
from akademos.jobs.warehouse_lineage import warehouse_edges
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores import postgres

#: What runs without an entry in the record of jobs, or keeps nothing.
UNRECORDED = {"alert_mail_standing", "outbox_standing", "sweep"}
#: What no job writes, but every process as it goes.
OF_EVERY_PROCESS = {"ops_log_loads", "ops_logs"}

DATASETS = {one.name: one for one in (*builtin().datasets, *warehouse_models())}


def whole() -> Lineage:
    return lineage_of(builtin().newest(), list(DATASETS.values()), builtin().metrics, parsed_edges())


def test_the_kept_edges_are_those_of_the_queries() -> None:
    pytest.importorskip("sqlglot", reason="the parser of SQL is not installed")
    assert dumps(warehouse_edges()) == dumps(parsed_edges()), (
        f"write {FILE} anew: akademos catalogue lineage --to src/akademos/catalogue"
    )


def test_edges_survive_being_written() -> None:
    assert loads(dumps(parsed_edges())) == parsed_edges()


@pytest.mark.parametrize("name", [*ORIGINS])
def test_every_column_that_a_job_writes_names_its_origins_or_is_the_jobs_own(name: str) -> None:
    columns = {one.name for one in DATASETS[name].columns} - {"tenant_id"}
    own = set(OWN.get(name, ()))
    assert ORIGINS[name].keys() | own == columns
    assert not ORIGINS[name].keys() & own
    assert all(origins for origins in ORIGINS[name].values())
    assert flow_of(name) is not None or name in OF_EVERY_PROCESS
    graph = whole()
    assert {one for one in columns if not graph.origins(name, one)} == own


def test_all_that_jobs_write_for_serving_is_traced() -> None:
    written = {name for flow in JOB_FLOWS for name in flow.writes if DATASETS[name].zone in {"serving", "mart"}}
    own_work = {"progress_observations", "releases", "release_members", "research_dataset", "research_360"}
    assert written | own_work | OF_EVERY_PROCESS | set(FLOW_OF["alerts"].writes) == ORIGINS.keys()
    graph = whole()
    places = [(name, one.name) for name in written for one in DATASETS[name].columns if one.name != "tenant_id"]
    traced = sum(bool(graph.origins(*place)) for place in places)
    assert traced / len(places) > 0.75, f"{traced} of {len(places)}"


def test_what_is_read_from_the_event_log_is_what_the_jobs_ask_it_for() -> None:
    def read(origins: Iterable[Iterable[str]]) -> set[str]:
        found = {place for group in origins for place in places(group)}
        return {column for node, column in found if node == "event_log"}

    asked = {
        "risk_scores": course_activity.COLUMNS,
        "content_taken": content_rows.COLUMNS,
        "kpi_sums": kpi_sources.COLUMNS,
        "research_360": release_traces.COLUMNS,
        **{f"{MODEL}{name}": course_activity.COLUMNS for name in ("dropout_risk", "dropout_hazard")},
        f"{MODEL}tracing": tracing_trainer._COLUMNS,
        f"{MODEL}exam_readiness": readiness_trainer._COLUMNS,
    }
    for name, columns in asked.items():
        model = name.removeprefix(MODEL)
        said = read([MODEL_INPUTS[model]] if name.startswith(MODEL) else ORIGINS[name].values())
        assert said - set(columns) == set(), f"{name} names what is not read"
        assert set(columns) - said <= {"learner_key"}, f"{name} reads what it does not name"
    assert MODEL_INPUTS.keys() == TRAINERS.keys()
    cohort = {
        column for _, column in places((*ORIGINS["cohort_pasts"]["packed"], *ORIGINS["cohort_pasts"]["cohort_times"]))
    }
    assert cohort | {"learner_key", "event_name"} == set(cohort_teaching.COHORT_COLUMNS)


ADAPTERS = {
    "risk_scores": ["risk"],
    "group_statistics": ["groups", "block_ledgers"],
    "peer_comparison": ["peers", "block_ledgers"],
    "content_statistics": ["content", "block_ledgers"],
    "kpis": ["kpis", "block_ledgers"],
    "intervention_effects": ["intervention_effects"],
    "learner_states": ["learner_state", "memory_weights"],
    "release": ["releases"],
    "alerts": ["platform_gauges", "kpi_gauges", "quality_gauges", "model_watch", "incidents"],
}


def tables_in(modules: Iterable[str]) -> set[str]:
    """Tables in the SQL of adapters, that which they import from others included."""
    found = set()
    for module in modules:
        source = (Path(postgres.__path__[0]) / f"{module}.py").read_text()
        constants = vars(import_module(f"{postgres.__name__}.{module}")).values()
        sql = " ".join((source, *(one for one in constants if isinstance(one, str))))
        made_here = set(re.findall(r"([a-z_]+) AS \(", sql))
        found |= set(re.findall(r"(?:FROM|JOIN)\s+(?:akademos\.)?([a-z_]+)", sql)) - made_here
    return found


@pytest.mark.parametrize(("job", "modules"), ADAPTERS.items())
def test_no_table_is_named_that_the_adapters_of_a_job_do_not_read(job: str, modules: list[str]) -> None:
    read = tables_in((*modules, "records"))
    made = {*FLOW_OF[job].writes, "models"}
    views = {"question_attempts", "material_interactions", "study_events"}  # of the event log, by `past_tables`
    for dataset in FLOW_OF[job].writes:
        named = {node for origins in ORIGINS[dataset].values() for node, _ in places(origins)}
        tables = {node for node in named if not node.startswith(MODEL)} - made - views - {"event_log"}
        assert tables <= read | {"learner_state"}, (dataset, tables - read)


#: What jobs read only to decide whose rows count, or who may ask.
SELECTING = {"consent_state", "identity_links", "identifiers", "staff_assignments", "advisee_assignments"}
#: What adapters read beside that no value of a night is made of.
BESIDE = {
    "risk_scores": {"demographics"},  # of the reports on fairness
    "group_statistics": {"learning_courses", "topics", "tenants"},  # titles, and topics as scopes; the floor
    "peer_comparison": {"learning_courses", "people"},  # titles; who is a learner
    "content_statistics": {"learning_courses", "journey_answers"},  # titles; answers of editions that are over
    "kpis": {"kpi_notes"},
    "learner_states": {"stale_learner_states"},  # whose turn it is
    "release": {"tenants"},  # locked
    "alerts": {"models", "outbox_consumers", "tenants"},  # which of the figures is still in force
}


@pytest.mark.parametrize(("job", "modules"), ADAPTERS.items())
def test_every_table_that_the_adapters_of_a_job_read_is_named(job: str, modules: list[str]) -> None:
    read = (tables_in(modules) & DATASETS.keys()) - SELECTING - set(FLOW_OF[job].writes)
    named = {node for one in FLOW_OF[job].writes for group in ORIGINS[one].values() for node, _ in places(group)}
    assert read - named == BESIDE.get(job, set())


def test_statistics_of_contents_name_all_that_they_are_computed_from() -> None:
    of_detail = {place.rpartition(".")[0] for place in ORIGINS["content_statistics"]["detail"]}
    records = {"materials", "items", "enrolments", "terms"}
    assert of_detail == records | {"content_taken", "content_people", "content_editions"}
    assert "items.status" in ORIGINS["content_statistics"]["detail"]  # what is retired is not analysed
    assert set(DATASETS["content_statistics"].upstream) == of_detail


def test_nothing_seems_to_come_from_what_another_model_learned_from() -> None:
    up = whole().upstream("risk_scores")
    assert {f"{MODEL}dropout_risk", f"{MODEL}dropout_hazard", "enrolments", "event_log"} <= up.keys()
    assert not {"item_difficulty", "cohort_memory_weights", "models", f"{MODEL}tracing"} & up.keys()
    assert {"item_difficulty", "cohort_memory_weights", f"{MODEL}tracing"} <= whole().upstream("models").keys()
    assert "question_submitted" in whole().upstream("next_answer")


def test_every_edge_leads_between_columns_that_are_there() -> None:
    properties = {event.wire_name: {one.name for one in event.properties} for event in builtin().newest()}
    for edge in whole().columns:
        for place in (edge.origin, edge.target):
            node = REGISTER if whole().kinds.get(place.node) is NodeKind.MODEL else place.node
            columns = {one.name for one in DATASETS[node].columns} if node in DATASETS else set()
            assert place.column == "*" or place.column in columns | properties.get(place.node, set()), place


def test_upstream_and_downstream_mirror_each_other() -> None:
    graph = whole()
    for name in graph.kinds:
        assert all(name in graph.downstream(other) for other in graph.upstream(name))
        assert name not in graph.upstream(name, 1)


def test_columns_of_sql_are_traced_through_subqueries_unions_and_inputs() -> None:
    pytest.importorskip("sqlglot", reason="the parser of SQL is not installed")
    sources = [
        Source("runs", ("job", "seconds"), ("job_runs",),
               "SELECT job, extract(epoch FROM finished_at - started_at) AS seconds FROM job_runs "
               "WHERE tenant_id = %(tenant)s"),
        Source("made", ("job",), ("tenants",), None),
    ]  # fmt: skip
    models = [
        Model("ops.longest", "with x as (select job, max(seconds) as most from {{ ref('ops__all') }} group by job) "
                             "select job, most * 2 as twice from x"),
        Model("ops.all", "{{ config(materialized='table') }} select * from {{ extract('runs') }} "
                         "union all select job, 0 as seconds from {{ extract('made') }}"),
    ]  # fmt: skip
    found = column_edges(builtin().datasets, sources, models)

    def origins(node: str, column: str) -> set[Place]:
        return {edge.origin for edge in found if edge.target == Place(node, column)}

    assert origins("ops.all", "seconds") == {Place("job_runs", "started_at"), Place("job_runs", "finished_at")}
    assert origins("ops.all", "job") == {Place("job_runs", "job"), Place("tenants", "*")}
    assert origins("ops.longest", "twice") == {Place("ops.all", "seconds")}
    assert {edge.how for edge in found} == {How.SQL}
    with pytest.raises(CatalogueError, match="circle"):
        column_edges(builtin().datasets, (), [
            Model("ops.a", "select 1 as x from {{ ref('ops__b') }}"),
            Model("ops.b", "select 1 as x from {{ ref('ops__a') }}"),
        ])  # fmt: skip
    with pytest.raises(CatalogueError, match="cannot be parsed"):
        column_edges(builtin().datasets, (), [Model("ops.a", "select from where")])


def test_jobs_of_the_schedule_say_what_they_write() -> None:
    assert {job.job for job in SCHEDULE} - UNRECORDED <= FLOW_OF.keys()
    for flow in JOB_FLOWS:
        assert outputs_of(flow) or flow.job == "marts"
        for name in (*outputs_of(flow), *inputs_of(flow, DATASETS)):
            assert name in DATASETS, (flow.job, name)


def test_products_are_made_of_what_there_is() -> None:
    metrics = {one.name for one in builtin().metrics}
    assert len(PRODUCTS) == 12
    for product in PRODUCTS:
        assert all(DATASETS[name].available for name in product.datasets), product.name
        assert set(product.metrics) <= metrics, product.name


def test_whatever_is_about_individuals_is_classified_so_and_shown_to_nobody() -> None:
    for one in DATASETS.values():
        if any(column.personal for column in one.columns) or one.zone == "vault":
            assert sensitivity_of(one) in {Sensitivity.PSEUDONYMOUS, Sensitivity.IDENTIFYING}, one.name
            assert classification_of(one) in {Classification.CONFIDENTIAL, Classification.RESTRICTED}, one.name
            assert not grantable(one), one.name
            assert not readers_of(one), one.name
    for name in ("api_keys", "host_keys", "tenant_salts", "audit_log", "access_log", "group_answers", "models"):
        assert not readers_of(DATASETS[name]), name
    assert readers_of(DATASETS["receipts"]) == {"operator", "admin"}


def test_a_column_named_like_people_is_personal_or_said_to_be_about_nobody() -> None:
    assert unflagged(DATASETS.values()) == []
    forgetful = replace(DATASETS["receipts"], columns=(Column("actor_hash", "bytes", "who sent it"),))
    assert unflagged([forgetful]) == ["receipts.actor_hash"]
    columns = {f"{one.name}.{column.name}": column for one in DATASETS.values() for column in one.columns}
    excused = {name: columns[name].personal for name in ABOUT_NOBODY}
    assert not any(excused.values()), "an excuse for what is declared personal"


@pytest.mark.parametrize("name", ["access_log", "audit_log", "suppressions", "erasures", "transactions", "releases"])
def test_logs_that_name_people_by_hash_are_about_people(name: str) -> None:
    assert sensitivity_of(DATASETS[name]) is Sensitivity.PSEUDONYMOUS
    assert not grantable(DATASETS[name])
    assert name in {one.name for one in personal_datasets(builtin())}


def test_whoever_reads_a_dataset_by_task_can_be_shown_it() -> None:
    assert all(grantable(DATASETS[name]) for name in OPEN_TO)


def test_words_are_explained_where_they_are_meant_and_not_where_they_are_spelled_alike() -> None:
    said = {name: {term.name for term in terms_of(DATASETS[name], builtin().terms)} for name in DATASETS}
    assert {"mastery", "interval", "as_of", "topic"} <= said["topic_mastery"]
    assert {"held", "duplicate", "suppressed", "rejected"} <= said["receipts"]
    assert "topic" in said["learning_knowledge_gaps"]  # a reference of a record
    assert "level" not in said["risk_scores"]  # high, raised or low; not mastered, developing or weak
    assert "answer" not in said["access_requests"]
    assert "severity" not in said["ops_incidents"]
    odd = replace(DATASETS["receipts"], name="odd", columns=(Column("x", "string", "a word", term="no such word"),))
    with pytest.raises(CatalogueError, match=r"odd\.x: its term no such word is not in the glossary"):
        Registry(builtin().events, (*builtin().datasets, odd), builtin().metrics, builtin().policies, builtin().terms)


def test_search_wants_every_word_and_puts_names_first() -> None:
    assert search(DATASETS.values(), "topics")[0] == "topics"
    found = search(DATASETS.values(), "TOPIC rel")
    assert found[0] == "topic_relationships"
    assert found == search(DATASETS.values(), "rel topic")
    assert search(DATASETS.values(), "topic unheard-of") == []
    assert len(search(DATASETS.values(), " ")) == len(DATASETS)


def test_a_cycle_does_not_hang() -> None:
    edge = ColumnEdge(Place("a", "x"), Place("b", "x"), How.SQL)
    graph = Lineage(dict.fromkeys("ab", NodeKind.DATASET), frozenset({("a", "b"), ("b", "a")}), (edge,))
    assert graph.upstream("a") == {"b": 1}
