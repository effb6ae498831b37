"""Seconds for one epoch of the shallow network of training.ts in eager PyTorch after ten steps: by the clock, processor time."""

import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)
rows, length, batch = 14_000, 200, 100
x = torch.nn.functional.one_hot(torch.randint(4, (rows, length)), 4).float().transpose(1, 2).contiguous()
y = (torch.arange(rows) % 2).float()[:, None]
net = nn.Sequential(
    nn.Conv1d(4, 24, 19, padding="same"), nn.BatchNorm1d(24), nn.ReLU(), nn.Dropout(0.1), nn.MaxPool1d(50),
    nn.Conv1d(24, 48, 3, padding="same"), nn.BatchNorm1d(48), nn.ReLU(), nn.Dropout(0.2), nn.MaxPool1d(2),
    nn.Flatten(), nn.Linear(96, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
loss_of = nn.BCEWithLogitsLoss()
kernels = [p for p in net.parameters() if p.dim() > 1]


def step(chosen):
    optimizer.zero_grad()
    loss = loss_of(net(x[chosen]), y[chosen]) + 1e-6 * sum((k * k).sum() for k in kernels)
    loss.backward()
    optimizer.step()
    return loss.item()


for _ in range(10):
    step(torch.randperm(rows)[:batch])
order = torch.randperm(rows)
started, used = time.perf_counter(), time.process_time()
for first in range(0, rows, batch):
    step(order[first : first + batch])
print(time.perf_counter() - started, time.process_time() - used)
