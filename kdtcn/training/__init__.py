"""Fitting honestly: splits by date with an embargo, calibration kept apart, many runs in parallel processes."""

from kdtcn.training.calibration import calibrate, probability
from kdtcn.training.jobs import Job, Run, jobs_for, run_job
from kdtcn.training.runs import fit_each
from kdtcn.training.splits import Split, fixed_origin, rolling_origin

__all__ = [
    "Job",
    "Run",
    "Split",
    "calibrate",
    "fit_each",
    "fixed_origin",
    "jobs_for",
    "probability",
    "rolling_origin",
    "run_job",
]
