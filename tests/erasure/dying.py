"""A process that erases and kills itself: `python -m tests.erasure.dying DATA STEP`.

STEP is a step of the job, or `core_commit`: between the commit of the core and its count.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from akademos.settings import Settings
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.ports.erasure import EventsErased
from akademos.system import System


def die() -> None:
    """As kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(data: Path, step: str) -> None:
    """Erase until the step is done."""
    whole = LakeEventLog.erase

    def erase_and_die(
        self: LakeEventLog, tenant_id: str, learner_keys: Sequence[str], *, application: str
    ) -> EventsErased:
        done = whole(self, tenant_id, learner_keys, application=application)
        if step == "core_commit":
            die()
        return done

    with (
        System(Settings(data=data, environment="development", port=0)) as system,
        mock.patch.object(LakeEventLog, "erase", erase_and_die),
    ):
        system.erasure_job(fault_point=lambda done: die() if done == step else None).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
