"""Fading: how a forecast of the next answer falls while nothing is answered on the topic.

The knowledge-tracing model knows the order of answers and not the time between them, so its P(correct) stands for the
moment after the last answer. Read later, what lies above guessing has faded as the memory of the topic has:

    p(t) = guess + (p - guess) R(t) / R(0)

with R the mean retrievability of the learner's seen items of the topic (`forgetting`, whole days) now and at the last
answer. It is knowledge tracing whose known state is forgotten along a forgetting curve: P(correct) is linear between
guessing and knowing, so what scales P(known) scales p - guess. A forecast at or under guessing stays; nothing rises;
without a clock nothing is known to have faded.

Caveats: items that the learner has not met are taken to be forgotten like those of the topic that they have met, and
slipping is left out. What answers teach about fading is in R, which is fitted to the learner's reviews.

Source: Corbett and Anderson (1995), doi:10.1007/BF01099821, with forgetting as in Qiu, Qi, Lu, Pardos and Heffernan
(2011), Does time matter? Modeling the effect of time with Bayesian knowledge tracing, EDM 2011; R: `fsrs`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def kept_share(recall_now: Floats, recall_then: Floats) -> Floats:
    """R(t) / R(0), within 0..1; 1 where either is NaN or nothing was recalled then.

    Args:
        recall_now, recall_then: mean retrievability per topic, now and at the last answer on it.
    """
    known = ~np.isnan(recall_now) & ~np.isnan(recall_then) & (recall_then > 0)
    share = np.divide(recall_now, recall_then, out=np.ones(len(recall_now)), where=known)
    return np.clip(share, 0.0, 1.0)


def faded(probability: Floats, kept: Floats, guess: float) -> Floats:
    """P(correct) now from P(correct) at the last answer; all within 0..1.

    Args:
        probability: at the last answer.
        kept: from `kept_share`.
        guess: P(correct) of somebody who knows nothing of it.
    """
    above = np.maximum(probability - guess, 0.0)
    return np.asarray(probability - above * (1 - kept))
