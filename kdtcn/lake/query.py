"""SQL over the tables: DuckDB reads them, and can reach nothing else."""

import duckdb
import pandas as pd

from kdtcn.errors import InputError
from kdtcn.lake.lake import Lake, reading
from kdtcn.lake.rows import to_pandas
from kdtcn.lake.schemas import TABLES

ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def connect(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A database in memory with every table of the lake as a view, sealed against files, the network and Python's variables.

    What it sees is the lake's state of now; a table never written is empty. Times are UTC.
    """
    config = {"python_enable_replacements": False, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    # spilling to disk would write outside the lake
    connection = duckdb.connect(":memory:", config={**config, "temp_directory": ""})
    connection.execute("SET TimeZone = 'UTC'")
    for name, shape in TABLES.items():
        stored = lake.dataset(name)
        connection.register(name, shape.schema.empty_table() if stored is None else stored)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def query(lake: Lake, sql: str) -> pd.DataFrame:
    """The answer to one SELECT; InputError for any other statement and for SQL that is wrong."""
    connection = connect(lake)
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type not in ALLOWED:
            raise InputError("lake sql reads: give one SELECT; nothing can be written, attached, installed or set")
        with reading(lake, "in this query"):
            return to_pandas(connection.sql(statements[0].query).to_arrow_table())
    except duckdb.Error as error:
        raise InputError(f"lake sql: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()
