"""Models: which version of each kind serves, what it was trained on, how good it is and for whom, how it has moved.

Everything is what `/v1/models` tells; it names nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from akademos.serving.pages.answers import Json, block, count_of, moment, text_of
from akademos.serving.pages.cards import NOTHING, State
from akademos.serving.pages.kpis import Step
from akademos.serving.pages.model_cards import (
    calibration_card,
    comparison_card,
    groups_card,
    in_english,
    metrics_card,
)
from akademos.serving.pages.model_drift_cards import drift_card, figure_name, figures_card, status_words
from akademos.serving.pages.model_population_cards import populations_card
from akademos.serving.pages.model_register import (
    KINDS,
    SERVES,
    VERSIONS_SHOWN,
    address,
    card_tables,
    facts,
    is_table,
    kind_name,
    last_look,
    learned_tables,
    limits,
    moved_most,
    state_words,
    versions_table,
)
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.trust_cards import moment as written
from akademos.serving.pages.wording import Words


def kinds_of(lines: Sequence[Json]) -> list[str]:
    """Every kind of model, trained or not: those that there are trainers for, then others of the register."""
    return list(dict.fromkeys([*KINDS, *(str(line["model"]) for line in lines if not is_table(line))]))


def first_to_show(lines: Sequence[Json], model: str | None) -> tuple[str, int] | None:
    """Which version to show where the address names none: one that serves, else the newest; of the named model, or of
    the first kind that has one."""
    there = [line for name in kinds_of(lines) for line in lines if line["model"] == name and model in (None, name)]
    place = next((line for line in there if line["state"] in SERVES), there[0] if there else None)
    return None if place is None else (str(place["model"]), int(place["version"]))


def render_models(
    lines: Sequence[Json], shown: Json | None, *, shell: Shell, data: str, only: Sequence[str] = ()
) -> str:
    """The page as HTML.

    Args:
        lines: every version, as /v1/models has it.
        shown: the version that is looked at closely, as /v1/models/{name}/{version} has it; None: there is none.
        shell: who looks at it.
        data: address of the versions as JSON.
        only: kinds of model that there is to see, and nothing that they are to do about them; none: all.
    """
    words, kinds = shell.words, list(only) or kinds_of(lines)
    chosen = None if shown is None else str(shown["model"])
    values: dict[str, object] = {
        "tiles": [(_tile(name, lines, words), _look(name, name == chosen, lines, shell)) for name in kinds],
        "step": None if only else _step(kinds, lines, shell),
        "shown": None,
        "provenance": [words.html("models.about.names")],
        "tables": learned_tables(lines, words),
        "data": data,
    }
    if shown is None:
        values["state"] = State("no_data", words.plain("models.empty"), words.html("models.empty.text"))
    else:
        values |= _version(shown, [line for line in lines if line["model"] == chosen], shell, data)
    return page("models.html", shell, title=words.plain("models.title"), lede=words.plain("models.lede"), **values)


def _version(shown: Json, versions: Sequence[Json], shell: Shell, data: str) -> dict[str, object]:
    """What the template needs of the version that is looked at."""
    words, model, version = shell.words, str(shown["model"]), count_of(shown.get("version")) or 0
    serving = next((line for line in versions if line["state"] in SERVES), None)
    aside = NOTHING
    if shown["state"] not in SERVES:
        aside = words.html("models.aside.none")
        if serving is not None:
            aside = words.html("models.aside", n=serving["version"])
    older = len(versions) - VERSIONS_SHOWN
    use = text_of(block(shown, "card").get("intended_use"))
    return {
        "shown": {
            "heading": words.plain("models.heading", kind=kind_name(model, words), n=version),
            "aside": aside,
            "serving": address(shell, model, fragment="version") if aside and serving is not None else "",
            "facts": facts(shown, words),
            "use": NOTHING if use is None else in_english(use),
            "limits": [in_english(one) for one in limits(shown)],
            "tables": card_tables(shown, words),
        },
        "metrics": metrics_card(shown, words),
        "comparison": comparison_card(shown, words),
        "calibration": calibration_card(shown, words),
        "groups": groups_card(shown, words),
        "populations": populations_card(shown, words),
        "drift": drift_card(shown, words),
        "figures": figures_card(shown, words),
        "versions": versions_table(versions, shown, shell),
        "versions_take": words.counted("models.versions.take", len(versions)),
        "versions_older": words.html("models.versions.older", n=older) if older > 0 else NOTHING,
        "provenance": _provenance(shown, words),
        "file": f"{data}/{quote(model, safe='')}/{version}",
    }


def _tile(name: str, lines: Sequence[Json], words: Words) -> Tile:
    label = kind_name(name, words)
    versions = [line for line in lines if line["model"] == name]
    serving = next((line for line in versions if line["state"] in SERVES), None)
    if serving is None:
        key = "models.tile.aside" if versions else "models.tile.none"
        newest = versions[0]["version"] if versions else 0
        return Tile(label, state=State("no_data", words.plain(key), words.html(f"{key}.text", name=name, n=newest)))
    since = moment(serving.get("promoted_at"))
    text = words.counted(
        "models.tile.text", count_of(serving.get("learners")) or 0,
        since=words.locale.full_day(since) if since is not None else "",
    )  # fmt: skip
    if last_look(serving) is not None:
        text += Markup(" ") + words.html("models.tile.watch", status=status_words(block(serving, "watch"), words))
    return Tile(label, words.plain("models.version", n=serving["version"]), state_words(serving, words), text)


def _look(name: str, current: bool, lines: Sequence[Json], shell: Shell) -> tuple[str, bool]:
    """Address of a kind's version and whether it is shown; no address where there is none."""
    there = any(line["model"] == name for line in lines)
    return (address(shell, name, fragment="version") if there else "", current)


def _step(kinds: Sequence[str], lines: Sequence[Json], shell: Shell) -> Step | None:
    """What to look at first: a model in service that drifts, then one that is to be rebuilt, then a kind without a
    version in service."""
    words = shell.words
    serving = {str(line["model"]): line for line in lines if line["state"] in SERVES}
    known = [(name, serving[name]) for name in kinds if name in serving]
    for name, line in known:
        if block(line, "watch").get("status") == "drifting":
            text = words.html("models.step.drift", figure=figure_name(moved_most(line, words), words))
            title = words.plain("models.step.drift.title", kind=kind_name(name, words))
            return Step(title, text, address(shell, name, fragment="drift"))
    for name, line in known:
        by = moment(line.get("rebuild_by"))
        if by is not None:
            text = words.html("models.step.rebuild", by=written(by, words), name=name)
            title = words.plain("models.step.rebuild.title", kind=kind_name(name, words))
            return Step(title, text, address(shell, name, fragment="version"))
    missing = [name for name in kinds if name not in serving]
    there = [name for name in missing if any(line["model"] == name for line in lines)]
    if there:
        title = words.plain("models.step.aside.title", kind=kind_name(there[0], words))
        return Step(title, words.html("models.step.aside"), address(shell, there[0], fragment="comparison"))
    if missing and known:
        title = words.plain("models.step.train.title", kind=kind_name(missing[0], words))
        return Step(title, words.html("models.step.train", name=missing[0]), "")
    return None


def _provenance(shown: Json, words: Words) -> list[Markup]:
    floor = count_of(block(shown, "withheld").get("floor")) or 0
    told = [words.html("models.about.judged"), words.html("models.about.promotion"), words.html("models.about.watch")]
    return [*told, words.html("models.about.floor", floor=floor), words.html("models.about.names")]
