"""The audit of a model passes sound ones and catches the faults it is there for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from kdtcn import models
from kdtcn.evaluation.audit_model import audit
from kdtcn.features.dataset import Dataset
from kdtcn.findings import Finding
from kdtcn.models.kdtcn import Kdtcn
from kdtcn.models.network import Network
from kdtcn.models.signs import PreviousSign
from kdtcn.training.splits import Split
from tests.models.worlds import world

DATA, _ = world(sessions=160, mean_items=3, seed=4)
SPLIT = Split(np.arange(10, 110), np.arange(115, 130), np.arange(135, 158))
QUICK = {"epochs": 2}


def found(name: str, data: Dataset = DATA) -> dict[str, Finding]:
    return {finding.what: finding for finding in audit(name, data, SPLIT, QUICK)}


@pytest.mark.parametrize("name", ["tcn", "kdtcn", "logistic"])
def test_sound_models_pass(name: str) -> None:
    findings = found(name)
    assert [f.what for f in findings.values() if not f.holds] == []
    assert len(findings) == (5 if models.family(name).seeded else 2)


def test_a_wild_start_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    built = Kdtcn.build

    def wild(self: Kdtcn, dims: dict[str, int]) -> Network:
        network = built(self, dims)
        with torch.no_grad():
            network.output.weight.mul_(500)
        return network

    monkeypatch.setattr(Kdtcn, "build", wild)
    assert not found("kdtcn")["loss before training, nats"].holds


def test_a_model_that_cannot_learn_is_caught() -> None:
    """Inputs that are all alike cannot be told apart, however long one learns."""
    blind = replace(
        DATA,
        prices=np.zeros_like(DATA.prices),
        items={kind: replace(part, vectors=np.zeros_like(part.vectors)) for kind, part in DATA.items.items()},
    )
    assert not found("tcn", blind)["loss on 16 sessions learned by heart"].holds


def test_a_tensor_without_gradient_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    built = Kdtcn.build

    def cut_off(self: Kdtcn, dims: dict[str, int]) -> Network:
        network = built(self, dims)
        network.register_parameter("forgotten", torch.nn.Parameter(torch.ones(3)))
        return network

    monkeypatch.setattr(Kdtcn, "build", cut_off)
    assert not found("kdtcn")["tensors with a finite gradient"].holds


def test_a_look_ahead_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = PreviousSign.logits
    monkeypatch.setattr(
        PreviousSign,
        "logits",
        lambda self, data, idx: honest(self, data, idx) + np.nan_to_num(data.d[np.asarray(idx)])[:, None],
    )
    assert not found("previous-sign")["forecasts after the future was changed differ by"].holds
