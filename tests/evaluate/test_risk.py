"""`evaluate risk`: the protocol on a made-up dataset in OULAD's layout, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.analytics.courses import course_tables

from akademos.errors import InputError
from akademos.evaluate import risk


def made_up(folder: Path, learners: int = 120, seed: int = 0) -> Path:
    """The seven tables as CSV and Parquet, three presentations, with ids as floats as some copies have them."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[pl.DataFrame]] = {}
    for number, code in enumerate(("2013B", "2013J", "2014B")):
        tables, outcomes = course_tables(learners, courses=2, seed=seed + number)
        ids = {key: float(1000 * number + n) for n, key in enumerate(outcomes["learner_key"].to_list())}
        student = pl.col("learner_key").replace_strict(ids).alias("id_student")
        where = {"code_module": pl.col("course_id"), "code_presentation": pl.lit(code)}
        left = tables["enrolments"].select("learner_key", gone=pl.col("withdrawn_day").is_not_null())
        result = pl.when("gone").then(pl.lit("Withdrawn")).when(pl.col("outcome") == 1).then(pl.lit("Fail"))
        site = 100_000 * number + pl.col("material_id").str.extract(r"m(\d+)$", 1).cast(pl.Int64)
        site = site + 1000 * pl.col("course_id").str.extract(r"(\d+)$", 1).cast(pl.Int64)
        one = 100 * number + 10 * pl.col("course_id").str.extract(r"(\d+)$", 1).cast(pl.Int64)
        one = (one + pl.col("assessment_id").str.extract(r"a(\d+)$", 1).cast(pl.Int64)).alias("id_assessment")
        for name, table in {
            "courses": tables["assessments"].select(**where).unique().with_columns(module_presentation_length=84),
            "assessments": tables["assessments"].select(
                one, "weight", date="due_day", assessment_type=pl.lit("TMA"), **where
            ),
            "vle": tables["activity"].select(id_site=site, activity_type="kind", **where).unique(),
            "studentInfo": outcomes.join(left, on="learner_key").select(
                student, final_result=result.otherwise(pl.lit("Pass")), gender=pl.lit("F"), disability=pl.lit("N"),
                age_band=pl.lit("0-35"), imd_band=pl.lit("10-20"), region=pl.lit("Wales"),
                highest_education=pl.lit("HE Qualification"), num_of_prev_attempts=0, studied_credits=60, **where,
            ),
            "studentRegistration": tables["enrolments"].select(
                student, date_registration="registered_day", date_unregistration="withdrawn_day", **where
            ),
            "studentAssessment": tables["submissions"].select(
                student, one, date_submitted="day", score=pl.col("score") * 100, is_banked=0
            ),
            "studentVle": tables["activity"].select(student, id_site=site, date="day", sum_click="clicks", **where),
        }.items():  # fmt: skip
            parts.setdefault(name, []).append(table)
    for name, tables_of in parts.items():
        table = pl.concat(tables_of)
        if name == "studentVle":
            table.write_parquet(folder / f"{name}.parquet")
        else:
            table.write_csv(folder / f"{name}.csv")
    return folder


def test_the_protocol_gives_every_figure_and_the_same_ones_again(tmp_path: Path) -> None:
    said = risk.run(made_up(tmp_path))
    assert list(said["weeks"]) == ["2", "4", "6", "8"]
    for week in said["weeks"].values():
        assert {"auroc", "auprc", "brier", "ece", "slope", "abroca"} <= week["active"].keys()
        assert {"logistic", "lightgbm", "inactive_7d", "already_gone"} == week["baselines"].keys()
        assert week["all"]["learners"] == week["learners"] + week["all"]["gone"]
        low, high = week["active"]["intervals"]["auroc"]
        assert low <= week["active"]["auroc"] <= high
    last = said["weeks"]["8"]
    assert last["active"]["auroc"] > 0.7
    assert last["all"]["auroc"] > last["baselines"]["already_gone"]["all"]["auroc"] > 0.5
    assert "region" not in said["train"]["kinds"]
    assert last["new_learners"]["learners"] == last["learners"], "nobody of the test was in training"
    again = risk.run(tmp_path)
    assert again["weeks"] == said["weeks"]


def test_the_test_presentation_teaches_nothing(tmp_path: Path) -> None:
    made_up(tmp_path)
    info = pl.read_csv(tmp_path / "studentInfo.csv")
    before = risk.run(tmp_path)
    turned = pl.when(pl.col("code_presentation") == "2014B").then(
        pl.when(pl.col("final_result") == "Pass").then(pl.lit("Fail")).otherwise(pl.lit("Pass"))
    )
    info.with_columns(final_result=turned.otherwise("final_result")).write_csv(tmp_path / "studentInfo.csv")
    after = risk.run(tmp_path)
    for week in before["weeks"]:
        one, other = (said["weeks"][week]["active"] for said in (before, after))
        assert one["predicted"] == other["predicted"]
        assert one["auroc"] + other["auroc"] == pytest.approx(1, abs=0.001), "same scores, opposite outcomes"


@pytest.mark.parametrize("missing", ["studentVle.parquet", "assessments.csv", "studentInfo.csv"])
def test_a_table_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    made_up(tmp_path, learners=30)
    (tmp_path / missing).unlink()
    with pytest.raises(InputError) as refused:
        risk.run(tmp_path)
    assert refused.value.code == "file_missing"
    assert missing.split(".", maxsplit=1)[0] in refused.value.reason


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    made_up(tmp_path, learners=30)
    (tmp_path / "assessments.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError) as refused:
        risk.run(tmp_path)
    assert refused.value.code == "layout_unknown"
    (tmp_path / "studentInfo.csv").write_text((tmp_path / "studentInfo.csv").read_text().replace("2014B", "2014J"))
    (tmp_path / "assessments.csv").write_text("\x00\x01")
    with pytest.raises(InputError):
        risk.run(tmp_path)
