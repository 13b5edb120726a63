"""The three courses of the demo institution, invented for it: topic trees, prerequisites, exams, materials.

Leaves of the tree are taught, practised and examined; inner topics only group them. Leaves stand in the order in
which the course opens them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leaf:
    """A topic that is taught.

    Attributes:
        topic_id: id within the institution.
        name: as people see it.
        needs: topic_ids of the leaves that are needed before it.
        weight: weight in the course's exam, 0..10.
        hardness: shift of its items' difficulty, in logits.
    """

    topic_id: str
    name: str
    needs: tuple[str, ...]
    weight: float
    hardness: float


@dataclass(frozen=True, slots=True)
class Course:
    """A course: `groups` are (topic_id, name, leaves) in teaching order; `related` are pairs of leaves."""

    course_id: str
    title: str
    exam_name: str
    groups: tuple[tuple[str, str, tuple[Leaf, ...]], ...]
    related: tuple[tuple[str, str], ...]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """The taught topics in teaching order."""
        return tuple(leaf for _, _, leaves in self.groups for leaf in leaves)

    @property
    def exam_id(self) -> str:
        """The exam at the end of the term."""
        return f"{self.course_id}-final"


MATERIAL_KINDS = (("page", "{}: the idea"), ("video", "{}: worked example"), ("interactive", "{}: try it yourself"))
"""Every leaf has one material of each kind."""

ALGEBRA = Course(
    "algebra",
    "Algebra foundations",
    "Algebra final",
    (
        (
            "alg-language",
            "Language of algebra",
            (
                Leaf("alg-fractions", "Fractions and ratios", (), 4, -0.4),
                Leaf("alg-powers", "Powers and roots", ("alg-fractions",), 5, 0.0),
                Leaf("alg-terms", "Terms and brackets", ("alg-fractions",), 6, -0.2),
                Leaf("alg-factoring", "Factoring", ("alg-terms", "alg-powers"), 7, 0.3),
            ),
        ),
        (
            "alg-equations",
            "Equations",
            (
                Leaf("alg-linear", "Linear equations", ("alg-terms",), 9, -0.1),
                Leaf("alg-systems", "Systems of equations", ("alg-linear",), 7, 0.2),
                Leaf("alg-quadratic", "Quadratic equations", ("alg-linear", "alg-factoring"), 10, 0.4),
            ),
        ),
        (
            "alg-functions",
            "Functions",
            (
                Leaf("alg-graphs", "Lines and their graphs", ("alg-linear",), 6, 0.0),
                Leaf("alg-parabolas", "Parabolas", ("alg-graphs", "alg-quadratic"), 8, 0.4),
                Leaf("alg-exponential", "Exponential growth", ("alg-powers", "alg-graphs"), 5, 0.5),
            ),
        ),
    ),
    (("alg-systems", "alg-graphs"),),
)

ANATOMY = Course(
    "anatomy",
    "Anatomy and physiology",
    "Anatomy final",
    (
        (
            "ana-foundations",
            "Cells and tissues",
            (
                Leaf("ana-cell", "The cell", (), 5, -0.3),
                Leaf("ana-tissues", "Tissues", ("ana-cell",), 4, 0.0),
                Leaf("ana-membranes", "Transport across membranes", ("ana-cell",), 6, 0.3),
            ),
        ),
        (
            "ana-movement",
            "Support and movement",
            (
                Leaf("ana-skeleton", "Bones and joints", ("ana-tissues",), 6, -0.2),
                Leaf("ana-muscles", "Muscles", ("ana-skeleton", "ana-membranes"), 7, 0.1),
            ),
        ),
        (
            "ana-circulation",
            "Blood, heart and lungs",
            (
                Leaf("ana-blood", "Blood", ("ana-tissues",), 7, -0.1),
                Leaf("ana-heart", "Heart and vessels", ("ana-blood", "ana-muscles"), 10, 0.3),
                Leaf("ana-breathing", "Breathing", ("ana-heart",), 8, 0.2),
            ),
        ),
        (
            "ana-control",
            "Control and balance",
            (
                Leaf("ana-nerves", "Nerve signals", ("ana-membranes",), 9, 0.5),
                Leaf("ana-kidneys", "Kidneys and fluids", ("ana-blood", "ana-membranes"), 8, 0.4),
            ),
        ),
    ),
    (("ana-kidneys", "ana-heart"), ("ana-nerves", "ana-muscles")),
)

DATA_ANALYSIS = Course(
    "data-analysis",
    "Data analysis",
    "Data analysis project exam",
    (
        (
            "dat-preparation",
            "From source to table",
            (
                Leaf("dat-tables", "Tables and types", (), 5, -0.5),
                Leaf("dat-cleaning", "Cleaning data", ("dat-tables",), 7, -0.1),
                Leaf("dat-joins", "Joining tables", ("dat-tables",), 8, 0.2),
            ),
        ),
        (
            "dat-description",
            "Describing",
            (
                Leaf("dat-summaries", "Centre and spread", ("dat-tables",), 6, -0.3),
                Leaf("dat-charts", "Choosing a chart", ("dat-summaries",), 6, -0.2),
                Leaf("dat-correlation", "Correlation", ("dat-summaries",), 7, 0.2),
            ),
        ),
        (
            "dat-inference",
            "Concluding",
            (
                Leaf("dat-sampling", "Samples and chance", ("dat-summaries",), 8, 0.3),
                Leaf("dat-intervals", "Confidence intervals", ("dat-sampling",), 9, 0.5),
                Leaf("dat-regression", "Regression", ("dat-correlation", "dat-sampling"), 10, 0.5),
            ),
        ),
    ),
    (("dat-joins", "dat-cleaning"),),
)

COURSES = (ALGEBRA, ANATOMY, DATA_ANALYSIS)
