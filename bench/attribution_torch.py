"""The PyTorch side of bench/attribution.ts: the example's network and the CTCF network's shape, with random weights."""

import statistics
import time

import torch
from torch import nn

ROWS, REPEATS, BATCH = 4096, 7, 256


class Residual(nn.Module):
    """The shape of the CTCF network: two convolutions, the second dilated and added to its input."""

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(4, 64, 19, padding=9)
        self.c2 = nn.Conv1d(64, 64, 5, padding=4, dilation=2)
        self.f1 = nn.Linear(1600, 64)
        self.f2 = nn.Linear(64, 1)

    def forward(self, x):
        x = nn.functional.max_pool1d(self.c1(x).relu(), 2)
        x = nn.functional.max_pool1d(x + self.c2(x).relu(), 2)
        return self.f2(self.f1(x.flatten(1)).relu())


PLANTED = nn.Sequential(
    nn.Conv1d(4, 32, 11, padding=5), nn.ReLU(), nn.MaxPool1d(4),
    nn.Conv1d(32, 32, 5, padding=2), nn.ReLU(), nn.MaxPool1d(5),
    nn.Flatten(), nn.Linear(160, 32), nn.ReLU(), nn.Linear(32, 1),
)


def rate(work):
    seconds = []
    for repeat in range(REPEATS + 1):
        started = time.perf_counter()
        work()
        if repeat:
            seconds.append(time.perf_counter() - started)
    return ROWS / statistics.median(seconds)


def main():
    x = nn.functional.one_hot(torch.randint(4, (ROWS, 100)), 4).permute(0, 2, 1).float().contiguous()
    print("network               batch     forward/s    gradient/s")
    for name, network in [("planted_motifs", PLANTED), ("ctcf_vs_pu1", Residual())]:
        network.eval().requires_grad_(False)

        def forward():
            with torch.no_grad():
                for part in x.split(BATCH):
                    network(part)

        def gradient():
            for part in x.split(BATCH):
                part = part.requires_grad_()
                torch.autograd.grad(network(part).sum(), part)

        print(f"{name:20} {BATCH:6} {rate(forward):13.0f} {rate(gradient):13.0f}")


main()
