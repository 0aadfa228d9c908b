"""Logistic regression that leans on what was known before: Newton's method, in a few lines of NumPy."""

import numpy as np
from terresante_identity.matching.arrays import Floats

STEPS = 60
ENOUGH = 1e-6


class NotFitted(RuntimeError):
    """The weights could not be fitted: says why."""


def regressed(matrix: Floats, same: Floats, before: Floats, bias_before: float, pull: float) -> tuple[Floats, float]:
    """Numbers per column, and the bias, that make `same` most likely while staying near `before`.

    `matrix`: a row a pair; `same`: 1 or 0 of each, or what lies between when it is only believed; `pull`: how strongly
    a number is held to what it was (ridge penalty pull/2 · distance²; the bias is free). Raises NotFitted when the
    labels hold one kind only, or when it does not settle.
    """
    if not same.any() or bool((same == 1).all()):
        raise NotFitted("The labels hold only one kind of pair: both are needed, the same person and others.")
    rows = np.column_stack([matrix, np.ones(len(matrix))])
    held = np.append(np.full(matrix.shape[1], pull), 1e-9)
    target = np.append(before, bias_before)
    numbers = target.copy()
    loss = _loss(rows, same, numbers, target, held)
    for _ in range(STEPS):
        chance = _chance(rows @ numbers)
        slope = rows.T @ (chance - same) + held * (numbers - target)
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(held)
        step = np.linalg.solve(bend, slope)
        share = 1.0
        while (tried := _loss(rows, same, numbers - share * step, target, held)) > loss and share > 1e-4:
            share /= 2
        numbers = numbers - share * step
        if loss - tried < ENOUGH * max(loss, 1.0):
            return numbers[:-1], float(numbers[-1])
        loss = tried
    raise NotFitted("The regression did not settle: are the labels of one kind, or contradictory?")


def _chance(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(odds, -50, 50)))


def _loss(rows: Floats, same: Floats, numbers: Floats, target: Floats, held: Floats) -> float:
    odds = rows @ numbers
    return float(np.sum(np.logaddexp(0, odds) - same * odds) + 0.5 * np.sum(held * (numbers - target) ** 2))
