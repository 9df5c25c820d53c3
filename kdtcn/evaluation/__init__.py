"""Scores with intervals, beside the baselines that they must be read against."""

from kdtcn.evaluation.abrupt import abrupt_table
from kdtcn.evaluation.metrics import scores
from kdtcn.evaluation.render import as_csv, as_json, as_markdown, as_rich
from kdtcn.evaluation.tables import table

__all__ = ["abrupt_table", "as_csv", "as_json", "as_markdown", "as_rich", "scores", "table"]
