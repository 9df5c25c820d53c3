"""What every row of a table must fulfil by itself: types, what may be empty, ranges."""

from collections.abc import Callable
from functools import cache

import pandas as pd
import pandera.pandas as pa

from kdtcn.lake.lake import shape_of

Rule = Callable[[pd.DataFrame], pd.Series]

PROBABILITY = pa.Check.in_range(0, 1, error="between 0 and 1")
POSITIVE = pa.Check.gt(0, error="above 0")
NOT_NEGATIVE = pa.Check.ge(0, error="0 or more")
SPAN = pa.Check.ge(-1, error="-1 (no words of its own) or more")
MONTH = pa.Check.str_matches(r"^\d{4}-(0[1-9]|1[0-2])$", error="a month such as 2016-06")
TEXT = pa.Check.str_length(min_value=1, error="not empty")

COLUMNS: dict[str, dict[str, pa.Check]] = {
    "prices": {
        "open": POSITIVE,
        "high": POSITIVE,
        "low": POSITIVE,
        "close": POSITIVE,
        "adj_close": POSITIVE,
        "volume": NOT_NEGATIVE,
    },
    "headlines": {"text": TEXT, "source": TEXT, "month": MONTH},
    "headline_scores": {"rank": pa.Check.ge(1, error="1 or more"), "month": MONTH},
    "extractions": {"n_events": NOT_NEGATIVE, "month": MONTH},
    "events": {"confidence": PROBABILITY, "month": MONTH},
    "links": {"score": PROBABILITY, "span_start": SPAN, "month": MONTH},
    "predictions": {"p_up": PROBABILITY, "p_abrupt": PROBABILITY},
    "ledger": {"seq": pa.Check.ge(1, error="1 or more"), "p_up": PROBABILITY, "p_abrupt": PROBABILITY},
    "openings": {"forecasts": NOT_NEGATIVE},
    "effects": {"stderr": NOT_NEGATIVE, "popularity": NOT_NEGATIVE},
}

ROWS: dict[str, dict[str, Rule]] = {
    "prices": {
        "high at least low": lambda rows: rows["high"] >= rows["low"],
        "open and close between low and high": lambda rows: (
            rows[["open", "close"]].max(axis=1).le(rows["high"]) & rows[["open", "close"]].min(axis=1).ge(rows["low"])
        ),
    },
    "headlines": {"known when published, not before": lambda rows: rows["available_at"] >= rows["published_at"]},
    "facts": {"valid from before valid to": lambda rows: rows["valid_from"] <= rows["valid_to"]},
    "effects": {"placebo band from low to high": lambda rows: rows["placebo_low"] <= rows["placebo_high"]},
    "runs": {"started before ended": lambda rows: rows["started"] <= rows["ended"]},
}


@cache
def rules_of(table: str) -> pa.DataFrameSchema:
    """The pandera schema of a table, for frames with Arrow's own types. A comparison with a gap is no finding."""
    shape = shape_of(table)
    columns = {
        field.name: pa.Column(pd.ArrowDtype(field.type), COLUMNS.get(table, {}).get(field.name), nullable=field.nullable)
        for field in shape.schema
    }
    between = [
        pa.Check(lambda rows, rule=rule: rule(rows).fillna(True).astype(bool), error=name, ignore_na=False)
        for name, rule in ROWS.get(table, {}).items()
    ]
    return pa.DataFrameSchema(columns, checks=between, strict=True)


def broken(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The breaches among these rows (as Arrow types): column (empty for rules between columns), check, row number."""
    try:
        rules_of(table).validate(rows, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        between = cases["schema_context"] == "DataFrameSchema"  # pandera lists every column of such a row
        return (
            cases.assign(column=cases["column"].mask(between, ""), row=cases["index"])[["column", "check", "row"]]
            .drop_duplicates()
            .reset_index(drop=True)
        )
    return pd.DataFrame({"column": [], "check": [], "row": []})
