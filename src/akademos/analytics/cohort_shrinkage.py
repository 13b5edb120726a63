"""The estimate shrunk towards the cohort: mastery where answers are few, drawn to what others score.

estimate = w mastery + (1 - w) cohort, with w = answers / (answers + k), k = 10 answers

`cohort` is what learners together score at first attempts (`item_difficulty`) on the items of the topic that this
learner has answered, the mean over the items. It stands beside the composite under a name of its own and replaces it
nowhere: levels, gaps and readiness rest on the learner's own record.

Grain: learner and topic. Units: share. The interval is that of the composite, shrunk as its value is; the cohort's part
counts as known. Caveats: the cohort's score is of first attempts, the composite holds retrieval and material as well.
It is rounded to hundredths, and rests on items that at least as many learners answered as the metric's floor says, all
others counting as the mean of all items. Source: the specification of mastery progression; k as in `item_difficulty`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DECIMALS = 2


def shrunk(value: Floats, answers: npt.NDArray[np.integer], cohort: Floats, prior_answers: float) -> Floats:
    """The estimate, or an end of its interval; NaN where there is no value or nothing is known of the cohort.

    Args:
        value: composite (or an end of its interval), 0..1.
        answers: how many it rests on.
        cohort: what the cohort scores, 0..1.
        prior_answers: k.
    """
    weight = answers / (answers + prior_answers)
    return np.asarray(np.round(weight * value + (1 - weight) * cohort, DECIMALS))
