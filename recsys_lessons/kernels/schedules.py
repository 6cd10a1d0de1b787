r"""How far to step: Adagrad and Adadelta, and the penalty.

Each number that is learned has a step size of its own. With :math:`g` the gradient of the loss plus the penalty,

.. math:: g = \frac{\partial\, loss}{\partial \theta} + \alpha\, \theta

Adagrad (Duchi, Hazan and Singer 2011) takes :math:`\theta \leftarrow \theta - \eta\, g / \sqrt{G}` and then
:math:`G \leftarrow G + g^2`, starting from :math:`G = 1`. Adadelta (Zeiler 2012) takes
:math:`G \leftarrow \rho G + (1 - \rho) g^2`, steps by :math:`\Delta = g \sqrt{M + \epsilon} / \sqrt{G + \epsilon}` and
then :math:`M \leftarrow \rho M + (1 - \rho) \Delta^2`; it needs no learning rate.

The penalty is the gradient of :math:`\frac{1}{2} \alpha \theta^2` for the numbers that an update touches, and for no
others: a feature that is seen often is also pulled towards zero often. (LightFM 1.17 shrinks all numbers at each step,
in a lazy form that multiplies where it should divide while an epoch lasts; its `alpha` is not comparable.)
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner
from recsys_lessons.kernels.lanes import LANES, broadcast, load, square_root, store
from recsys_lessons.kernels.structures import ADAGRAD


@inner
def step_embedding(parameters, feature, vector, scale, penalty, settings):
    """Update the embedding of a feature whose gradient is `scale` times `vector`."""
    embeddings, gradients = parameters.embeddings, parameters.embedding_gradients
    scale_lanes, penalty_lanes = broadcast(scale), broadcast(penalty)
    if settings.schedule == ADAGRAD:
        rate = broadcast(settings.learning_rate)
        for column in range(0, embeddings.shape[1], LANES):
            theta = load(embeddings, feature, column)
            gradient = scale_lanes * load(vector, 0, column) + penalty_lanes * theta
            accumulated = load(gradients, feature, column)
            store(embeddings, feature, column, theta - rate * gradient / square_root(accumulated))
            store(gradients, feature, column, accumulated + gradient * gradient)
    else:
        momentum = parameters.embedding_momentum
        rho, rest = broadcast(settings.rho), broadcast(1.0 - settings.rho)
        epsilon = broadcast(settings.epsilon)
        for column in range(0, embeddings.shape[1], LANES):
            theta = load(embeddings, feature, column)
            gradient = scale_lanes * load(vector, 0, column) + penalty_lanes * theta
            accumulated = rho * load(gradients, feature, column) + rest * gradient * gradient
            moved = load(momentum, feature, column)
            step = gradient * square_root(moved + epsilon) / square_root(accumulated + epsilon)
            store(embeddings, feature, column, theta - step)
            store(gradients, feature, column, accumulated)
            store(momentum, feature, column, rho * moved + rest * step * step)


@inner
def step_bias(parameters, feature, data_gradient, penalty, settings):
    """Update the bias of a feature: the same rules for a single number."""
    theta = parameters.biases[feature]
    gradient = data_gradient + np.float32(penalty) * theta
    if settings.schedule == ADAGRAD:
        accumulated = parameters.bias_gradients[feature]
        parameters.biases[feature] = theta - np.float32(settings.learning_rate) * gradient / np.sqrt(accumulated)
        parameters.bias_gradients[feature] = accumulated + gradient * gradient
    else:
        rho, rest = np.float32(settings.rho), np.float32(1.0 - settings.rho)
        epsilon = np.float32(settings.epsilon)
        accumulated = rho * parameters.bias_gradients[feature] + rest * gradient * gradient
        moved = parameters.bias_momentum[feature]
        step = gradient * np.sqrt(moved + epsilon) / np.sqrt(accumulated + epsilon)
        parameters.biases[feature] = theta - step
        parameters.bias_gradients[feature] = accumulated
        parameters.bias_momentum[feature] = rho * moved + rest * step * step


@inner
def step_row(features, parameters, row, vector, scale, slope, penalty, settings):
    """Update all features of a row.

    The gradient of the row's representation is `scale` times `vector`, that of its bias is `slope`; a
    slope of zero says that the loss does not depend on the bias, which is then left alone. By the chain rule, a feature
    of weight w receives w times the gradient.
    """
    if features is None:
        step_embedding(parameters, row, vector, scale, penalty, settings)
        if slope != 0:
            step_bias(parameters, row, slope, penalty, settings)
    else:
        for position in range(features.starts[row], features.starts[row + 1]):
            feature, weight = features.indices[position], features.weights[position]
            step_embedding(parameters, feature, vector, weight * scale, penalty, settings)
            if slope != 0:
                step_bias(parameters, feature, weight * slope, penalty, settings)
