"""KDTCN: knowledge-driven stock trend prediction and explanation (Deng et al., WWW 2019 Companion)."""

__version__ = "0.1.0"
