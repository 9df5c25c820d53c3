"""Scores with intervals, beside the baselines that they must be read against."""

from kdtcn.evaluation.metrics import scores
from kdtcn.evaluation.tables import abrupt_table, as_csv, as_json, as_markdown, as_rich, table

__all__ = ["abrupt_table", "as_csv", "as_json", "as_markdown", "as_rich", "scores", "table"]
