"""Files of an installation: the master key, the tenants' own event types, secrets of their identity providers."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from akademos.catalogue.registry import Registry, builtin
from akademos.errors import CatalogueError, SettingsError, Unavailable
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


def provider_secret(settings: Mapping[str, str]) -> str | None:
    """Our client secret at a tenant's identity provider, from where the tenant's settings say; None for none.

    Raises:
        Unavailable: it is not there.
    """
    variable, file = settings["oidc_secret_env"], settings["oidc_secret_file"]
    if not variable and not file:
        return None
    try:
        secret = os.environ.get(variable, "") if variable else Path(file).read_text().strip()
    except (OSError, UnicodeError):
        secret = ""
    if not secret:
        raise Unavailable(
            "The client secret of the tenant's identity provider is not where its settings say.",
            hint=f"Put it into the environment variable {variable} of the server." if variable else f"Check {file}.",
            code="secret_missing",
            retry_after_s=60,
        )
    return secret


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
