"""Statuses of alerts and incidents, for the conformed dimension."""

from __future__ import annotations

from akademos.catalogue.warehouse.statuses import Status
from akademos.catalogue.warehouse_extracts import Extract

EXTRACTS: tuple[Extract, ...] = ()

STATUSES: tuple[Status, ...] = (
    Status("alert", "pending", "Its condition holds, but not for as long as the rule asks.", final=False),
    Status("alert", "firing", "Its condition holds.", final=False, problem=True),
    Status("alert", "silenced", "Its condition holds during maintenance.", final=False),
    Status("alert", "cleared", "Its condition no longer holds."),
    Status("incident", "open", "Nobody has taken it on.", final=False, problem=True),
    Status("incident", "acknowledged", "Somebody is at it.", final=False, problem=True),
    Status("incident", "resolved", "It is over."),
)
