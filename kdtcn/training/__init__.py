"""Fitting honestly: splits by date with an embargo, calibration kept apart, many runs in parallel processes."""

from kdtcn.training.calibration import calibrate, probability
from kdtcn.training.jobs import Job, Run, jobs_for, run_job
from kdtcn.training.splits import Split, by_shares, fixed_origin, rolling_origin

__all__ = [
    "Job",
    "Run",
    "Split",
    "by_shares",
    "calibrate",
    "fixed_origin",
    "jobs_for",
    "probability",
    "rolling_origin",
    "run_job",
]
