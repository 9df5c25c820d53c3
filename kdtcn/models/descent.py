"""How weights start and how they move: initialisation, optimisers and learning-rate schedules, by the names in Options."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import assert_never

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts, LambdaLR, ReduceLROnPlateau

from kdtcn.models.options import Init, Options

FLOOR = 1 / 1024  # no schedule but the inverse one takes the learning rate below this share of its start
BETTER = 1e-5  # a validation loss counts as better when it is lower by more than this
_NORMAL = 0.05  # standard deviation of the plain normal start


def initialise(network: nn.Module, scheme: Init, but: nn.Module) -> None:
    """Draw the weight matrices anew by a scheme of torch.nn.init; biases stay, and so does the module `but`.

    xavier: Glorot & Bengio (2010); kaiming: He et al. (2015), arXiv:1502.01852; orthogonal: Saxe et al. (2014),
    arXiv:1312.6120; normal: N(0, 0.05). A layer with normalised weights is given a direction and a length that
    make the weight drawn.
    """
    match scheme:
        case "default":
            return
        case "xavier":
            draw: Callable[[Tensor], Tensor] = nn.init.xavier_uniform_
        case "kaiming":
            draw = nn.init.kaiming_uniform_
        case "orthogonal":
            draw = nn.init.orthogonal_
        case "normal":
            draw = partial(nn.init.normal_, std=_NORMAL)
        case _:
            assert_never(scheme)
    with torch.no_grad():
        for module, name in _matrices(network):
            weight = getattr(module, name)
            if isinstance(weight, nn.Parameter) and module is not but:
                draw(weight)
            elif module is not but:
                setattr(module, name, draw(torch.empty_like(weight)))


def _matrices(network: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """Weights of two or more dimensions; of a parametrised weight the whole, not its parts."""
    for module in list(network.modules()):
        if isinstance(module, nn.utils.parametrize.ParametrizationList):
            continue
        if is_parametrized(module):
            yield from ((module, name) for name in module.parametrizations)  # type: ignore[union-attr]
        yield from ((module, name) for name, p in module.named_parameters(recurse=False) if p.ndim > 1)


def optimiser(network: nn.Module, options: Options) -> Optimizer:
    """The optimiser; weight decay pulls matrices to zero, biases, tokens and single numbers are left free.

    adamw: Loshchilov & Hutter (2019), arXiv:1711.05101; adam: Kingma & Ba (2015), arXiv:1412.6980; adagrad: Duchi et
    al. (2011); rmsprop: Hinton (2012); sgd: with Nesterov's momentum, Sutskever et al. (2013).
    """
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    rate = options.learning_rate
    match options.optimiser:
        case "adamw":
            return AdamW(groups, lr=rate, fused=True)
        case "adam":
            return Adam(groups, lr=rate, fused=True)
        case "rmsprop":
            return RMSprop(groups, lr=rate)
        case "adagrad":
            return Adagrad(groups, lr=rate)
        case "sgd":
            return SGD(groups, lr=rate, momentum=options.momentum, nesterov=True)
        case _:
            assert_never(options.optimiser)


def schedule(moved: Optimizer, options: Options) -> Callable[[float | None], None]:
    """What to call after each epoch with its validation loss, or None where nothing is held back for validation.

    cosine and restarts: Loshchilov & Hutter (2017), arXiv:1608.03983.
    """
    lowest = options.learning_rate * FLOOR
    match options.schedule:
        case "halving":
            # torch halves after more than `patience` epochs, and would ignore steps below `eps`
            plateau = ReduceLROnPlateau(
                moved, factor=0.5, patience=options.halve_after - 1, threshold=BETTER, threshold_mode="abs", min_lr=lowest, eps=0
            )
            return lambda valid: None if valid is None else plateau.step(valid)
        case "inverse":
            by_epoch: torch.optim.lr_scheduler.LRScheduler = LambdaLR(moved, lambda epoch: 1 / (1 + options.decay * epoch))
        case "cosine":
            by_epoch = CosineAnnealingLR(moved, T_max=options.epochs, eta_min=lowest)
        case "restarts":
            by_epoch = CosineAnnealingWarmRestarts(moved, T_0=options.cycle, eta_min=lowest)
        case "constant":
            return lambda valid: None
        case _:
            assert_never(options.schedule)
    return lambda valid: by_epoch.step()
