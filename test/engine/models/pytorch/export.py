"""Writes the models of this folder: small networks through both ONNX exporters of PyTorch, with what PyTorch computes.

    python export.py        (torch 2.13, onnx 1.23, onnxscript 0.7)

NAME.KINDOPSET.onnx: `trace` is the exporter that traces, `open` the same with batch and length left open, `dynamo` the one that
came with PyTorch 2. NAME.json: an input, its output, and the gradient of the output's sum. Names of source files are
removed from the models.
"""

import json
import pathlib

import onnx
import torch
import torch.nn.functional as F
from torch import nn

LENGTH = 12
FOLDER = pathlib.Path(__file__).parent


class Recurrent(nn.Module):
    """Convolution, two bidirectional LSTM layers, a GRU read at its end."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 5, 3, padding="same")
        self.lstm = nn.LSTM(5, 3, 2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(6, 3, batch_first=True)
        self.head = nn.Linear(3, 1)

    def forward(self, x):
        h, _ = self.lstm(torch.relu(self.conv(x)).transpose(1, 2))
        return self.head(self.gru(h)[1][-1])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, activation="gelu")
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.layer(self.embed(x.transpose(1, 2))).mean(1))


class RelativePositions(nn.Module):
    """Attention with relative positions, shifted as in Enformer."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(4, 8) for _ in range(3))
        self.positions = nn.Parameter(torch.randn(2 * LENGTH - 1, 8) * 0.3)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        x = x.transpose(1, 2)
        q, k, v = self.q(x), self.k(x), self.v(x)
        relative = F.pad(torch.einsum("bid,rd->bir", q, self.positions), (1, 0))
        batch, rows, columns = relative.shape
        relative = relative.reshape(batch, columns, rows)[:, 1:].reshape(batch, rows, columns - 1)[:, :, :rows]
        weights = ((torch.einsum("bid,bjd->bij", q, k) + relative) / 8**0.5).softmax(-1)
        return self.head(torch.einsum("bij,bjd->bid", weights, v)).mean(1)


class BiasedAttention(nn.Module):
    """A learned bias for each distance, and a causal mask that follows the length."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 8)
        self.bias = nn.Embedding(8, 2)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        x = self.embed(x.transpose(1, 2))
        batch, n, _ = x.shape
        distance = torch.arange(n)[None] - torch.arange(n)[:, None]
        q = x.reshape(batch, n, 2, 4).permute(0, 2, 1, 3)
        scores = q @ q.transpose(-1, -2) / 2 + self.bias(distance.clamp(-3, 4) + 3).permute(2, 0, 1)[None]
        mask = torch.ones(n, n, dtype=torch.bool).tril()
        y = scores.masked_fill(~mask, float("-inf")).softmax(-1) @ q
        return self.head(y.permute(0, 2, 1, 3).reshape(batch, n, 8)).mean(1)


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 5)
        self.group = nn.GroupNorm(2, 8)
        self.instance = nn.InstanceNorm1d(8, affine=True)
        self.layer = nn.LayerNorm(8)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        h = F.silu(self.group(self.conv(F.pad(x, (2, 2), mode="reflect"))))
        h = F.mish(self.instance(F.pad(h, (1, 2), mode="replicate")))
        return self.head(F.gelu(self.layer(h.transpose(1, 2))).mean(1))


class Ladder(nn.Module):
    """Down, up again and side by side: strides, dilation, groups, transposed convolution, interpolation, pools."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv1d(4, 6, 4, stride=2, padding=1, groups=2)
        self.wide = nn.Conv1d(6, 6, 3, padding=2, dilation=2)
        self.up = nn.ConvTranspose1d(6, 3, 4, stride=2, padding=1, output_padding=1)
        self.head = nn.Linear(7, 1)

    def forward(self, x):
        h = F.max_pool1d(F.elu(self.wide(self.down(x))), 3, 2, 1, ceil_mode=True)
        h = F.interpolate(F.interpolate(h, scale_factor=2, mode="linear"), size=6, mode="nearest")
        h = F.avg_pool1d(self.up(h), 3, 1, 1, count_include_pad=False)[:, :, :-1]
        return self.head(F.adaptive_avg_pool1d(torch.cat([h, x], 1), 1).flatten(1))


class Arithmetic(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(44, 1)

    def forward(self, x):
        parts = [
            x.cumsum(2)[:, :, -2].exp().log1p(),
            x.logsumexp(2),
            x.norm(dim=2),
            x.prod(2),
            x.std(2),
            x.abs().pow(1.5).sum(2),
            x.clamp(-0.5, 0.5).sum(2),
            torch.where(x > 0, x, x * x).sum(2),
            F.normalize(x, dim=2)[:, :, 0],
            torch.maximum(x, x.flip(2))[:, :, 1],
            x.topk(3, dim=2)[0].mean(2),
        ]
        return self.head(torch.stack(parts, 2).flatten(1))


class Indexed(nn.Module):
    """Slices, permutations and assignments by position."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4 * 27, 1)

    def forward(self, x):
        y = torch.zeros_like(x)
        y[:, :, 2:9] = x[:, :, 1:8] * 2
        y[:, 1, :] = x[:, 2, :]
        index = torch.arange(3).expand(x.shape[0], 4, 3)
        parts = [y, x[:, :, ::2], x[:, [3, 2, 1, 0]].flip(2)[:, :, :4], x.roll(1, 2)[:, :, :2], torch.gather(x, 2, index)]
        return self.head(torch.cat(parts, 2).flatten(1))


NETWORKS = {
    "recurrent": (Recurrent, ["open17", "dynamo18"]),
    "transformer": (Transformer, ["open17", "dynamo20", "dynamo23"]),
    "relative": (RelativePositions, ["trace17", "dynamo18"]),
    "biased": (BiasedAttention, ["open17", "dynamo20"]),
    "normalised": (Normalised, ["trace11", "open17", "dynamo18", "dynamo23"]),
    "ladder": (Ladder, ["trace11", "dynamo18"]),
    "arithmetic": (Arithmetic, ["trace17", "dynamo20"]),
    "indexed": (Indexed, ["trace11", "open17", "dynamo18"]),
}


def export(network, kind, opset, path):
    x = torch.randn(2, 4, LENGTH)
    names = {"input_names": ["x"], "output_names": ["y"], "opset_version": opset}
    if kind == "dynamo":
        batch = torch.export.Dim("batch", min=1, max=64)
        torch.onnx.export(network, (x,), path, dynamo=True, dynamic_shapes=({0: batch},), external_data=False, **names)
    else:
        axes = {0: "batch", 2: "length"} if kind == "open" else {0: "batch"}
        torch.onnx.export(network, (x,), path, dynamo=False, dynamic_axes={"x": axes}, **names)


def strip(path):
    model = onnx.load(path)
    del model.graph.value_info[:]
    for part in [model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output]:
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, path)


for name, (make, kinds) in NETWORKS.items():
    torch.manual_seed(1)
    network = make().eval()
    x = torch.randn(3, 4, LENGTH, requires_grad=True)
    y = network(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    values = {key: [float(f"{v:.8g}") for v in t.flatten().tolist()] for key, t in {"x": x, "y": y, "gradient": gradient}.items()}
    (FOLDER / f"{name}.json").write_text(json.dumps({"shape": list(x.shape), **values}) + "\n")
    for kind in kinds:
        path = FOLDER / f"{name}.{kind}.onnx"
        export(network, kind[:-2], int(kind[-2:]), str(path))
        strip(path)
