"""The PyTorch side of bench/deepstarr.ts: the same network and weights, eager mode, no parameter gradients.

Its arguments are the folder with weights.bin and x.bin, and the number of threads. It answers each line `task rows batch`
on standard input with the seconds that it took. DeepLIFT is Captum's rescale rule on example and reference in one batch, by hand.
"""

import sys
import time
from pathlib import Path

import numpy
import torch
from torch import nn

FOLDER = Path(sys.argv[1])
STEPS, REFERENCES = 50, 20
torch.set_num_threads(int(sys.argv[2]))


def network():
    layers, channels = [], 4
    for filters, width in [(256, 7), (60, 3), (60, 5), (120, 3)]:
        layers += [nn.Conv1d(channels, filters, width, padding="same"), nn.BatchNorm1d(filters), nn.ReLU(), nn.MaxPool1d(2)]
        channels = filters
    layers.append(nn.Flatten())
    for inputs, units in [(120 * 15, 256), (256, 256)]:
        layers += [nn.Linear(inputs, units), nn.BatchNorm1d(units), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 2)).eval().requires_grad_(False)


def load(net, weights):
    at = 0
    for layer in net:
        names = ["weight", "bias", "running_mean", "running_var"] if hasattr(layer, "running_mean") else ["weight", "bias"]
        for name in names:
            tensor = getattr(layer, name, None)
            if tensor is not None:
                tensor.data.copy_(weights[at : at + tensor.numel()].view(tensor.shape))
                at += tensor.numel()
    assert at == len(weights), "not all weights were used"


class Rescale(torch.autograd.Function):
    """ReLU over [examples, references]; backward, the multiplier Δy / Δx for both halves, as Captum's hooks do."""

    @staticmethod
    def forward(ctx, x):
        y = x.relu()
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        (x0, x1), (y0, y1) = x.chunk(2), y.chunk(2)
        dx, dy = x0 - x1, y0 - y1
        g = grad.chunk(2)[0]
        m = torch.where(dx.abs() < 1e-6, g * (x0 > 0), g * dy / dx)
        return torch.cat([m, m])


class RescalePool(torch.autograd.Function):
    """Max-pooling by 2 over [examples, references], as Captum's hook does."""

    @staticmethod
    def forward(ctx, x):
        y, indices = nn.functional.max_pool1d(x, 2, return_indices=True)
        ctx.save_for_backward(x, y, indices)
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y, indices = ctx.saved_tensors
        (x0, x1), (y0, y1) = x.chunk(2), y.chunk(2)
        g = grad.chunk(2)[0]
        cross = torch.maximum(y0, y1)
        hand = torch.cat([g * (cross - y1), g * (y0 - cross)])
        unpooled = nn.functional.max_unpool1d(hand, indices, 2, output_size=list(x.shape))
        to_example, to_reference = unpooled.chunk(2)
        dx = x0 - x1
        m = torch.where(dx.abs() < 1e-6, torch.zeros_like(dx), (to_example + to_reference) / dx)
        return torch.cat([m, m])


def forward(net, x):
    with torch.inference_mode():
        return net(x)[:, 0]


def gradient(net, x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(net(x)[:, 0].sum(), x)[0]


def path(net, x):
    total = torch.zeros_like(x)
    for step in range(STEPS):
        total += gradient(net, x * ((step + 0.5) / STEPS))
    return total / STEPS * x


def deep_lift(net, x, references):
    both = torch.cat([x, references]).requires_grad_()
    value = both
    for layer in net:
        value = Rescale.apply(value) if isinstance(layer, nn.ReLU) else RescalePool.apply(value) if isinstance(layer, nn.MaxPool1d) else layer(value)
    m = torch.autograd.grad(value[: len(x), 0].sum() + value[len(x) :, 0].sum(), both)[0][: len(x)]
    return m * (x - references)


def mutants(x):
    """All single substitutions of one sequence [4, length]."""
    length = x.shape[1]
    rows = x.repeat(3 * length, 1, 1)
    position = torch.arange(length).repeat_interleave(3)
    base = (x.argmax(0).repeat_interleave(3) + torch.arange(1, 4).repeat(length)) % 4
    rows[torch.arange(3 * length), :, position] = 0
    rows[torch.arange(3 * length), base, position] = 1
    return rows


TASKS = {
    "forward": lambda net, x, batch: [forward(net, part) for part in x.split(batch)],
    "gradient": lambda net, x, batch: [gradient(net, part) for part in x.split(batch)],
    "path": lambda net, x, batch: [path(net, part) for part in x.split(batch)],
    "deep_lift": lambda net, x, batch: [
        deep_lift(net, part, part.roll(1, 0)) for part in x.repeat_interleave(REFERENCES, 0).split(batch)
    ],
    "mutagenesis": lambda net, x, batch: [
        torch.cat([forward(net, part) for part in mutants(row).split(batch)]) for row in x
    ],
}


def main():
    net = network()
    load(net, torch.from_numpy(numpy.fromfile(FOLDER / "weights.bin", numpy.float32)))
    x = torch.from_numpy(numpy.fromfile(FOLDER / "x.bin", numpy.float32)).view(-1, 249, 4).permute(0, 2, 1).contiguous()
    print(f"PyTorch {torch.__version__}", flush=True)
    for line in sys.stdin:
        task, rows, batch = line.split()
        started = time.perf_counter()
        TASKS[task](net, x[: int(rows)], int(batch))
        print(time.perf_counter() - started, flush=True)


main()
