"""Declarations of operations fit together, and with the pages and files that follow from them."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from akademos.catalogue.alert_rules import ALERT_RULES, FIGURE_OF, prometheus_rules
from akademos.catalogue.error_codes import error_codes
from akademos.catalogue.job_budgets import FRESHNESS, JOB_BUDGETS
from akademos.catalogue.log_fields import SERVICES
from akademos.catalogue.registry import builtin
from akademos.catalogue.runbooks import PRIORITY_OF, RUNBOOKS, TEAMS
from akademos.jobs.plan import SCHEDULE
from akademos.jobs.worker import UPKEEP

ROOT = Path(__file__).parents[2]
NO_RECORD = {"alert_mail_standing", "outbox_standing", "sweep"}
"""Upkeep that keeps no record of its runs."""


def test_rules_name_what_there_is() -> None:
    teams = {one.name for one in TEAMS}
    for rule in ALERT_RULES:
        assert rule.figure in FIGURE_OF, rule.name
        assert rule.priority in PRIORITY_OF, rule.name
        assert rule.team in teams, rule.name
        assert rule.runbook in {one.name for one in RUNBOOKS}, rule.name
    assert len({rule.name for rule in ALERT_RULES}) == len(ALERT_RULES)
    assert {one.team for one in SERVICES} <= teams


def test_every_runbook_names_its_alerts_and_codes() -> None:
    for one in RUNBOOKS:
        text = (ROOT / one.page).read_text()
        for name in (*one.codes, *(rule.name for rule in ALERT_RULES if rule.runbook == one.name)):
            assert f"`{name}`" in text, (one.name, name)
        told = set(re.findall(r"`(\w+)`", re.findall(r"Alerts?: ([^.]*)\.", text)[0]))
        assert told == {r.name for r in ALERT_RULES if r.runbook == one.name}


def test_codes_of_runbooks_are_codes_of_the_platform() -> None:
    source = "\n".join(
        path.read_text() for path in (ROOT / "src").rglob("*.py") if path.name not in ("runbooks.py", "error_codes.py")
    )
    for one in RUNBOOKS:
        for code in one.codes:
            assert f'"{code}"' in source, code
    codes = [one.code for one in error_codes()]
    assert codes == sorted(set(codes))
    assert {"unavailable", "not_found", "interrupted", "queue_full"} <= set(codes)


def test_every_job_has_a_budget_and_what_must_be_fresh_is_scheduled() -> None:
    scheduled = {one.job for one in SCHEDULE}
    assert (scheduled | set(UPKEEP)) - NO_RECORD <= JOB_BUDGETS.keys()
    assert FRESHNESS.keys() <= scheduled
    datasets = {one.name for one in builtin().datasets}
    assert all(set(names) <= datasets for names in FRESHNESS.values())


def test_the_file_for_prometheus_is_made_from_the_rules() -> None:
    assert (ROOT / "docs/operations/alerts.yml").read_text() == prometheus_rules()
    (group,) = yaml.safe_load(prometheus_rules())["groups"]
    assert [one["alert"] for one in group["rules"]] == [rule.name for rule in ALERT_RULES]
    assert all(one["labels"]["severity"] in ("critical", "warning", "notice") for one in group["rules"])
