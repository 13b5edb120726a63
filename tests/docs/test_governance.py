"""The papers of data protection say what the registry says, and every purpose, dataset and policy is in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.governance import DOCUMENTS, personal_datasets
from akademos.catalogue.registry import builtin

FOLDER = Path(__file__).parents[2] / "docs" / "privacy"


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_page_is_what_the_registry_says(name: str) -> None:
    assert (FOLDER / f"{name}.md").read_text(encoding="utf-8") == DOCUMENTS[name](builtin()), (
        f"write it anew: akademos governance {name} --to docs/privacy"
    )


def test_nothing_that_is_declared_is_missing() -> None:
    registry = builtin()
    register, runbook = DOCUMENTS["register"](registry), DOCUMENTS["runbook"](registry)
    for purpose in Purpose:
        assert f"| {purpose.value} |" in register
    for dataset in personal_datasets(registry):
        assert f"| {dataset.name} |" in register
        assert dataset.name in runbook
    for policy in registry.policies:
        assert f"**{policy.name}**" in register
