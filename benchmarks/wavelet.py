"""What wavelet denoising takes off the price windows of `wavelet-lstm`: the signal-to-noise ratio and RMSE of Qiu, Wang & Zhou (2020).

    KDTCN_HOME=var/djia python benchmarks/wavelet.py [--config configs/djia.yaml] [--windows 10 60]

Windows end before the test period. Price vectors are z-scored, so the RMSE is in trailing standard deviations.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from kdtcn.config import load
from kdtcn.features.dataset import PRICE_COLUMNS
from kdtcn.features.market import market
from kdtcn.lake import Lake
from kdtcn.models.wavelet_lstm import Denoiser, quality


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", default="configs/djia.yaml")
    parser.add_argument("--windows", type=int, nargs="+", default=[10, 60])
    args = parser.parse_args()
    settings = load(Path(args.config))
    data = market(Lake(str(settings.folder / "lake")), settings)
    last = int(data.sessions.searchsorted(str(settings.evaluation.test_from)))
    for window in args.windows:
        ends = np.arange(data.warmup + window - 1, last)
        x = data.prices[ends[:, None] + np.arange(1 - window, 1)]
        smooth = Denoiser(window)(torch.from_numpy(x).float()).numpy()
        for column, name in enumerate(PRICE_COLUMNS):
            found = quality(x[..., column], smooth[..., column])
            print(f"window {window}, {name}: SNR {found['snr_db']:.1f} dB, RMSE {found['rmse']:.2f}")


if __name__ == "__main__":
    main()
