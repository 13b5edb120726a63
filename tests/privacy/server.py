"""A server process over a test's database: `python -m tests.privacy.server DSN FOLDER`.

Answers are made up, but wait while FOLDER/hold exists, after leaving a mark there, so that a test can change the
world in the middle of them. The port goes to FOLDER/port-PID.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from tests.serving.institution import NOW, CountingAnswers, services_on

from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import create_app
from akademos.stores.ports.answers import Answer, AnswerName, Question
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.postgres.database import Database


class HeldAnswers(CountingAnswers):
    """Answers that wait while a file says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def now(
        self, question: Question, names: Sequence[AnswerName], state: LearnerState | None
    ) -> dict[AnswerName, Answer]:
        """The made-up answers, when the hold is lifted."""
        if (self._folder / "hold").exists():
            (self._folder / f"entered-{uuid.uuid4().hex}").touch()
            deadline = time.monotonic() + 60
            while (self._folder / "hold").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
        return super().now(question, names, state)


def main(dsn: str, folder: Path) -> None:
    """Serve until the process is ended."""
    database = Database(dsn, max_size=8)
    database.open()
    app = create_app(services_on(database, Keys(bytes(range(32))), HeldAnswers(folder), lambda: NOW))
    listening = socket.create_server(("127.0.0.1", 0))
    (folder / f"port-{os.getpid()}").write_text(str(listening.getsockname()[1]))
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
