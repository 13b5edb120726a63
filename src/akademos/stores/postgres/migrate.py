"""Bring a database to the present schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from akademos.errors import Unavailable
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.roles import GROUP_ROLES

MIGRATIONS = Path(__file__).parent.parent / "migrations"
SCHEMA = Path(__file__).parent / "schema.sql"
_LOCK = 0x616B61646D  # one migration at a time
_REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
_FOLLOWS = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)


def migrate(dsn: str, keys: Callable[[], Keys] | None = None, *, target: str = "head") -> str:
    """Apply every migration that is missing up to `target`, under a lock; return the revision reached.

    Args:
        keys: the installation's keys, made only if rows that stand must be renamed or sealed anew.

    Raises:
        SettingsError: such rows stand, and there are no keys.
        Unavailable: the database cannot be reached, or lacks the roles and the login may not create them.
    """
    _ensure_roles(dsn)
    head = newest() if target == "head" else target
    if _present(dsn) == head:
        return head  # as nearly always: without Alembic, which takes longer to import than all else of a command
    import sqlalchemy
    from alembic.runtime.migration import MigrationContext

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        options = {"version_table_schema": "public", "version_table": "akademos_migrations"}
        present = MigrationContext.configure(connection, opts=options).get_current_revision()
        if present != head:
            _upgrade(connection, head, keys)
        connection.commit()
    return head


def newest() -> str:
    """The revision that no other follows."""
    texts = [one.read_text(encoding="utf-8") for one in (MIGRATIONS / "versions").glob("*.py")]
    known, followed = ({found[1] for text in texts if (found := name.search(text))} for name in (_REVISION, _FOLLOWS))
    (head,) = known - followed
    return head


def _present(dsn: str) -> str | None:
    with psycopg.connect(dsn) as connection:
        made = connection.execute("SELECT to_regclass('public.akademos_migrations')").fetchone()
        if made is None or made[0] is None:
            return None
        row = connection.execute("SELECT version_num FROM public.akademos_migrations").fetchone()
        return None if row is None else str(row[0])


def _upgrade(connection: object, target: str, keys: Callable[[], Keys] | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["keys"] = keys
    command.upgrade(config, target)


def _ensure_roles(dsn: str) -> None:
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for name in GROUP_ROLES:
                role = sql.Identifier(name)
                if name not in known:
                    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
                member = connection.execute("SELECT pg_has_role(%s, 'MEMBER')", (name,)).fetchone()
                if not (member and member[0]):
                    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    except psycopg.errors.InsufficientPrivilege as refusal:
        statements = "; ".join(f"CREATE ROLE {name} NOLOGIN; GRANT {name} TO <login>" for name in GROUP_ROLES)
        raise Unavailable(
            "the database lacks the application's roles and the login may not create them",
            hint=f"Have an administrator run: {statements}.",
        ) from refusal
    except psycopg.OperationalError as down:
        raise Unavailable("the database cannot be reached", hint="Check AKADEMOS_DATABASE_URL.") from down
