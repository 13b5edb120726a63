"""The page of claims names only what is there: tests, links, commands with their options."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text()
COMMANDS = sorted(set(re.findall(r"`akademos ([a-z]+(?: [a-z]+)?)", PAGE)))


def test_named_tests_are_there() -> None:
    named = re.findall(r"tests/[a-z_/]+\.py", PAGE)
    assert len(named) > 5
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_links_lead_somewhere() -> None:
    linked = re.findall(r"\]\(([^)#]+\.md)\)", PAGE)
    assert len(linked) > 5
    assert [one for one in linked if not (ROOT / "docs" / one).exists()] == []


def test_commands_are_there() -> None:
    listing = "import typer\nfrom akademos.cli import app as cli\ncli._assemble([])"
    program = (
        f"{listing}\nroot = typer.main.get_command(cli.app)\n"
        "for name, one in root.commands.items():\n"
        "    print(name)\n"
        "    for inner in getattr(one, 'commands', {}):\n"
        "        print(name, inner)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    known = set(done.stdout.splitlines())
    groups = {one.split()[0] for one in known if " " in one}
    missing = [one for one in COMMANDS if one not in known and one.split()[0] not in known - groups]
    assert len(COMMANDS) > 10
    assert missing == []
