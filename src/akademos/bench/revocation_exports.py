"""The part of `bench revocation` about exports: a learner withdraws while a research release is being made.

A trial starts `akademos release make` in a process of its own and withdraws a learner's consent to research at a random
moment of it. Once both have ended, a researcher opens the release by the only door there is: with everybody else
consenting, more rows than they are people would hold the one who left.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Sequence

from akademos.bench.installation import Installation, command
from akademos.errors import Unavailable

TENANT = "bench"
COURSE = "algebra"
RESEARCHER = "scholar"
LONGEST_S = 6.0
"""Within so many seconds of its start the consent is withdrawn."""

REFUSED = "kept changing"
"""What a release says that gave up because somebody in it withdrew: no export, no leak."""

Decide = Callable[[str, str, Sequence[str]], None]


def run(
    installation: Installation, decide: Decide, users: Sequence[str], *, trials: int, seed: int = 11
) -> dict[str, int]:
    """Run the trials over learners who all consent to research.

    Args:
        installation: one with a tenant of that name, the course, and the researcher.
        decide: records a decision (user, decision, purposes) and returns when it is acknowledged.

    Returns:
        {"trials", "opened", "leaks"}: how many releases could be opened, and how many of them held too many rows.

    Raises:
        Unavailable: a release was not made for another reason, or none of the trials gave one.
    """
    chance = random.Random(seed)  # noqa: S311  # who and when, not a secret
    opened = leaks = 0
    for number in range(trials):
        user, name = chance.choice(users), f"release {number}"
        words = ("release", "make", name, "--kind", "pseudonymous", "--course", COURSE, "--tenant", TENANT)
        making = subprocess.Popen(
            command(*words), env=installation.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(chance.uniform(0, LONGEST_S))
        decide(user, "withdrawn", ["research"])
        _, said = making.communicate()
        if making.returncode == 0:
            rows = installation.run(
                "release", "rows", name, "--as", RESEARCHER, "--reason", "bench", "--tenant", TENANT
            ).splitlines()[1:]
            opened += 1
            leaks += len(rows) > len(users) - 1
        elif REFUSED not in " ".join(said.decode().split()):
            raise Unavailable(f"The release was not made: {said.decode().strip()}", hint="See above.")
        decide(user, "granted", ["research"])
    if not opened:
        raise Unavailable("None of the releases could be opened, so nothing is proven.", hint="More trials.")
    return {"trials": trials, "opened": opened, "leaks": leaks}
