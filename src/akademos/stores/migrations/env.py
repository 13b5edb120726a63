"""Alembic environment: runs the migrations over the connection that `stores.postgres.migrate` hands in."""

from alembic import context
from sqlalchemy import Connection

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="public", version_table="akademos_migrations")
with context.begin_transaction():
    context.run_migrations()
