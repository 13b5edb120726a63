"""Files of an installation that are read at start: the master key and the tenants' own event types."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import time
from pathlib import Path

import yaml

from akademos.catalogue.registry import Registry, builtin
from akademos.errors import CatalogueError, SettingsError
from akademos.privacy.pseudonyms import KEY_BYTES

LOOK_AGAIN_S = 1.0


def master_key(path: Path) -> bytes:
    """Read the master key; make it on first use.

    Raises:
        SettingsError: the file is unreadable, or does not hold 32 bytes in base64.
    """
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(base64.b64encode(os.urandom(KEY_BYTES)))
        # Linked whole: of two processes that start together, both read the same key.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    try:
        key = base64.b64decode(path.read_bytes(), validate=True)
    except (OSError, binascii.Error) as broken:
        raise SettingsError(f"The master key {path} cannot be read.", hint="Restore it from your backup.") from broken
    if len(key) != KEY_BYTES:
        raise SettingsError(
            f"The master key {path} does not hold {KEY_BYTES} bytes.", hint="Restore it from your backup."
        )
    return key


class TenantRegistries:
    """Registry by tenant: the built-in dictionary, with `<folder>/<tenant>/events.yaml` added where there is one.

    A file is looked at again after a second, and read again when it has changed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[float, Registry]] = {}
        self._looked: dict[str, tuple[float, Registry]] = {}

    def __call__(self, tenant_id: str) -> Registry:
        """The tenant's registry.

        Raises:
            CatalogueError: the tenant's file is not YAML, or declares something that does not fit.
        """
        now = time.monotonic()
        looked = self._looked.get(tenant_id)
        if looked is None or now - looked[0] > LOOK_AGAIN_S:
            looked = self._looked[tenant_id] = now, self._read(tenant_id)
        return looked[1]

    def _read(self, tenant_id: str) -> Registry:
        path = self._folder / tenant_id / "events.yaml"
        try:
            changed = path.stat().st_mtime
        except FileNotFoundError:
            return builtin()
        known = self._known.get(tenant_id)
        if known is None or known[0] != changed:
            known = self._known[tenant_id] = changed, builtin().with_tenant_events(_yaml(path))
        return known[1]


def _yaml(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as broken:
        raise CatalogueError(
            f"The event file {path} is not readable YAML: {broken}.", hint="Mend that line."
        ) from broken
