"""Trains the small network of planted-motifs.xome and writes it as planted_motifs.onnx.

Run once, with PyTorch 2 and the onnx package: python3 planted_motifs.py. The result lies in this folder already.

The task is that of simulate_motifs: random DNA of 100 nt; the sequences of class 1 hold one instance of each motif below,
on a random strand, at random places that do not overlap. Training draws its own sequences, with its own seed.
"""

import random

import torch
from torch import nn

MOTIFS = ["TGASTCA", "WGATAAR", "CACGTGAC"]
IUPAC = {"A": "A", "C": "C", "G": "G", "T": "T", "S": "CG", "W": "AT", "R": "AG"}
COMPLEMENT = str.maketrans("ACGT", "TGCA")
LENGTH = 100


def instance(motif, draw):
    sequence = "".join(draw.choice(IUPAC[letter]) for letter in motif)
    return sequence if draw.random() < 0.5 else sequence.translate(COMPLEMENT)[::-1]


def planted(draw):
    """One sequence with every motif, in random order, separated by random gaps."""
    parts = [instance(motif, draw) for motif in draw.sample(MOTIFS, len(MOTIFS))]
    free = LENGTH - sum(map(len, parts))
    cuts = sorted(draw.randint(0, free) for _ in parts)
    sequence, done = "", 0
    for part, cut in zip(parts, cuts):
        sequence += background(cut - done, draw) + part
        done = cut
    return sequence + background(LENGTH - len(sequence), draw)


def background(length, draw):
    return "".join(draw.choices("ACGT", k=length))


def batch(size, draw):
    labels = [draw.random() < 0.5 for _ in range(size)]
    sequences = [planted(draw) if label else background(LENGTH, draw) for label in labels]
    index = torch.tensor([["ACGT".index(base) for base in sequence] for sequence in sequences])
    x = nn.functional.one_hot(index, 4).permute(0, 2, 1).float()
    return x, torch.tensor(labels).float()[:, None]


def main():
    torch.manual_seed(1)
    draw = random.Random(1)
    network = nn.Sequential(
        nn.Conv1d(4, 32, 11, padding=5),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(32, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool1d(5),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(160, 32),
        nn.ReLU(),
        nn.Linear(32, 1),
    )
    steps = 3000
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    for step in range(steps):
        x, y = batch(128, draw)
        loss = nn.functional.binary_cross_entropy_with_logits(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    network.eval()
    x, y = batch(4000, random.Random(2))
    with torch.no_grad():
        accuracy = ((network(x) > 0) == (y > 0.5)).float().mean().item()
    print(f"held-out accuracy {accuracy:.4f}")
    torch.onnx.export(
        network,
        (x[:2],),
        "planted_motifs.onnx",
        input_names=["dna"],
        output_names=["logit"],
        dynamic_axes={"dna": {0: "batch"}, "logit": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
