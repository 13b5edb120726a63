"""Processes that the worker starts for heavy work, and that never outlive it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any, TypeVar

T = TypeVar("T")


def end_with_parent() -> None:
    """Called in a process of a pool: it would wait for work for ever if its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(parent: int) -> None:
    wait([parent])
    os._exit(1)


def run_apart(function: Callable[..., T], *arguments: Any) -> T:
    """What a function gives in a process of its own, which takes its memory and its imports with it when it ends.

    Spawned, not forked: the parent runs threads and engines.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=end_with_parent) as pool:
        return pool.submit(function, *arguments).result()
