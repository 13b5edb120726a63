"""What leaves the catalogue for others, read by the others' own libraries where they are installed.

They bring dependencies that fight with ours, so they may live in an environment of their own:
AKADEMOS_LINEAGE_PYTHON names its interpreter. `make check-exports` makes one from its lock and runs these tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest

from akademos.catalogue.datahub import dataset_urn, proposals
from akademos.catalogue.job_flows import FLOW_OF, JOB_FLOWS
from akademos.catalogue.openlineage import Assertion, Run, events_of, run_id
from akademos.catalogue.products import PRODUCTS
from akademos.catalogue.registry import builtin
from akademos.errors import InputError
from akademos.jobs.data_catalogue import derive
from akademos.jobs.lineage_events import EmittingRuns, past_events
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores.ports.job_runs import JobRun, JobRuns, PastRun

AT = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
DERIVED = derive(builtin(), warehouse_models())
DATASETS = {name: one.dataset for name, one in DERIVED.described.items()}

READ_OPENLINEAGE = """
import json, sys
import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated import (
    column_lineage_dataset, data_quality_assertions_dataset, documentation_dataset, error_message_run, job_type_job,
    output_statistics_output_dataset, ownership_dataset, schema_dataset,
)
CLASSES = {
    "schema": schema_dataset.SchemaDatasetFacet,
    "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet,
    "documentation": documentation_dataset.DocumentationDatasetFacet,
    "ownership": ownership_dataset.OwnershipDatasetFacet,
    "dataQualityAssertions": data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
}
seen = set()
def facets(given):
    made = {}
    for name, content in (given or {}).items():
        kind = CLASSES[name]
        assert content["_schemaURL"] == kind._get_schema(), (name, content["_schemaURL"])
        known = {one.name for one in attr.fields(kind)}
        values = {key: value for key, value in content.items() if not key.startswith("_")}
        assert values.keys() <= known, (name, values.keys() - known)
        made[name] = kind(**values)
        seen.add(name)
    return made
count = 0
for line in open(sys.argv[1]):
    one = json.loads(line)
    RunEvent(
        eventType=RunState[one["eventType"]], eventTime=one["eventTime"], producer=one["producer"],
        run=Run(one["run"]["runId"], facets(one["run"]["facets"])),
        job=Job(one["job"]["namespace"], one["job"]["name"], facets(one["job"]["facets"])),
        inputs=[InputDataset(d["namespace"], d["name"], facets=facets(d["facets"]),
                             inputFacets=facets(d["inputFacets"]))
                for d in one["inputs"]],
        outputs=[OutputDataset(d["namespace"], d["name"], facets=facets(d["facets"]),
                               outputFacets=facets(d["outputFacets"]))
                 for d in one["outputs"]],
    )
    count += 1
print(json.dumps({"events": count, "facets": sorted(seen)}))
"""
READ_DATAHUB = """
import json, sys
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.metadata.schema_classes import MetadataChangeProposalClass
found = json.load(open(sys.argv[1]))
aspects = set()
for one in found:
    made = MetadataChangeProposalWrapper.from_obj(one, tuples=False)
    assert isinstance(made, MetadataChangeProposalWrapper), (type(made), one["aspectName"])
    assert made.validate(), one
    aspects.add(made.aspectName)
print(json.dumps({"proposals": len(found), "aspects": sorted(aspects)}))
"""


def interpreter(module: str) -> str:
    """A Python that has a library, or a skip that says how to get one."""
    with suppress(ModuleNotFoundError):  # of the package above it
        if find_spec(module) is not None:
            return sys.executable
    named = os.environ.get("AKADEMOS_LINEAGE_PYTHON")
    if not named:
        pytest.skip(f"{module} is not installed (make check-exports reads with it)")
    return named


def read_by(script: str, python: str, file: Path) -> dict[str, Any]:
    done = subprocess.run([python, "-c", script, str(file)], capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr[-3_000:]
    return cast("dict[str, Any]", json.loads(done.stdout.splitlines()[-1]))


def runs() -> list[PastRun]:
    """One run of every job, and one that failed."""
    done = [
        PastRun(flow.job, "college" if flow.by_tenant else None, AT, AT + timedelta(seconds=5), "succeeded", 10, 7, {})
        for flow in JOB_FLOWS
    ]
    failed = PastRun("train", "college", AT + timedelta(days=1), AT + timedelta(days=1, seconds=1), "failed", 0, 0,
                     {"code": "too_few", "reason": "There are too few answers."})  # fmt: skip
    elsewhere = PastRun("train", "elsewhere", AT, AT, "succeeded", 1, 1, {})
    return [*done, failed, elsewhere, PastRun("unknown_job", None, AT, AT, "succeeded", 0, 0, {})]


def events() -> list[dict[str, Any]]:
    checked = [
        Assertion("topics", "references_course_id", True, ("course_id",), "major", AT + timedelta(seconds=2)),
        Assertion("ops.dim_service", "unique", False, (), "major", AT + timedelta(seconds=3)),
        Assertion("items", "references_course_id", True, ("course_id",), "major", AT - timedelta(days=1)),
    ]
    return list(past_events(runs(), "college", DATASETS, DERIVED.lineage, checked))


def test_every_run_starts_and_ends_and_no_other_tenant_is_told_of() -> None:
    made = events()
    assert len(made) == 2 * (len(JOB_FLOWS) + 1)
    assert {one["eventType"] for one in made} == {"START", "COMPLETE", "FAIL"}
    assert {one["job"]["namespace"] for one in made} == {"akademos://college", "akademos://installation"}
    assert made == events()
    (failed,) = [one for one in made if one["eventType"] == "FAIL"]
    assert failed["run"]["facets"]["errorMessage"]["message"] == "There are too few answers."
    states = next(one for one in made if one["job"]["name"] == "learner_states" and one["eventType"] == "COMPLETE")
    outputs = {d["name"]: d["facets"] for d in states["outputs"]}
    kept = outputs["learner_state"]["columnLineage"]["fields"]["learner_key"]["inputFields"]
    assert {one["name"] for one in kept} >= {"question_attempts"}


def test_results_of_checks_go_with_the_run_that_judged_them() -> None:
    asserted = {
        (one["job"]["name"], d["name"]) for one in events() for d in one["inputs"]
        if "dataQualityAssertions" in d["inputFacets"]
    }  # fmt: skip
    assert asserted == {("quality", "topics"), ("marts", "ops.dim_service")}


def test_a_tenants_datasets_are_in_one_graph_whoever_ran_the_job() -> None:
    made = events()
    assert {d["namespace"] for one in made for d in (*one["inputs"], *one["outputs"])} == {"akademos://college"}
    erased = next(one for one in made if one["job"]["name"] == "erasure" and one["eventType"] == "COMPLETE")
    assert erased["job"]["namespace"] == "akademos://installation"
    assert {"event_log", "people"} <= {d["name"] for d in erased["outputs"]}


def test_openlineages_own_classes_read_the_events(tmp_path: Path) -> None:
    python = interpreter("openlineage.client")
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in events()))
    read = read_by(READ_OPENLINEAGE, python, file)
    assert read["events"] == len(events())
    assert {"schema", "columnLineage", "dataQualityAssertions", "ownership", "errorMessage"} <= set(read["facets"])


def catalogue() -> list[dict[str, Any]]:
    return list(
        proposals("college", list(DATASETS.values()), DERIVED.lineage, builtin().terms, PRODUCTS, at_ms=1_000)
    )  # fmt: skip


def test_proposals_name_every_dataset_once_and_nobody_twice() -> None:
    found = catalogue()
    keys = [(one["entityUrn"], one["aspectName"]) for one in found]
    assert len(keys) == len(set(keys))
    schemas = {urn for urn, aspect in keys if aspect == "schemaMetadata"}
    assert schemas == {dataset_urn("college", name) for name, one in DATASETS.items() if one.available}


@pytest.mark.slow
def test_datahubs_own_library_reads_the_proposals(tmp_path: Path) -> None:
    python = interpreter("datahub")
    file = tmp_path / "proposals.json"
    file.write_text(json.dumps(catalogue()))
    read = read_by(READ_DATAHUB, python, file)
    assert read["proposals"] == len(catalogue())
    assert {"schemaMetadata", "upstreamLineage", "dataProductProperties", "glossaryTerms"} <= set(read["aspects"])


class OneRun:
    """A record of jobs that lets everybody in."""

    @contextmanager
    def running(self, job: str, tenant_id: str | None = None) -> Iterator[JobRun | None]:
        run = JobRun(AT)
        run.rows_out = 3
        yield run


def test_runs_are_written_as_they_happen_and_a_bad_file_fails_no_job(tmp_path: Path) -> None:
    file = tmp_path / "lineage" / "events.jsonl"
    record = EmittingRuns(cast(JobRuns, OneRun()), file, lambda: (DATASETS, DERIVED.lineage), clock=lambda: AT)
    with record.running("quality", "college"):
        assert len(file.read_text().splitlines()) == 1
    with pytest.raises(InputError), record.running("train", "college"):
        raise InputError("Too few.")
    with record.running("no_such_job", "college"):
        pass
    kinds = [(one["job"]["name"], one["eventType"]) for one in map(json.loads, file.read_text().splitlines())]
    assert kinds == [("quality", "START"), ("quality", "COMPLETE"), ("train", "START"), ("train", "FAIL")]
    bad = EmittingRuns(cast(JobRuns, OneRun()), tmp_path, lambda: (DATASETS, DERIVED.lineage), clock=lambda: AT)
    with bad.running("quality", "college") as run:
        assert run is not None


def test_a_run_keeps_its_id() -> None:
    run = Run("train", "college", AT, None, "running", None)
    assert run_id(run) == run_id(Run("train", "college", AT, AT, "succeeded", 1))
    assert len(events_of(run, FLOW_OF["train"], DATASETS, DERIVED.lineage)) == 1
