"""Study sessions and active time: when somebody studied, from whatever signs of it the senders give.

Signs of activity are intervals: an answer stands for the time it took, a heartbeat for its 30 seconds, a material for
the time that its sender counted or the video played, any other event for its instant. Within one stream (a learner's
events of one session_id, or those without one)

- the time between two signs is active when it is no longer than the idle limit (5 minutes) and no pause or end of the
  session lies between; a playing video is active whatever the gap, since its signs cover the time it played;
- a session ends by its event, or where nothing follows for 30 minutes. It lasts from its first sign to its last: what
  comes after the last sign is not known to be study, so it counts neither as active nor as part of the session.

Streams of one learner that overlap (a laptop and a telephone) are united: their time counts once, and their sessions
are one. So active time never exceeds the length of a session, and dividing signs among devices never adds any.

A pause by idleness is announced after the idle limit has passed, so it is no sign of activity itself. Events without
an exact clock cannot be placed. Grain: stretch (uninterrupted active time) and session. Unit: milliseconds inside.
Source: specification, study efficiency; the limits are `parameters.StudyParameters`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.parameters import StudyParameters
from akademos.analytics.rounds import Index, runs

MINUTE_MS = 60_000
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of activity, and what interrupts it; one row an event, in any order of time.

    Attributes:
        learner: number of the learner.
        stream: number of the session_id, within any learner.
        start, end: ms since 1970; equal for an event without duration.
        active: whether it is a sign of activity.
        resumes: whether the time before it was a pause.
        pauses: whether the time after it is a pause.
        ends: whether the session ends with it.
    """

    learner: Index
    stream: Index
    start: Index
    end: Index
    active: Flags
    resumes: Flags
    pauses: Flags
    ends: Flags


@dataclass(frozen=True, slots=True)
class Stretches:
    """Disjoint intervals in order of learner, then time."""

    learner: Index
    start: Index
    end: Index


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions in order of learner, then time.

    Attributes:
        learner, start, end: as for `Stretches`.
        active, active_short, active_long: ms active by the idle limit, a shorter and a longer one.
        longest: ms of the longest stretch.
        breaks: stretches less one.
        devices: streams that make the session up.
        ended: whether an event ended its last stream.
        stretches: the active time by the idle limit.
        session_of_stretch: number of each stretch's session.
    """

    learner: Index
    start: Index
    end: Index
    active: Index
    active_short: Index
    active_long: Index
    longest: Index
    breaks: Index
    devices: Index
    ended: Flags
    stretches: Stretches
    session_of_stretch: Index

    def at(self, learner: Index, instant: Index) -> Index:
        """Number of the session that holds each instant of a learner, -1 where none does."""
        return place(self.learner, self.start, self.end, learner, instant)


def study_sessions(signs: Signs, params: StudyParameters) -> Sessions:
    """Sessions and active time of every learner."""
    streams = _in_streams(signs)
    learner, start, end, ended = _stream_sessions(streams, round(params.session_minutes * MINUTE_MS))
    order = np.lexsort((end, start, learner))
    learner, start, end, ended = learner[order], start[order], end[order], ended[order]
    first = _opens(learner, start, end)
    starts = np.flatnonzero(first)
    counts = np.diff(starts, append=len(learner))
    whole_start, whole_end, whose = start[starts], _largest(end, starts), learner[starts]
    # Ended when every stream that lasts to its end was ended.
    last = end == np.repeat(whole_end, counts)
    open_until_end = np.add.reduceat((last & ~ended).astype(np.int64), starts) if len(starts) else starts
    limits = (params.idle_minutes, params.idle_minutes_short, params.idle_minutes_long)
    found = [_stretches(streams, round(limit * MINUTE_MS)) for limit in limits]
    sums = []
    for one in found:
        session = place(whose, whole_start, whole_end, one.learner, one.start)
        sums.append(_totals(one.end - one.start, session, len(starts)))
    stretches = found[0]
    session = place(whose, whole_start, whole_end, stretches.learner, stretches.start)
    runs_of, pieces = runs(session)
    longest, breaks = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts), dtype=np.int64)
    longest[session[runs_of]] = _largest(stretches.end - stretches.start, runs_of)
    breaks[session[runs_of]] = pieces - 1
    return Sessions(
        learner=whose,
        start=whole_start,
        end=whole_end,
        active=sums[0],
        active_short=sums[1],
        active_long=sums[2],
        longest=longest,
        breaks=breaks,
        devices=counts,
        ended=open_until_end == 0,
        stretches=stretches,
        session_of_stretch=session,
    )


def place(whose: Index, start: Index, end: Index, learner: Index, instant: Index) -> Index:
    """Number of the interval (disjoint, in order of learner, time) that holds each instant, ends included; -1: none."""
    if not len(whose):
        return np.full(len(learner), -1, dtype=np.int64)
    low = int(min(start.min(), instant.min(initial=start.min())))
    span = int(max(end.max(), instant.max(initial=end.max()))) - low + 1
    at = np.searchsorted(whose * span + (start - low), learner * span + (instant - low), side="right") - 1
    near = np.maximum(at, 0)
    inside = (at >= 0) & (whose[near] == learner) & (end[near] >= instant)
    return np.where(inside, near, -1)


@dataclass(frozen=True, slots=True)
class _Streams:
    """Signs of activity only, by stream and time, with what interrupted each from the sign before."""

    learner: Index
    stream: Index
    start: Index
    end: Index
    until: Index  # latest end of the signs before it in the stream; start where there is none
    first: Flags  # of its stream
    paused: Flags
    ended: Flags  # the session had ended before it
    last_ended: Flags  # an end follows it before the next sign of the stream, if there is one


def _in_streams(signs: Signs) -> _Streams:
    key = signs.learner * (int(signs.stream.max(initial=0)) + 1) + signs.stream
    order = np.lexsort((signs.end, signs.start, key))
    key, active = key[order], signs.active[order]
    pauses, ends = (np.concatenate(([0], np.cumsum(flags[order]))) for flags in (signs.pauses | signs.ends, signs.ends))
    rows = np.flatnonzero(active)
    stream, start, end = key[rows], signs.start[order][rows], signs.end[order][rows]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = stream[1:] != stream[:-1]
    before = np.concatenate((rows[:1], rows[:-1]))
    until = np.concatenate((end[:1], _running_max(end, np.cumsum(first))[:-1]))
    following = np.searchsorted(key, stream, side="right")  # first row of the next stream
    following[:-1] = np.where(first[1:], following[:-1], rows[1:])
    return _Streams(
        learner=signs.learner[order][rows],
        stream=stream,
        start=start,
        end=end,
        until=np.where(first, start, until),
        first=first,
        paused=(pauses[rows] > pauses[before]) | signs.resumes[order][rows],
        ended=ends[rows] > ends[before],
        last_ended=ends[following] > ends[rows],
    )


def _stream_sessions(streams: _Streams, limit: int) -> tuple[Index, Index, Index, Flags]:
    """(learner, start, end, ended) of each session of one stream."""
    opens = streams.first | streams.ended | (streams.start - streams.until > limit)
    starts = np.flatnonzero(opens)
    last = np.concatenate((starts[1:], [len(opens)])) - 1 if len(starts) else starts
    return streams.learner[starts], streams.start[starts], _largest(streams.end, starts), streams.last_ended[last]


def _stretches(streams: _Streams, limit: int) -> Stretches:
    """The union over a learner's streams of all signs and of the gaps that count as active."""
    linked = ~streams.first & ~streams.paused & ~streams.ended & (streams.start - streams.until <= limit)
    start = np.where(linked, np.minimum(streams.start, streams.until), streams.start)
    order = np.lexsort((streams.end, start, streams.learner))
    learner, start, end = streams.learner[order], start[order], streams.end[order]
    starts = np.flatnonzero(_opens(learner, start, end))
    return Stretches(learner[starts], start[starts], _largest(end, starts))


def _opens(learner: Index, start: Index, end: Index) -> Flags:
    """Whether each interval, in order of learner and start, touches none before it."""
    first = np.ones(len(learner), dtype=np.bool_)
    first[1:] = learner[1:] != learner[:-1]
    until = _running_max(end, np.cumsum(first))
    opens = first.copy()
    opens[1:] |= start[1:] > until[:-1]
    return opens


def _running_max(values: Index, group: Index) -> Index:
    """The largest value so far of each group; groups are ascending numbers."""
    if not len(values):
        return values
    low = int(values.min())
    lift = group * (int(values.max()) - low + 1)
    lifted: Index = np.maximum.accumulate(values - low + lift) - lift + low
    return lifted


def _largest(values: Index, starts: Index) -> Index:
    return np.maximum.reduceat(values, starts) if len(starts) else values[:0]


def _totals(values: Index, group: Index, groups: int) -> Index:
    totals = np.zeros(groups, dtype=np.int64)
    np.add.at(totals, group, values)
    return totals
