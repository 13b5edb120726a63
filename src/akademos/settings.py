"""Settings: declared once, read in one place, from environment over file over default.

Each field's metadata says what it is for; docs/reference/settings.md and `akademos doctor` print it.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from akademos.errors import SettingsError

PREFIX = "AKADEMOS_"


def _setting(default: Any, description: str, *, secret: bool = False, least: int | None = None) -> Any:
    return field(default=default, metadata={"description": description, "secret": secret, "least": least})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. The environment variable is AKADEMOS_ and the field in capitals."""

    data: Path = _setting(Path("akademos-data"), "folder of everything the installation keeps")
    config: Path | None = _setting(None, "TOML file with settings; the environment goes before it")
    database_url: str = _setting(
        "", "DSN of a PostgreSQL 15 or newer; empty: the embedded server in the data folder", secret=True
    )
    lake_uri: str = _setting("", "URI of the event log's Delta tables; empty: folder `lake` in the data folder")
    master_key_file: Path | None = _setting(
        None,
        "file with 32 random bytes (base64) that wrap the vault's keys; empty: `master.key` in the data folder",
    )
    environment: Literal["production", "development"] = _setting(
        "production", "`development` allows the development sign-in; nothing else differs"
    )
    public_url: str = _setting(
        "", "address that browsers use, for the way back from an identity provider; empty: on this machine only"
    )
    host: str = _setting("127.0.0.1", "address the server listens on")
    port: int = _setting(8000, "port the server listens on; 0 takes a free one", least=0)
    queue_depth: int = _setting(20_000, "events that may wait for the writer before intake answers 503", least=1)
    mover_interval_ms: int = _setting(400, "pause between two moves from landing to core", least=10)
    worker: bool = _setting(True, "run the worker (mover, live state, jobs) beside the server")
    analytics_processes: int = _setting(2, "processes of the nightly learner analytics", least=1)
    memory_limit_mb: int = _setting(512, "memory cap of the query engine", least=64)
    webhook_hosts: str = _setting(
        "", "hosts that webhooks may be sent to, separated by commas; `*.example.org` for all below one; empty: none"
    )
    region: str = _setting("local", "where the processes of this installation run, as operations and bills name it")
    openlineage_file: Path | None = _setting(
        None, "file to which every run of a job is written as OpenLineage events, a line each; empty: none"
    )
    smtp_host: str = _setting("", "mail server that messages about alerts go through; empty: none are sent")
    smtp_port: int = _setting(587, "its port", least=1)
    smtp_security: Literal["starttls", "tls", "none"] = _setting(
        "starttls", "how the connection to it is protected; `none` in development only"
    )
    smtp_user: str = _setting("", "user to sign in to it as; empty: without signing in")
    smtp_password: str = _setting("", "that user's password", secret=True)
    mail_from: str = _setting("", "address that messages come from, as `Akademos <akademos@college.example>`")
    mail_domains: str = _setting(
        "", "domains that messages may go to, separated by commas; `*.example.org` for all below one; empty: none"
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "least severity that is logged")

    @property
    def lake(self) -> str:
        """Where the event log is."""
        return self.lake_uri or str(self.data.absolute() / "lake")

    @property
    def master_key_path(self) -> Path:
        """Where the master key is."""
        return self.master_key_file or self.data / "master.key"


def load(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Read the settings; `given` (from the command line) goes first, None counting as not given.

    Raises:
        SettingsError: an unknown name, a value of the wrong type, an unreadable file; says which and where.
    """
    known = {one.name: one for one in fields(Settings)}
    from_environment = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() in known
    }
    chosen: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    file = chosen.get("config") or from_environment.get("config")
    from_file = _from_file(Path(str(file)), known) if file else {}
    merged = {**from_file, **from_environment, **chosen}
    parsed: dict[str, Any] = {name: _parse(known[name], value) for name, value in merged.items()}
    return Settings(**parsed)


def check_development(settings: Settings) -> None:
    """Refuse to serve a sign-in without a password to other machines.

    Raises:
        SettingsError: the environment is development and the address is not of this machine only.
    """
    if settings.environment == "development" and not _is_loopback(settings.host):
        raise SettingsError(
            f"The development sign-in lets anybody be anybody, so it is not served on {settings.host}.",
            hint="Listen on 127.0.0.1, or leave development and set up an identity provider (`akademos tenant set`).",
            code="development_exposed",
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def document() -> list[tuple[str, str, str]]:
    """(variable, default, description) of every setting, for the reference and the doctor."""
    return [
        (
            PREFIX + one.name.upper(),
            "" if one.default in (None, MISSING) else str(one.default),
            str(one.metadata["description"]),
        )
        for one in fields(Settings)
    ]


def child_environment(chosen: Settings) -> dict[str, str]:
    """The environment in which a process of its own reads the same settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for one in fields(chosen):
        value = getattr(chosen, one.name)
        if isinstance(value, bool):
            environment[PREFIX + one.name.upper()] = "true" if value else "false"
        elif value is not None and value != "":
            environment[PREFIX + one.name.upper()] = str(value.absolute() if isinstance(value, Path) else value)
    return environment


def _from_file(path: Path, known: Mapping[str, object]) -> dict[str, object]:
    try:
        content = tomllib.loads(path.read_text())
    except OSError as missing:
        raise SettingsError(f"The settings file {path} cannot be read.", hint="Check AKADEMOS_CONFIG.") from missing
    except tomllib.TOMLDecodeError as broken:
        raise SettingsError(f"The settings file {path} is not TOML: {broken}.", hint="Mend that line.") from broken
    for name in content:
        if name not in known:
            raise SettingsError(
                f"The settings file {path} has an unknown setting `{name}`.",
                hint="Known: " + ", ".join(known) + ".",
            )
    return content


def _parse(one: Any, value: object) -> object:
    variable = PREFIX + one.name.upper()
    kind = str(one.type)
    if kind.startswith("Literal"):
        allowed = [word.strip("\"' ") for word in kind.removeprefix("Literal[").removesuffix("]").split(",")]
        if value not in allowed:
            raise SettingsError(f"{variable} is `{value}`.", hint="Use one of: " + ", ".join(allowed) + ".")
        return value
    if kind == "bool":
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if isinstance(value, bool):
            return value
        if str(value).lower() not in words:
            raise SettingsError(f"{variable} is `{value}`.", hint="Use true or false.")
        return words[str(value).lower()]
    if kind == "int":
        try:
            number = int(str(value))
        except ValueError:
            raise SettingsError(f"{variable} is `{value}`.", hint="Use a whole number.") from None
        least = one.metadata["least"]
        if least is not None and number < least:
            raise SettingsError(f"{variable} is {number}.", hint=f"Use {least} or more.")
        return number
    if kind.startswith("Path"):
        return Path(str(value)).expanduser()
    return str(value)
