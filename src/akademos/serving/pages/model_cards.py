"""Cards about one version of a model: how good it is, beside what, how calibrated, and how groups fare."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.metric_intervals import MetricInterval, metric_intervals
from akademos.serving.charts.ranged_dots import RangedDot, Yardstick, ranged_dots
from akademos.serving.charts.reliability import ReliabilityBin, reliability
from akademos.serving.pages.answers import Json, block, count_of, share_of, text_of
from akademos.serving.pages.cards import Card, LegendEntry, Note, State, figure
from akademos.serving.pages.model_measures import HALF, Measure, measure_name, measures_of
from akademos.serving.pages.model_population_cards import fairness_notes
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, share_cell
from akademos.serving.pages.wording import Words

DIGITS = 3
SHOWN = 12
"""Groups in the picture; the table has all of them."""

_AGAINST = {"the baseline": "baseline", "the version in service": "serving"}
_CAME = ("correct", "not_completed")
_ABOVE_GUESSING = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LEADING = ("mae", "auroc", "auc")
"""By which groups are compared: the first that a model has."""


def metrics_card(shown: Json, words: Words) -> Card:
    """Every measure with its interval, held against what guessing gives or what was promised."""
    title, found = words.plain("models.metrics"), measures_of(block(shown, "metrics"))
    learners = count_of(block(shown, "metrics").get("learners")) or 0
    if not found:
        text = words.html("models.metrics.none.text")
        return Card("metrics", title, state=State("not_enough_data", words.plain("models.metrics.none"), text))
    rows = [_interval_row(one, words) for one in found]
    table = Table(
        title,
        _columns(words, ("metric", "value", "range", "against", "meaning"), ("value", "range", "against")),
        [
            [
                Cell(measure_name(one.key, words)),
                count_cell(one.value, words.locale, DIGITS),
                Cell(_range(one.low, one.high, words), -1 if one.low is None else one.low),
                count_cell(one.scale.against, words.locale, DIGITS),
                Cell(_meaning(one.key, words)),
            ]
            for one in found
        ],
    )
    caption = Caption("chart-metrics", title, words.plain("models.metrics.desc", n=len(rows)))
    pictures = [metric_intervals(rows, caption=caption, canvas=one, tip=_told) for one in (WIDE, NARROW)]
    take = words.counted("models.metrics.take", learners)
    return Card("metrics", title, take, figure("nw", *pictures), [table], _interval_legend(words))


def comparison_card(shown: Json, words: Words) -> Card:
    """The mean loss of this version beside that of what it was to replace, and their difference."""
    title, said = words.plain("models.comparison"), block(shown, "comparison")
    learners = count_of(said.get("learners")) or 0
    new, old, difference, upper = (share_of(said.get(name)) for name in ("new", "old", "difference", "upper"))
    if new is None or old is None or difference is None or upper is None:
        text = words.counted("models.comparison.few", learners)
        return Card("comparison", title, state=State("not_enough_data", words.plain("models.comparison.none"), text))
    number, against = words.locale.number, against_words(said, words)
    names = (
        words.plain("models.comparison.new"),
        words.plain("models.comparison.old", against=against),
        words.plain("models.comparison.difference"),
    )
    top, reach = 1.25 * max(new, old, 0.001), 1.4 * max(abs(difference), abs(upper), 0.001)
    ends = (number(0), number(top, DIGITS))
    around = (number(-reach, DIGITS), f"+{number(reach, DIGITS)}")
    rows = [
        MetricInterval(names[0], new, None, None, 0, top, number(new, DIGITS), ends),
        MetricInterval(names[1], old, None, None, 0, top, number(old, DIGITS), ends),
        MetricInterval(
            names[2], difference, difference, upper, -reach, reach,
            words.plain("models.comparison.shown", value=number(difference, DIGITS), upper=number(upper, DIGITS)),
            around, 0.0,
        ),
    ]  # fmt: skip
    key = "better" if upper < 0 else "not_better"
    take = words.counted(
        f"models.comparison.{key}", learners, against=against, less=number(-difference, DIGITS),
        least=number(-upper, DIGITS), difference=number(difference, DIGITS), upper=number(upper, DIGITS),
    )  # fmt: skip
    caption = Caption("chart-comparison", title, words.plain("models.comparison.desc"))
    pictures = [metric_intervals(rows, caption=caption, canvas=one, tip=_told) for one in (WIDE, NARROW)]
    table = Table(
        title,
        _columns(words, ("what", "value", "upper"), ("value", "upper")),
        [
            [Cell(names[0]), count_cell(new, words.locale, DIGITS), Cell(MISSING, -1)],
            [Cell(names[1]), count_cell(old, words.locale, DIGITS), Cell(MISSING, -1)],
            [Cell(names[2]), count_cell(difference, words.locale, DIGITS), count_cell(upper, words.locale, DIGITS)],
        ],
    )
    loss = text_of(block(block(shown, "card"), "comparison").get("loss"))
    notes = [Note(words.plain("models.comparison.loss"), in_english(loss))] if loss else []
    legend = [LegendEntry("goal", words.plain("models.legend.no_difference"))]
    return Card("comparison", title, take, figure("nw", *pictures), [table], legend, notes)


def calibration_card(shown: Json, words: Words) -> Card:
    """What was said against what came of it: by bins of the chance where the card has them, else by group."""
    title = words.plain("models.calibration")
    said = block(block(shown, "metrics"), "passing").get("reliability")
    kept = [one for one in said if len(one) == 3] if isinstance(said, Sequence) else []
    named = [
        (words.plain("models.calibration.bin", n=place), ReliabilityBin(float(one[0]), float(one[1]), int(one[2])))
        for place, one in enumerate(kept, 1)
    ]
    by_bins, few = bool(named), count_of(block(shown, "withheld").get("bins")) or 0
    floor = count_of(block(shown, "withheld").get("floor")) or 0
    if not named:
        named = _by_group(shown)
    if not named:
        text = words.html("models.calibration.few" if few else "models.calibration.none.text", floor=floor)
        return Card("calibration", title, state=State("no_data", words.plain("models.calibration.none"), text))
    locale = words.locale

    def tip(one: ReliabilityBin) -> str:
        name = next(name for name, other in named if other is one)
        said_, came = locale.percent(one.said), locale.percent(one.came)
        return words.plain("models.calibration.tip", name=name, said=said_, came=came, n=locale.number(one.learners))

    bins = [one for _, one in named]
    caption = Caption("chart-calibration", title, words.plain("models.calibration.desc", n=len(bins)))
    axes = (words.plain("models.calibration.said"), words.plain("models.calibration.came"))
    pictures = [
        reliability(bins, caption=caption, canvas=one, locale=locale, axes=axes, tip=tip, joined=by_bins)
        for one in (WIDE, NARROW)
    ]
    furthest = max(named, key=lambda pair: abs(pair[1].said - pair[1].came))
    take = words.html(
        f"models.calibration.{'bins' if by_bins else 'groups'}", name=words.short(furthest[0]),
        said=locale.percent(furthest[1].said), came=locale.percent(furthest[1].came),
    )  # fmt: skip
    table = Table(
        title,
        _columns(words, ("group", "said", "came", "learners"), ("said", "came", "learners")),
        [
            [Cell(name), share_cell(one.said, locale), share_cell(one.came, locale), count_cell(one.learners, locale)]
            for name, one in named
        ],
    )
    legend = [LegendEntry("goal", words.plain("models.legend.same"))]
    notes = [Note("", words.counted("models.calibration.left_out", few, floor=floor))] if few else []
    return Card("calibration", title, take, figure("nw", *pictures), [table], legend, notes)


def groups_card(shown: Json, words: Words) -> Card:
    """How groups of held-out learners fare beside all of them; smaller groups are not told of."""
    title = words.plain("models.groups")
    groups = groups_of(shown)
    hidden = block(shown, "withheld")
    few, floor = count_of(hidden.get("groups")) or 0, count_of(hidden.get("floor")) or 0
    kind = next((one for one in _LEADING if any(one in group for group in groups.values())), None)
    whole = next((one for one in measures_of(block(shown, "metrics")) if one.key == kind), None)
    told = {name: value for name, group in groups.items() if kind and (value := share_of(group.get(kind))) is not None}
    if kind is None or whole is None or not told:
        text = words.html("models.groups.none.text", floor=floor)
        said = Markup(" ").join((text, *(one.text for one in fairness_notes(shown, words))))
        return Card("groups", title, state=State("no_data", words.plain("models.groups.none"), said))
    locale, measure = words.locale, measure_name(kind, words)
    furthest = sorted(told, key=lambda name: (-abs(told[name] - whole.value), name))
    rows = [RangedDot(name, told[name], None, None, locale.number(told[name], DIGITS)) for name in furthest[:SHOWN]]

    def tip(one: RangedDot) -> str:
        learners = locale.number(count_of(groups[one.name].get("learners")) or 0)
        return words.plain("models.groups.tip", name=one.name, metric=measure, value=one.shown, n=learners)

    caption = Caption("chart-groups", title, words.plain("models.groups.desc", metric=measure, n=len(rows)))
    line = Yardstick(whole.value, whole.low, whole.high)
    drawn = [*(one.value for one in rows), whole.value, *(one for one in (whole.low, whole.high) if one is not None)]
    ticks = _ABOVE_GUESSING if kind in ("auroc", "auc") and min(drawn) >= HALF and max(drawn) <= 1 else ()
    pictures = [
        ranged_dots(
            rows, line, caption=caption, canvas=one, written=partial(scale_number, words=words), tip=tip, ticks=ticks
        )
        for one in (WIDE, NARROW)
    ]
    take = words.html(
        "models.groups.take", metric=measure, name=words.short(furthest[0]),
        value=locale.number(told[furthest[0]], DIGITS), whole=locale.number(whole.value, DIGITS),
    )  # fmt: skip
    notes = [*fairness_notes(shown, words), Note("", words.html("models.groups.floor", floor=floor))]
    if few:
        notes.append(Note("", words.counted("models.groups.few", few)))
    legend = [
        LegendEntry("whisker", words.plain("models.legend.whole")),
        LegendEntry("band", words.plain("models.legend.likely")),
    ]
    return Card("groups", title, take, figure("nw", *pictures), [_groups_table(title, groups, words)], legend, notes)


def groups_of(shown: Json) -> dict[str, Json]:
    """The groups that the card tells of, by name."""
    groups = block(block(block(shown, "card"), "fairness"), "groups")
    return {name: one for name in groups if (one := block(groups, name))}


def against_words(said: Json, words: Words) -> str:
    """What a version was compared with."""
    against = text_of(said.get("against")) or ""
    key = _AGAINST.get(against, "release" if against.startswith("the baseline") else "unknown")
    return words.plain(f"models.against.{key}")


def scale_number(at: float, words: Words) -> str:
    """A number of a scale, with as few digits as it has."""
    digits = next((one for one in range(DIGITS) if abs(round(at, one) - at) < 10**-6), DIGITS)
    return words.locale.number(at, digits)


def in_english(text: str) -> Markup:
    """Words of a card, which are English on every page."""
    return Markup('<span lang="en">{}</span>').format(text)


def _by_group(shown: Json) -> list[tuple[str, ReliabilityBin]]:
    found = []
    for name, group in groups_of(shown).items():
        said, learners = share_of(group.get("predicted")), count_of(group.get("learners")) or 0
        came = next((value for key in _CAME if (value := share_of(group.get(key))) is not None), None)
        if said is not None and came is not None:
            found.append((name, ReliabilityBin(said, came, learners)))
    return found


def _groups_table(title: str, groups: dict[str, Json], words: Words) -> Table:
    keys = list(dict.fromkeys(key for group in groups.values() for key in group))
    heads = [
        words.plain(f"models.group.{key}") if f"models.group.{key}" in words else measure_name(key, words)
        for key in keys
    ]
    whole = ("learners", "answers")
    return Table(
        title,
        [Column(words.plain("models.col.group")), *(Column(head, numeric=True) for head in heads)],
        [
            [
                Cell(name),
                *(count_cell(share_of(group.get(key)), words.locale, 0 if key in whole else DIGITS) for key in keys),
            ]
            for name, group in sorted(groups.items())
        ],
    )


def _interval_row(one: Measure, words: Words) -> MetricInterval:
    number, scale = words.locale.number, one.scale
    shown = number(one.value, DIGITS)
    if one.low is not None and one.high is not None:
        shown = f"{shown} ({_range(one.low, one.high, words)})"
    name = measure_name(one.key, words)
    ends = (number(scale.start, 1), number(scale.end, 1))
    return MetricInterval(name, one.value, one.low, one.high, scale.start, scale.end, shown, ends, scale.against)


def _interval_legend(words: Words) -> list[LegendEntry]:
    return [
        LegendEntry("whisker", words.plain("models.legend.likely")),
        LegendEntry("goal", words.plain("models.legend.against")),
    ]


def _told(one: MetricInterval) -> str:
    return f"{one.name}: {one.shown}"


def _range(low: float | None, high: float | None, words: Words) -> str:
    if low is None or high is None:
        return MISSING
    return f"{words.locale.number(low, DIGITS)}\u2013{words.locale.number(high, DIGITS)}"


def _meaning(key: str, words: Words) -> str:
    return words.plain(f"models.meaning.{key}") if f"models.meaning.{key}" in words else MISSING


def _columns(words: Words, keys: Sequence[str], numeric: Sequence[str]) -> list[Column]:
    return [Column(words.plain(f"models.col.{key}"), key in numeric) for key in keys]
