"""The reference of `bench ingest`: parse the JSON, group-commit the bytes to a file with fsync, answer.

No key, no dictionary, no consent, no duplicates, no database: the least that "durable" can cost with the same web
server and the same group commit. What intake does beyond it is the difference.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import deque
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class FileWriter:
    """One thread: everything that waits in one write, one fsync, then all answers."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._waiting: deque[tuple[bytes, asyncio.Future[None], asyncio.AbstractEventLoop]] = deque()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, content: bytes) -> asyncio.Future[None]:
        """Durable when the future is done."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._changed:
            self._waiting.append((content, done, loop))
            self._changed.notify()
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                group = list(self._waiting)
                self._waiting.clear()
            self._file.write(b"\n".join(content for content, _, _ in group))
            os.fsync(self._file.fileno())
            group[0][2].call_soon_threadsafe(_resolve, [done for _, done, _ in group])


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for done in futures:
        if not done.cancelled():
            done.set_result(None)


def serve(path: Path, port: int) -> None:
    """Serve until terminated."""
    writer = FileWriter(path)

    async def take(request: Request) -> Response:
        body = await request.body()
        content = orjson.loads(body)
        events = content.get("events", [content])
        await writer.submit(body)
        return Response(
            orjson.dumps({"verdicts": [{"event_id": event["event_id"]} for event in events]}),
            media_type="application/json",
        )

    routes = [Route("/v1/events", take, methods=["POST"]), Route("/v1/events/batch", take, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
