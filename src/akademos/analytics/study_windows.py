"""A learner's study within a window of days, read from the state: the ground of study efficiency and patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.rounds import Index
from akademos.analytics.state_arrays import StateArrays

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sittings:
    """Sessions of one learner that began within the window, in order of time; seconds, local days and minutes."""

    start_us: Index
    end_us: Index
    day: Index
    minute: Index
    active: Floats
    active_short: Floats
    active_long: Floats
    longest: Floats
    breaks: Index
    switches: Floats  # NaN where no heartbeat counted them
    devices: Index
    answers: Index
    materials: Index
    ended: npt.NDArray[np.bool_]

    @property
    def total(self) -> Floats:
        """Seconds from the first sign of a session to its last."""
        seconds: Floats = (self.end_us - self.start_us) / 1e6
        return seconds

    def focus(self, switch_seconds: float) -> Floats:
        """1 - (paused + 30 s a switch) / total time, in 0..1, of each session; 1 where it took no time.

        Paused is all of the session that was not active, whether a pause was announced or found.
        """
        lost = self.total - self.active + switch_seconds * np.nan_to_num(self.switches)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(self.total > 0, lost / self.total, 0.0)
        focus: Floats = np.clip(1 - share, 0.0, 1.0)
        return focus


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours of one learner within the window that hold activity or answers."""

    day: Index
    hour: Index
    active: Floats
    answers: Index
    score: Floats
    residual: Floats


@dataclass(frozen=True, slots=True)
class Window:
    """What one learner did in the window, and what day it is."""

    learner: int
    today: int
    now_us: int
    first_day: int
    sittings: Sittings
    hours: Hours


def windows(arrays: StateArrays, days: int) -> list[Window]:
    """The window of `days` local days up to today, for every learner of the state."""
    count = len(arrays.keys)
    names = ("sessions", "study_hours")
    edges = {name: np.searchsorted(arrays.learner_of(name), np.arange(count + 1)).tolist() for name in names}

    def integers(table: str, *columns: str) -> list[Index]:
        return [arrays.integers(table, column) for column in columns]

    start, end = arrays.instants("sessions", "start_at"), arrays.instants("sessions", "end_at")
    whole = integers("sessions", "date", "minute", "breaks", "devices", "answers", "materials")
    seconds = [
        arrays.floats("sessions", f"{name}_seconds{rule}")
        for name, rule in (("active", ""), ("active", "_short"), ("active", "_long"), ("longest", ""))
    ]
    switches, ended = arrays.floats("sessions", "switches").astype(np.float64), arrays.flags("sessions", "ended")
    of_hour = integers("study_hours", "date", "hour", "answers")
    amounts = [arrays.floats("study_hours", name) for name in ("active_seconds", "score", "residual")]
    found = []
    for n in range(count):
        today = int(arrays.today[n])
        first = today - days + 1
        rows = slice(edges["sessions"][n], edges["sessions"][n + 1])
        rows = slice(rows.start + int(np.searchsorted(whole[0][rows], first)), rows.stop)
        day, minute, breaks, devices, answers, materials = (column[rows] for column in whole)
        active, active_short, active_long, longest = (column[rows] for column in seconds)
        sittings = Sittings(
            start_us=start[rows],
            end_us=end[rows],
            day=day,
            minute=minute,
            active=active,
            active_short=active_short,
            active_long=active_long,
            longest=longest,
            breaks=breaks,
            switches=switches[rows],
            devices=devices,
            answers=answers,
            materials=materials,
            ended=ended[rows],
        )
        bins = slice(edges["study_hours"][n], edges["study_hours"][n + 1])
        bins = slice(bins.start + int(np.searchsorted(of_hour[0][bins], first)), bins.stop)
        hour_day, hour, hour_answers = (column[bins] for column in of_hour)
        hours = Hours(hour_day, hour, amounts[0][bins], hour_answers, amounts[1][bins], amounts[2][bins])
        found.append(Window(n, today, arrays.now, first, sittings, hours))
    return found
