"""best-LR: logistic regression on counts, the baseline that deep knowledge tracing has to beat.

logit P = difficulty of the item + difficulty of its skills + log counts of the learner's successes and attempts, in
total and on the answer's skills (summed over them).

Source: Gervet, Koedinger, Schneider and Mitchell (2020), When is deep learning the best approach to knowledge tracing?,
Journal of Educational Data Mining 12(3), section "Best-LR". Effects of items and skills are penalised as there (C = 1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from akademos.analytics.running import Groups
from akademos.analytics.traced_answers import TracedAnswers

Floats = npt.NDArray[np.float64]
ITERATIONS = 300


def counts(answers: TracedAnswers) -> sparse.csr_matrix:
    """answers x (items + skills + 4): indicators, then log(1 + count) of attempts, successes, in total and by skill."""
    learner = Groups(answers.learner)
    skill = Groups(answers.learner[answers.answer] * len(answers.skills) + answers.skill)
    numbers = np.column_stack(
        [
            np.log1p(learner.rank),
            np.log1p(learner.before(answers.correct)),
            np.bincount(answers.answer, np.log1p(skill.rank), minlength=len(answers)),
            np.bincount(
                answers.answer, np.log1p(skill.before(answers.correct[answers.answer])), minlength=len(answers)
            ),
        ]
    )
    rows = np.arange(len(answers))
    return sparse.hstack(
        [
            sparse.csr_matrix((np.ones(len(rows)), (rows, answers.item)), shape=(len(rows), len(answers.items))),
            sparse.csr_matrix(
                (np.ones(len(answers.skill)), (answers.answer, answers.skill)), shape=(len(rows), len(answers.skills))
            ),
            sparse.csr_matrix(numbers),
        ],
        format="csr",
    )


def fit_best_lr(training: TracedAnswers) -> Callable[[TracedAnswers], Floats]:
    """A function that gives P(correct) of each answer of other learners with the same numbering of names."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, solver="lbfgs", max_iter=ITERATIONS).fit(counts(training), training.correct)
    return lambda answers: np.asarray(model.predict_proba(counts(answers))[:, 1], dtype=np.float64)
