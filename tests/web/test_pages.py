"""The pages as text: what they promise of every learner, without a browser."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from akademos import errors
from akademos.serving import pages
from akademos.serving.charts.locale import ENGLISH
from akademos.serving.pages.careless_words import careless
from akademos.serving.pages.wording import Words, words_in

Answers = Callable[..., dict[str, Any]]
WHO = ["rich", "new", "order", "many", "hostile", "broken", "small"]


class Tags(HTMLParser):
    """Every start tag of a document with its attributes, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name for name, _ in attrs}))


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.mark.parametrize("who", WHO)
def test_a_page_is_one_well_behaved_document(who: str, answers_of: Answers, shell: pages.Shell) -> None:
    html = pages.render_my_progress(**answers_of(who), shell=shell)
    parsed = Tags()
    parsed.feed(html)
    for tag, attributes in parsed.found:
        assert not any(name == "style" or name.startswith("on") for name in attributes), (tag, attributes)
        assert tag != "style"
        assert tag != "script" or "src" in attributes
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html)
    repeated = {key: n for key, n in Counter(re.findall(r'\sid="([^"]+)"', html)).items() if n > 1}
    assert repeated == {}
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    for labels in re.findall(r'aria-labelledby="([^"]+)"', html):
        assert set(labels.split()) <= ids
    assert html.count("<h1") == 1
    assert "None" not in text_of(html).replace("None ", " ")
    assert "nan" not in text_of(html)


@pytest.mark.parametrize("who", WHO)
def test_words_are_careful(who: str, answers_of: Answers, shell: pages.Shell) -> None:
    assert careless(text_of(pages.render_my_progress(**answers_of(who), shell=shell)), "en") == []


def test_the_catalogue_is_well_formed() -> None:
    words = words_in("en")
    for key, message in words.messages.items():
        if key.endswith(".one"):
            assert key.removesuffix(".one") + ".other" in words.messages
        tags = re.findall(r"</?(\w+)", message)
        assert Counter(tags)["b"] % 2 == 0
        assert set(tags) <= {"b", "span", "code"}, key


def test_a_missing_message_is_refused() -> None:
    with pytest.raises(errors.CatalogueError, match=r"no\.such"):
        words_in("en").html("no.such")


@given(st.text(max_size=30))
def test_what_is_put_into_a_message_is_escaped_once(name: str) -> None:
    words = Words({"greet": "<b>{name}</b>"}, ENGLISH)
    assert words.html("greet", name=name) == Markup("<b>") + name + Markup("</b>")
    assert words.listed([name]).unescape() == words.short(name)


@pytest.mark.parametrize("who", ["rich", "many", "hostile", "small", "order"])
def test_every_picture_has_its_numbers(who: str, answers_of: Answers, shell: pages.Shell) -> None:
    html = pages.render_my_progress(**answers_of(who), shell=shell)
    for card in html.split('<div class="card ')[1:]:
        if 'class="plot' in card or "chart spark" in card:
            assert '<table class="sortable">' in card, card[:200]


def test_the_rich_page_says_what_its_data_say(answers_of: Answers, shell: pages.Shell) -> None:
    answers = answers_of("rich")
    text = text_of(pages.render_my_progress(**answers, shell=shell))
    reached = sum(t["level"] == "mastered" for t in answers["mastery"]["topics"])
    due = answers["reviews"]["due_items"]
    assert f"{reached} of 22" in text
    assert f"Reviews due {due}" in text
    assert "Up 35 points since 23 Oct 2025. Now 71% , likely 66\u201377% ." in text
    assert "Good evening, Sam" in text
    assert "From 3,120 events , 1,284 of them answers, from 13 Oct 2025 to 12 Mar 2026." in text
    assert "mastery/1" in text
    assert "Forecast Carefully judged from the last weeks, you reach 80% about 2 May (19 Apr to 8 Jun)." in text
    assert text.index("Topics on target") < text.index("Suggested next step") < text.index("Mastery over time")
    assert text.index("Topic coverage") < text.index("Reviews, next 30 days") < text.index("How this was computed")


def test_coverage_is_a_radar_for_a_few_and_bars_for_many(answers_of: Answers, shell: pages.Shell) -> None:
    def card(who: str) -> str:
        html = pages.render_my_progress(**answers_of(who), shell=shell)
        return html[html.index('id="coverage"') : html.index('id="heatmap"')]

    assert card("rich").count('class="area"') == 3  # two widths and the legend
    assert card("many").count('class="bar"') == 29  # fourteen topics at two widths and the legend
    assert card("many").count('<th scope="row"') == 110
    assert 'class="bar"' in card("small")


def test_a_radar_takes_three_estimates(answers_of: Answers, shell: pages.Shell) -> None:
    answers = answers_of("rich")
    for node in [n for n in answers["mastery"]["hierarchy"] if n["depth"] == 0][:4]:
        node |= {"status": "no_data", "value": None}
    html = pages.render_my_progress(**answers, shell=shell)
    card = html[html.index('id="coverage"') : html.index('id="heatmap"')]
    assert 'class="area"' not in card
    assert 'class="bar"' in card


def test_a_heading_is_no_topic_to_practise(answers_of: Answers, shell: pages.Shell) -> None:
    answers = answers_of("rich")
    heading = next(n for n in answers["mastery"]["hierarchy"] if n["name"] == "Algebra")
    unseen = {"topic_id": heading["topic_id"], "name": "Algebra", "kind": "not_yet_seen", "mastery": None}
    answers["mastery"]["topics"].append({"topic_id": heading["topic_id"], "name": "Algebra", "status": "no_data"})
    answers["gaps"]["gaps"].insert(0, unseen)
    answers["gaps"]["path"].insert(0, unseen)
    text = text_of(pages.render_my_progress(**answers, shell=shell))
    assert "5 of 22" in text
    assert "20 of 22 topics have an estimate" in text
    assert re.search(r"(Opens the way to|Room to grow:|Was known before)", text)
    assert not re.search(r"Algebra (Not started|1 Algebra)", text)


def test_a_topic_with_a_few_answers_is_not_called_new(answers_of: Answers, shell: pages.Shell) -> None:
    answers = answers_of("rich")
    for gap in answers["gaps"]["gaps"]:
        gap |= {"mastery": None, "low": None, "high": None, "severity": None, "kind": "developing"}
    text = text_of(pages.render_my_progress(**answers, shell=shell))
    assert "Too few answers for a level" in text
    assert "No answers yet" not in text
    assert "Not started" not in text
    assert f"{len(answers['gaps']['gaps'])} have no estimate yet." in text


def test_a_new_learner_sees_what_unlocks_each_card(answers_of: Answers, shell: pages.Shell) -> None:
    html = pages.render_my_progress(**answers_of("new"), shell=shell)
    text = text_of(html)
    assert '<svg class="chart' not in html
    assert text.count("Nothing to show yet") >= 12
    assert "Your first five answers on a topic start this line." in text
    assert "No target exam yet" in text


def test_answers_without_a_clock_say_so_where_a_clock_is_needed(answers_of: Answers, shell: pages.Shell) -> None:
    text = text_of(pages.render_my_progress(**answers_of("order"), shell=shell))
    assert text.count("Needs dates") == 8  # three tiles, the line, memory, topics to review, and both calendars
    assert "1970" not in text
    assert "Times order only" in text
    assert "Topic coverage Modelling and Algebra have the most room to grow." in text


def test_a_failure_says_that_the_data_is_safe_and_offers_another_try(answers_of: Answers, shell: pages.Shell) -> None:
    html = pages.render_my_progress(**answers_of("broken"), shell=shell, selected_topic="spread")
    text = text_of(html)
    assert (
        "Your data is safe. The learner&#39;s numbers did not arrive in time. Last good copy: 12 Mar 2026, 18:40."
        in text
    )
    assert html.count('<a class="button" href="?topic=spread">Try again</a>') == 8
    assert "Mastery over time Up 35 points" in text.replace("  ", " ")
    nothing = pages.LoadFailure("Down.")
    assert "Down." in pages.render_my_progress(nothing, nothing, nothing, nothing, shell=shell)


def test_a_hidden_part_is_hidden_for_privacy(answers_of: Answers, shell: pages.Shell) -> None:
    answers = answers_of("new")
    answers["reviews"]["status"] = "hidden"
    assert "Hidden for privacy" in pages.render_my_progress(**answers, shell=shell, own_page=False)


def test_a_broken_number_is_refused(answers_of: Answers, shell: pages.Shell) -> None:
    answers = answers_of("rich")
    answers["mastery"]["history"][3]["value"] = float("nan")
    with pytest.raises(errors.InputError):
        pages.render_my_progress(**answers, shell=shell)


def test_links_and_forms_keep_the_pages_own_parameters(answers_of: Answers) -> None:
    shell = pages.Shell(query={"learner": "a&b"})
    html = pages.render_my_progress(
        **answers_of("rich", "spread"), shell=shell, selected_topic="spread", own_page=False
    )
    assert '<input type="hidden" name="learner" value="a&amp;b">' in html
    assert 'href="?learner=a%26b&amp;topic=expressions#closer"' in html
    assert '<option value="spread" selected>Spread</option>' in html
    assert "Progress of Sam" in html
    assert "A closer look: Spread" in html
    assert "as a member of staff" in html


def test_learners_stand_in_the_order_of_names_with_a_reason_each(shell: pages.Shell) -> None:
    ok = {"status": "ok", "value": 0.44, "low": 0.35, "high": 0.53, "level": "weak", "interval": 0.8}
    ok |= {"sample": {"answers": 60}, "as_of": "2026-03-12T02:00:00Z"}
    rows: list[dict[str, Any]] = [
        {
            "learner": {"key": "k2", "display_name": "Zoe"},
            "courses": ["<Maths>"],
            "mastery": ok,
            "clock": "exact",
            "last_active_at": "2026-02-20T10:00:00Z",
        },
        {
            "learner": {"key": "k1", "display_name": "amir"},
            "courses": [],
            "mastery": ok,
            "clock": "exact",
            "last_active_at": "2026-03-12T09:00:00Z",
        },
        {
            "learner": {"key": "k3abcdefghi", "display_name": None},
            "mastery": {"status": "not_enough_data"},
            "clock": "order",
            "last_active_at": "1970-01-01T00:00:09Z",
        },
    ]
    now = datetime(2026, 3, 12, 12, tzinfo=UTC)
    text = text_of(pages.render_my_learners(rows, shell=shell, as_of=now))
    assert re.search(r"amir .* Learner k3abcdef .* Zoe", text)
    assert "1 of 3 learners may like a message." in text
    assert "No activity for 20 days. A short message may help." in text
    assert "Level 44%, likely 35\u201353%. Look at the gaps together." in text
    assert "Fewer than five answers on any topic." in text
    assert "1970" not in text
    assert "How this was computed" in text
    assert "2 of 3 learners have one, from 120 answers" in text
    assert "Likely ranges are of 80%" in text
    assert re.search(r"the newest here is of 12 Mar[^.]*UTC", text)
    assert "&lt;Maths&gt;" in text
    assert "No learners yet" in pages.render_my_learners([], shell=shell, as_of=now)


def test_a_list_of_several_courses_can_be_of_one(shell: pages.Shell) -> None:
    now = datetime(2026, 3, 12, 12, tzinfo=UTC)
    rows = [
        {"learner": {"key": key, "display_name": name}, "courses": courses, "mastery": {"status": "not_enough_data"}}
        for key, name, courses in (("k1", "Ada", ["Maths", "<Verse>"]), ("k2", "Ben", ["Maths"]))
    ]

    def page(course: str) -> str:
        return pages.render_my_learners(rows, shell=shell, as_of=now, course=course)

    for of, names in (("", {"Ada", "Ben"}), ("<Verse>", {"Ada"}), ("Maths", {"Ada", "Ben"}), ("Latin", {"Ada", "Ben"})):
        assert {name for name in ("Ada", "Ben") if name in text_of(page(of))} == names
    assert '<option value="&lt;Verse&gt;" selected>' in page("<Verse>")
    assert "<select" not in pages.render_my_learners(rows[1:], shell=shell, as_of=now)


def test_who_looked_is_said_in_words_and_counted(shell: pages.Shell) -> None:
    at = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
    looks = [
        pages.Access(at, "instructor", "Dr. <Ines>", False, "/my-progress", ("advising",), "<b>why</b>", "allowed"),
        pages.Access(at, "advisor", None, False, "command line: akademos learner (op)", (), None, "scope"),
        pages.Access(at, "learner", None, True, "/v1/accesses", (), None, "allowed"),
        pages.Access(at, "wizard", None, False, "/new/address", ("magic",), None, "new_rule"),
    ]
    html = pages.render_accesses(looks, shell=shell, zone=ZoneInfo("Europe/Berlin"), own_shown=True, own_href="/x")
    text = text_of(html)
    assert "<b>1 look</b> by others is shown here, the latest on 13 Mar 2026. 2 more were refused" in html
    assert "13 Mar 2026, 00:30 Dr. &lt;Ines&gt;, Instructor Your progress page Advising &lt;b&gt;why" in text
    assert "An advisor Your progress page, at the command line Your right to know None given Refused: not" in text
    assert "You This list of looks" in text
    assert "A member of staff /new/address magic None given Refused" in text
    assert "Hide my own visits" in text
    empty = pages.render_accesses([], shell=shell, zone=UTC, own_shown=False, own_href="/x")
    assert "Nobody else has seen your data" in empty
    assert "Nothing to show" in empty


def test_the_sign_in_says_what_it_is_and_posts(shell: pages.Shell) -> None:
    people = [pages.Person(f"p{n}", f"Person {n}", "learner") for n in range(12)]
    html = pages.render_sign_in(people, shell=pages.Shell(csrf_token="t<"), action="/in", next_path="/my")
    assert "This is a development sign-in." in html
    assert '<form method="post" action="/in">' in html
    assert '<input type="hidden" name="csrf" value="t&lt;">' in html
    assert '<input type="hidden" name="next" value="/my">' in html
    assert html.count('name="person"') == 12
    assert "Show all 12" in html
    assert "akademos demo" in pages.render_sign_in([], shell=shell, action="/in")


def test_refusals_say_what_happened_and_what_to_do(shell: pages.Shell) -> None:
    down = pages.render_error(
        errors.Unavailable("The store is down.", hint="Wait a minute."), shell=shell, retry="/x?a=1&b=2"
    )
    assert "The store is down." in down
    assert "Your data is safe." in down
    assert 'href="/x?a=1&amp;b=2">Try again' in down
    missing = pages.render_error(errors.NotFound("No such <learner>."), shell=shell, retry="/x")
    assert "No such &lt;learner&gt;." in missing
    assert "Try again" not in missing
    own = pages.render_no_consent(shell=shell, own_page=True, manage="/privacy")
    assert 'href="/privacy"' in own
    assert "no disadvantage" in own
    assert "Talk with the learner" in pages.render_no_consent(shell=shell, own_page=False, manage="/privacy")


def test_assets_carry_a_digest_and_stay_small(shell: pages.Shell) -> None:
    for name, most in (("akademos.css", 5000), ("akademos.js", 2600), ("favicon.svg", 400)):
        assert re.fullmatch(rf"/static/{re.escape(name)}\?v=[0-9a-f]{{10}}", shell.asset(name))
        assert len(gzip.compress((pages.STATIC_FOLDER / name).read_bytes())) < most


def _luminance(colour: str) -> float:
    digits = colour if len(colour) == 7 else "#" + "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_stands_out_on_every_colour_in_both_themes() -> None:
    css = (pages.STATIC_FOLDER / "akademos.css").read_text(encoding="utf-8")
    pairs = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+):light-dark\((#\w+),(#\w+)\)", css)}
    on = [(f"n{step}", f"q{step}", 4.5) for step in range(7)]
    on += [("ink", "card", 4.5), ("mut", "card", 4.5), ("mut", "bg", 4.5), ("goal", "card", 4.5), ("c1", "card", 4.5)]
    on += [("on-c1", "c1", 4.5), ("ink", "q0", 4.5), ("ink", "q1", 4.5), ("ink", "fut", 4.5), ("edge", "card", 2.9)]
    for theme in (0, 1):
        for ink, ground, least in on:
            a, b = sorted((_luminance(pairs[ink][theme]), _luminance(pairs[ground][theme])))
            assert (b + 0.05) / (a + 0.05) >= least, (theme, ink, ground)
