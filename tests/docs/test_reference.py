"""The reference pages are what is declared: a change that leaves them behind, or leaves something out, is red."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from akademos import settings
from akademos.catalogue import reference
from akademos.catalogue.registry import Registry, builtin
from akademos.cli import events as command

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES = command.pages()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name], "run `akademos events reference docs/reference`"


def headings(name: str) -> list[str]:
    return re.findall(r"^## (.+)$", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)


def section(name: str, heading: str) -> str:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("wire_name", builtin().by_wire_name)
def test_event_is_documented(wire_name: str) -> None:
    known = builtin().by_wire_name[wire_name].event
    written = section("events.md", known.wire_name)
    for rule in known.properties:
        assert f"| `{rule.name}` | {rule.kind.value} |" in written
    for mart in known.marts:
        assert f"datasets.md#{mart}" in written
    example = re.search(r"```json\n(.*?)\n```", written, re.DOTALL)
    assert example is not None
    assert json.loads(example[1]) == known.example


def test_every_declaration_has_its_place() -> None:
    registry = builtin()
    assert headings("events.md")[:-1] == [event.wire_name for event in registry.events]
    assert headings("datasets.md") == [dataset.name for dataset in registry.datasets]
    assert headings("metrics.md") == [metric.name for metric in registry.metrics]
    for name, rows in (
        ("core_properties.md", [f"`{rule.name}`" for rule in registry.core]),
        ("policies.md", [f"`{policy.name}`" for policy in registry.policies]),
        ("glossary.md", [term.name for term in registry.terms]),
        ("settings.md", [f"`{variable}`" for variable, _, _ in settings.document()]),
    ):
        first = re.findall(r"^\| (.+?) \|", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert sorted(first[2:]) == sorted(rows)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for page, anchor in re.findall(r"\]\(([a-z_]+\.md)?(?:#([\w-]+))?\)", PAGES[name]):
        assert not page or page in PAGES
        assert not anchor or anchor in headings(page or name)


def test_tables_are_rectangular() -> None:
    for text in PAGES.values():
        for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1


def test_undocumented_event_is_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner()
    assert run.invoke(command.app, ["reference", str(tmp_path)]).exit_code == 0
    assert run.invoke(command.app, ["reference", str(tmp_path), "--check"]).exit_code == 0
    shipped = builtin()
    shown = shipped.latest("question_shown")
    example = {**shown.example, "event_name": "question_hidden"}
    grown = Registry(
        (*shipped.events, replace(shown, name="question_hidden", example=example)),
        shipped.datasets,
        shipped.metrics,
        shipped.policies,
        shipped.terms,
    )
    monkeypatch.setattr(command, "builtin", lambda: grown)
    stale = run.invoke(command.app, ["reference", str(tmp_path), "--check"])
    assert stale.exit_code == 1
    assert "events.md" in stale.output
    (tmp_path / "events.md").unlink()
    assert run.invoke(command.app, ["reference", str(tmp_path), "--check"]).exit_code == 1
    assert run.invoke(command.app, ["reference", str(tmp_path)]).exit_code == 0
    assert "## question_hidden" in (tmp_path / "events.md").read_text()


@pytest.mark.parametrize("event", [event.wire_name for event in builtin().events])
def test_show_says_the_same(event: str) -> None:
    outcome = CliRunner().invoke(command.app, ["show", event], env={"COLUMNS": "200"})
    assert outcome.exit_code == 0, outcome.output
    for rule in builtin().by_wire_name[event].event.properties:
        assert rule.name in outcome.output


def test_show_lists_all() -> None:
    outcome = CliRunner().invoke(command.app, ["show"], env={"COLUMNS": "80"})
    for event in builtin().newest():
        assert event.wire_name in outcome.output


@pytest.mark.parametrize(
    ("days", "words"),
    [(365, "1 year"), (730, "2 years"), (90, "90 days"), (1, "1 day"), (366, "366 days"), (0.25, "6 hours")],
)
def test_periods_in_words(days: float, words: str) -> None:
    assert reference.period(timedelta(days=days)) == words
