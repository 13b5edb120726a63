"""Which columns a query makes from which: parsed from the SQL of the warehouse, queries of extracts and models alike.

The parser (sqlglot) is only needed where the kept result is made anew or tested, never where it is served.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined, TemplateError

from akademos.catalogue.declarations import Dataset
from akademos.catalogue.lineage import ColumnEdge, How, Place
from akademos.errors import CatalogueError, SettingsError

if TYPE_CHECKING:
    from sqlglot import exp

Schema = Mapping[str, Sequence[str]]
"""Columns of tables that a query may read, by name; `schema.table` for models."""

CORE = ("core_events", "event_log")
"""The extract of the core, and the dataset that it is."""
BETWEEN = ("staging.", "intermediate.")
"""Schemas of models between inputs and marts."""
WHOLE = "*"
"""Stands for all columns, where a function and not a query makes the rows."""

_INPUT = "input__"
_TEST = re.compile(r"\{%-?\s*test\b.*?\bendtest\s*-?%\}", re.DOTALL)
_REF = re.compile(r"\bref\(\s*['\"]([a-z0-9_]+)['\"]\s*\)")


@dataclass(frozen=True, slots=True)
class Source:
    """An input of the warehouse: a query over datasets, or (without one) a function of them."""

    name: str
    columns: tuple[str, ...]
    upstream: tuple[str, ...]
    query: str | None


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its table, and its SQL with the macros in it."""

    name: str
    sql: str


def table_of(model: str) -> str:
    """The table of a model by its name in dbt.

    Example:
        >>> table_of("gov__dim_dataset"), table_of("status")
        ('gov.dim_dataset', 'staging.status')
    """
    schema, found, table = model.partition("__")
    return f"{schema}.{table}" if found else f"staging.{model}"


def packaged_models() -> tuple[Model, ...]:
    """The models of this package, by name."""
    root = files("akademos").joinpath("warehouse", "models")
    found = (Model(table_of(one.name.removesuffix(".sql")), one.read_text("utf-8")) for one in _sql_files(root))
    return tuple(sorted(found, key=lambda one: one.name))


def packaged_macros() -> str:
    """The macros of this package's project, one after the other."""
    root = files("akademos").joinpath("warehouse", "macros")
    whole = "\n".join(one.read_text("utf-8") for one in sorted(_sql_files(root), key=lambda one: one.name))
    return _TEST.sub("", whole)


def _sql_files(folder: Traversable) -> Iterator[Traversable]:
    if folder.is_dir():
        for one in folder.iterdir():
            if one.is_dir():
                yield from _sql_files(one)
            elif one.name.endswith(".sql"):
                yield one


def column_edges(
    datasets: Iterable[Dataset], sources: Sequence[Source], models: Sequence[Model], macros: str = ""
) -> tuple[ColumnEdge, ...]:
    """Edges from columns of datasets and models to columns of models; inputs and what lies between are passed on.

    Raises:
        CatalogueError: a query cannot be parsed, or names what is not there.
        SettingsError: the parser is not installed.
    """
    known = {one.name: [column.name for column in one.columns] for one in datasets}
    through = {CORE[0]: {column: {Place(CORE[1], column)} for column in known[CORE[1]]}}
    for one in sources:
        if one.query is None:
            through[one.name] = {column: {Place(name, WHOLE) for name in one.upstream} for column in one.columns}
        else:
            through[one.name] = parsed(one.name, one.query, known, "postgres")
    tables: dict[str, Sequence[str]] = {f"{_INPUT}{name}": list(columns) for name, columns in through.items()}
    passed_on = {f"{_INPUT}{name}": columns for name, columns in through.items()}
    edges: set[ColumnEdge] = set()
    for model in _in_order(models):
        found = parsed(model.name, plain_sql(model, macros), tables, "duckdb")
        tables[model.name] = list(found)
        made = {
            column: {at for origin in origins for at in passed_on.get(origin.node, {}).get(origin.column, {origin})}
            for column, origins in found.items()
        }
        if model.name.startswith(BETWEEN):
            passed_on[model.name] = made
        else:
            edges |= {
                ColumnEdge(at, Place(model.name, column), How.SQL) for column, places in made.items() for at in places
            }
    return tuple(sorted(edges))


def plain_sql(model: Model, macros: str) -> str:
    """The model's SQL as dbt would write it; tables are `input__NAME` for inputs, `schema.table` for models.

    Raises:
        CatalogueError: its macros cannot be read.
    """
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - makes SQL, no HTML

    def dispatch(macro: str, *_: str) -> object:
        return environment.globals[f"default__{macro}"]

    environment.globals |= {
        "adapter": {"dispatch": dispatch}, "config": lambda **_: "", "env_var": lambda *_: "", "ref": table_of,
        "this": model.name, "target": {"type": "duckdb", "name": "duckdb"}, "return": lambda value: value,
    }  # fmt: skip
    try:
        project = environment.from_string(macros).module
        environment.globals |= {name: value for name, value in vars(project).items() if not name.startswith("_")}
        environment.globals["extract"] = lambda name: _INPUT + name
        return environment.from_string(model.sql).render()
    except TemplateError as refused:
        raise CatalogueError(
            f"The macros of the model {model.name} cannot be read: {refused}", hint="Keep to macros of the project."
        ) from refused


def _in_order(models: Sequence[Model]) -> list[Model]:
    """Each after those that it refers to."""
    left = {one.name: one for one in models}
    needs = {name: {table_of(ref) for ref in _REF.findall(one.sql)} & left.keys() for name, one in left.items()}
    ordered: list[Model] = []
    done: set[str] = set()
    while left:
        ready = sorted(name for name in left if needs[name] <= done)
        if not ready:
            raise CatalogueError(
                f"Models of the warehouse refer to each other in a circle: {', '.join(sorted(left))}.",
                hint="Take one of the references out.",
            )
        ordered += [left.pop(name) for name in ready]
        done.update(ready)
    return ordered


def parsed(name: str, sql: str, tables: Schema, dialect: str) -> dict[str, set[Place]]:
    """The columns of a query's result, each with the columns of tables that it is made from.

    Raises:
        CatalogueError: the query cannot be parsed, or names a column that no table has.
        SettingsError: the parser is not installed.
    """
    try:
        from sqlglot import exp, parse_one
        from sqlglot.errors import SqlglotError
        from sqlglot.lineage import lineage
    except ImportError as missing:
        raise SettingsError(
            "Queries cannot be parsed: sqlglot is not installed.", hint="pip install 'akademos[dev]'."
        ) from missing
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table, columns in ((table, columns) for table, columns in tables.items() if columns):
        home, dot, bare = table.partition(".")
        schema.setdefault(home if dot else "akademos", {})[bare if dot else table] = dict.fromkeys(columns, "text")
    try:
        tree = parse_one(sql, dialect=dialect)
        for read in tree.find_all(exp.Column):
            _name_table(read, tables)
        nodes = lineage(None, tree, schema, dialect=dialect, db="akademos")
    except SqlglotError as refused:
        raise CatalogueError(
            f"The query of {name} cannot be parsed: {str(refused)[:300]}", hint="Keep to SQL of the named dialect."
        ) from refused
    found: dict[str, set[Place]] = {}
    for output, node in nodes.items():
        tables_read = ((one.name, one.expression) for one in node.walk() if isinstance(one.expression, exp.Table))
        places = {_place(at, table) for at, table in tables_read}
        found[output] = {place for place in places if place.column in tables.get(place.node, ())}
    return found


def _name_table(column: exp.Column, tables: Schema) -> None:
    """Say of a bare column inside a subquery over functions alone, whose columns no schema knows, which table of the
    query around it is meant."""
    from sqlglot import exp

    level = column.find_ancestor(exp.Select)
    inner = True
    while level is not None and not column.table:
        clause = level.args.get("from_") or level.args.get("from")
        sources = [one.this for one in (clause, *(level.args.get("joins") or ())) if one is not None]
        named = [one for one in sources if isinstance(one, exp.Table) and isinstance(one.this, exp.Identifier)]
        if len(named) < len(sources) and named:
            return  # of several kinds: the parser's own rules hold
        if not inner:
            having = [one for one in named if column.name in tables.get(one.name, ())]
            if len(having) == 1:
                column.set("table", exp.to_identifier(having[0].alias_or_name))
            return
        if named:
            return
        level, inner = level.parent_select, False


def _place(name: str, table: exp.Expression) -> Place:
    home = str(table.args["db"].name) if table.args.get("db") else ""
    bare = str(table.this.name)
    node = bare if home in ("", "akademos") else f"{home}.{bare}"
    return Place(node, name.rpartition(".")[2].strip('"'))
