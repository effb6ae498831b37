"""Writes the weights of this folder: random networks of PyTorch in every container and type, with what PyTorch computes.

    python write.py        (torch 2.13)

networkN.FORMAT: the weights. networkN.json: the layers as an experiment declares them, an input, its output, and the gradient of
the output's sum. views.*: tensors that share a storage. whole.pt: a model, which is code and must be refused.
"""

import json
import pathlib
import random
import struct
import sys

import torch
from torch import nn

LENGTH = 12
FOLDER = pathlib.Path(__file__).parent


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class Turned(nn.Module):
    """A module of channels on values with positions behind them."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        x = x.transpose(1, 2)
        y = self.inner(x, x, x)[0] if isinstance(self.inner, nn.MultiheadAttention) else self.inner(x)
        return y.transpose(1, 2)


class Network:
    """A random list of layers: what is declared, and the modules."""

    def __init__(self, seed, transformer):
        self.transformer = transformer
        self.random = random.Random(seed)
        self.layers, self.modules = [], []

    def add(self, module, layer, **parameters):
        self.modules.append(module)
        self.layers.append({"call": layer, **parameters})
        self.shape = tuple(nn.Sequential(*self.modules).eval()(torch.zeros(1, *self.start)).shape[1:])

    def activation(self):
        choices = {
            "relu": nn.ReLU(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "softplus": nn.Softplus(), "elu": nn.ELU(),
            "selu": nn.SELU(), "leaky_relu": nn.LeakyReLU(), "gelu": nn.GELU(), "swish": nn.SiLU(), "softsign": nn.Softsign(),
        }
        name = self.random.choice(list(choices))
        self.add(choices[name], name)

    def convolution(self):
        r = self.random
        channels = self.shape[0]
        kernel, filters, dilation, groups = r.choice([2, 3, 5]), 2 * r.randint(2, 4), r.choice([1, 1, 2]), r.choice([1, 1, 2])
        same = r.random() < 0.7
        stride = 1 if same else r.choice([1, 2])
        bias = r.random() < 0.8
        module = nn.Conv1d(channels, filters, kernel, stride, "same" if same else 0, dilation, groups, bias)
        padding = "same" if same else "valid"
        parameters = {"filters": filters, "kernel": kernel, "stride": stride, "dilation": dilation, "groups": groups}
        self.add(module, "conv1d", **parameters, padding=padding, bias=bias)
        if r.random() < 0.6:
            affine = r.random() < 0.7
            self.add(nn.BatchNorm1d(filters, affine=affine), "batch_norm", scale=affine, center=affine)
        self.activation()

    def positions(self):
        r = self.random
        for _ in range(r.randint(1, 2)):
            self.convolution()
            if r.random() < 0.5:
                channels = self.shape[0]
                inner = [nn.Conv1d(channels, channels, 3, padding="same"), nn.BatchNorm1d(channels), nn.ReLU()]
                calls = [{"call": "conv1d", "filters": channels, "kernel": 3, "padding": "same"}, {"call": "batch_norm"}, {"call": "relu"}]
                self.add(Residual(*inner), "residual", layers=calls)
            if r.random() < 0.5:
                pool = r.choice([("max_pool", nn.MaxPool1d), ("average_pool", nn.AvgPool1d)])
                self.add(pool[1](2), pool[0], size=2)
        if r.random() < 0.25:
            self.add(nn.Sequential(nn.AdaptiveMaxPool1d(1), nn.Flatten()), "global_max_pool")
        else:
            self.add(nn.Flatten(), "flatten")

    def head(self, features=None):
        r = self.random
        units = r.randint(3, 6)
        self.add(nn.Linear(self.shape[-1], units), "dense", units=units)
        norm = r.choice(["batch_norm", "layer_norm", None])
        if norm:
            self.add(nn.BatchNorm1d(units) if norm == "batch_norm" else nn.LayerNorm(units), norm)
        self.activation()
        self.add(nn.Dropout(0.3), "dropout", rate=0.3)
        outputs = r.randint(1, 3)
        self.add(nn.Linear(units, outputs), "dense", units=outputs)

    def attention(self):
        """A block of a transformer."""
        self.add(nn.Conv1d(4, 6, 3, padding="same"), "conv1d", filters=6, kernel=3, padding="same")
        norm, attention = Turned(nn.LayerNorm(6)), Turned(nn.MultiheadAttention(6, 2, batch_first=True))
        calls = [{"call": "layer_norm"}, {"call": "self_attention", "heads": 2, "size": 3}]
        self.add(Residual(norm, attention), "residual", layers=calls)
        inner = [Turned(nn.LayerNorm(6)), Turned(nn.Linear(6, 8)), nn.GELU(), Turned(nn.Linear(8, 6))]
        calls = [{"call": "layer_norm"}, {"call": "dense", "units": 8}, {"call": "gelu"}, {"call": "dense", "units": 6}]
        self.add(Residual(*inner), "residual", layers=calls)
        self.add(nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten()), "global_average_pool")
        self.add(nn.Linear(6, 1), "dense", units=1)

    def build(self, kind):
        self.start = self.shape = {"dna": (4, LENGTH), "rows": (9,), "positions": (LENGTH, 4)}[kind]
        if self.transformer:
            self.attention()
            return nn.Sequential(*self.modules)
        if kind == "dna":
            self.positions()
        if kind == "positions":
            self.add(nn.Linear(4, 3), "dense", units=3)
            self.add(nn.LayerNorm(3), "layer_norm")
            self.add(nn.Flatten(), "flatten")
        self.head()
        return nn.Sequential(*self.modules)


def safetensors(tensors, path):
    """As the library writes them: sorted by width and name."""
    names = {torch.float32: "F32", torch.bfloat16: "BF16", torch.int64: "I64"}
    header, parts, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        data = bytes(tensor.contiguous().flatten().view(torch.uint8).tolist())
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def big_endian(tensors, path):
    """What a machine with the other byte order writes."""
    swapped = {}
    for name, tensor in tensors.items():
        data = tensor.contiguous().flatten().view(torch.uint8).reshape(-1, tensor.element_size()).flip(1).flatten()
        swapped[name] = data.view(tensor.dtype).reshape(tensor.shape)
    native = sys.byteorder
    sys.byteorder = "big"
    torch.save(swapped, path)
    sys.byteorder = native
    read = torch.load(path)
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())


def checkpoint(network, path):
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.randn(4, 4, LENGTH)).sum().backward()
    optimizer.step()
    content = {"epoch": 3, "loss": 0.25, "shape": torch.Size([4, LENGTH]), "type": torch.float32, "seen": {"a"}}
    torch.save({**content, "state_dict": network.state_dict(), "optimizer": optimizer.state_dict()}, path)


def round_figures(tensor):
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]


FORMATS = ["zip.pt", "legacy.pt", "safetensors", "half.pt", "bfloat16.pth", "legacy_double.pt", "big_endian.pt", "checkpoint.pt",
           "protocol5.pt", "bfloat16.safetensors", "transformer.pt"]
TYPES = {"half.pt": torch.float16, "bfloat16.pth": torch.bfloat16, "bfloat16.safetensors": torch.bfloat16, "legacy_double.pt": torch.float64}

for seed, ending in enumerate(FORMATS):
    torch.manual_seed(seed)
    kind = {4: "rows", 5: "positions"}.get(seed, "dna")
    made = Network(seed, ending == "transformer.pt")
    network = made.build(kind)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.add_(0.2 * torch.randn_like(tensor))
        for _ in range(5):
            network.train()(torch.randn(8, *made.start))
    network.to(TYPES.get(ending, torch.float32)).eval()
    path = FOLDER / f"network{seed}.{ending}"
    tensors = network.state_dict()
    if ending == "big_endian.pt":
        big_endian(tensors, path)
    elif ending.endswith("safetensors"):
        safetensors(tensors, path)
    elif ending == "checkpoint.pt":
        checkpoint(network, path)
    else:
        torch.save(tensors, path, pickle_protocol=5 if "protocol5" in ending else 2,
                   _use_new_zipfile_serialization="legacy" not in ending)
    network.to(torch.float64).eval()
    x = torch.randn(2, *made.start, dtype=torch.float64, requires_grad=True)
    y = network(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    content = {"kind": kind, "layers": made.layers, "shape": list(x.shape), "x": round_figures(x), "y": round_figures(y), "gradient": round_figures(gradient)}
    (FOLDER / f"network{seed}.json").write_text(json.dumps(content) + "\n")

base = torch.arange(24, dtype=torch.float32)
views = {
    "a.weight": base[:6].reshape(2, 3).t(),
    "a.bias": base[9:15:2],
    "b.weight": base[12:].reshape(4, 3)[1:3],
    "b.bias": base[5:7].flip(0),
}
torch.save(views, FOLDER / "views.zip.pt")
torch.save(views, FOLDER / "views.legacy.pt", _use_new_zipfile_serialization=False)
numbers = {"weight": torch.tensor([[-3, 2], [1, 0]]), "bias": torch.tensor([1, 2])}
integers = [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.float8_e4m3fn, torch.float8_e5m2, torch.bool]
torch.save({f"{str(t)[6:]}.{n}": v.abs().to(t) if "u" in str(t) else v.to(t) for t in integers for n, v in numbers.items()}, FOLDER / "types.pt")

torch.manual_seed(20)
whole = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
torch.save(whole, FOLDER / "whole.pt")
