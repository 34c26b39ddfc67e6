"""Logistic regression by L-BFGS, one head at a time, and Platt's calibration."""
import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


def logistic(x, y, weight, ridge, steps=36, bias_free=False):
    """Weights and bias that fit y (0 or 1) with weighted rows and a ridge on the weights."""
    xt = x.T.tocsr()
    n = x.shape[1]

    def loss(theta):
        w, b = theta[:n].astype(np.float32), 0.0 if bias_free else theta[n]
        z = x @ w + b
        margin = np.where(y == 1, z, -z)
        value = float(weight @ np.logaddexp(0, -margin)) + 0.5 * ridge * float(theta[:n] @ theta[:n])
        pull = (weight * (expit(z) - y)).astype(np.float32)
        gradient = np.empty(n + 1)
        gradient[:n] = xt @ pull + ridge * theta[:n]
        gradient[n] = 0.0 if bias_free else pull.sum()
        return value, gradient

    found = minimize(loss, np.zeros(n + 1), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 8})
    return found.x[:n], found.x[n]


def platt(scores, y, weight):
    """a, b of sigmoid(a * score + b); a is never negative."""
    positives, negatives = float(weight[y == 1].sum()), float(weight[y == 0].sum())
    goal = np.where(y == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(theta):
        z = theta[0] * scores + theta[1]
        value = float(weight @ (np.logaddexp(0, z) - goal * z))
        pull = weight * (expit(z) - goal)
        return value, np.array([pull @ scores, pull.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.05, 20), (-20, 20)])
    return found.x
