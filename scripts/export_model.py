"""Turn a trained model directory into the 8-bit directory that ships.

    python scripts/export_model.py nli build/nli/model checker/models/nli
    python scripts/export_model.py encoder DIR checker/models/encoder

Writes `weights-8bit-*.safetensors` (see `checker.weights`), config and
tokenizer, and `graph.onnx`, a graph without weights of its own: its matrix
products are MatMulNBits nodes that read the safetensors files in place, so
torch and ONNX Runtime share one set of weights.

    python scripts/export_model.py graph checker/models/encoder checker/models/encoder

writes only the graph beside weights that are in 8 bits already, and

    python scripts/export_model.py plain checker/models/nli DIR

goes the other way: a plain Hugging Face directory in float32.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from checker import weights
from checker.nli import GRAPH

KINDS = {"nli": AutoModelForSequenceClassification, "encoder": AutoModel}
_ONNX_TYPES = {"U8": TensorProto.UINT8, "F32": TensorProto.FLOAT}


class _Logits(torch.nn.Module):
    """The model as a function of two tensors."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


class _Vectors(torch.nn.Module):
    """The encoder as a function of two tensors: mean over the tokens, to unit length."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask[..., None].to(hidden.dtype)
        return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)


# What the graph of each kind computes, and what its output is called.
GRAPHS = {"nli": (_Logits, "logits"), "encoder": (_Vectors, "vectors")}


def stored_tensors(directory: Path) -> dict[str, onnx.TensorProto]:
    """Every tensor of the safetensors files as an ONNX initializer that points into its file."""
    found = {}
    for path in weights.weight_files(directory):
        with path.open("rb") as stream:
            size = struct.unpack("<Q", stream.read(8))[0]
            header = json.loads(stream.read(size))
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            tensor = onnx.TensorProto(
                name=name,
                data_type=_ONNX_TYPES[entry["dtype"]],
                dims=entry["shape"],
                data_location=TensorProto.EXTERNAL,
            )
            place = {"location": path.name, "offset": 8 + size + begin, "length": end - begin}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
            found[name] = tensor
    return found


def trace(model: Any, kind: str) -> onnx.ModelProto:
    """Export the model with its float32 weights inside, any batch size and length."""
    module, output = GRAPHS[kind]
    ids = torch.tensor([[0, 100, 200, 2, 2, 300, 400, 2]] * 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "full.onnx"
        torch.onnx.export(
            module(model).eval(),
            (ids, torch.ones_like(ids)),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=[output],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                output: {0: "batch"},
            },
            opset_version=17,
            dynamo=False,
        )
        return onnx.load(path)


def share_weights(graph: onnx.ModelProto, state: dict[str, torch.Tensor], directory: Path) -> None:
    """Replace the graph's weights by references to the safetensors files, in 8 bits."""
    stored = stored_tensors(directory)
    by_value: dict[tuple[tuple[int, ...], bytes], str] = {}
    for name, weight in state.items():
        value = weight.float().numpy()
        by_value[value.shape, np.ascontiguousarray(value).tobytes()[:4096]] = name
        if value.ndim == 2:
            turned = np.ascontiguousarray(value.T)
            by_value[turned.shape, turned.tobytes()[:4096]] = name
    names = {}
    for initializer in graph.graph.initializer:
        value = numpy_helper.to_array(initializer)
        key = (value.shape, np.ascontiguousarray(value).tobytes()[:4096])
        if value.size > 1 and value.dtype == np.float32 and key in by_value:
            names[initializer.name] = by_value[key]

    nodes: list[onnx.NodeProto] = []
    used: dict[str, onnx.TensorProto] = {}

    def use(name: str) -> str:
        used[name] = stored[name]
        return name

    constants: dict[str, onnx.TensorProto] = {}

    def constant(name: str, value: Any) -> str:
        constants.setdefault(name, numpy_helper.from_array(value, name))
        return name

    for node in graph.graph.node:
        inputs = [names.get(name, "") for name in node.input]
        codes = next((name for name in inputs if name + weights.CODES in stored), None)
        if codes is None:
            for place, name in enumerate(inputs):
                if name in stored:
                    node.input[place] = use(name)
            nodes.append(node)
        elif node.op_type == "MatMul":
            rows, blocks, block = stored[codes + weights.CODES].dims
            nodes.append(
                helper.make_node(
                    "MatMulNBits",
                    [node.input[0], use(codes + weights.CODES), use(codes + weights.SCALES)],
                    list(node.output),
                    domain="com.microsoft",
                    K=blocks * block,
                    N=rows,
                    bits=8,
                    block_size=block,
                    accuracy_level=4,
                )
            )
        elif node.op_type == "Gather":
            out = node.output[0]
            table, scales = use(codes + weights.CODES), use(codes + weights.SCALES)
            nodes += [
                helper.make_node("Gather", [table, node.input[1]], [out + "c"]),
                helper.make_node("Gather", [scales, node.input[1]], [out + "s"]),
                helper.make_node("Cast", [out + "c"], [out + "f"], to=TensorProto.FLOAT),
                helper.make_node(
                    "Sub", [out + "f", constant("zero_point", np.float32(128))], [out + "z"]
                ),
                helper.make_node(
                    "Unsqueeze", [out + "s", constant("last", np.array([-1]))], [out + "u"]
                ),
                helper.make_node("Mul", [out + "z", out + "u"], [out + "m"]),
                helper.make_node(
                    "Reshape", [out + "m", constant("rows", np.array([0, 0, -1]))], [out]
                ),
            ]
        elif node.op_type == "Gemm":
            rows, blocks, block = stored[codes + weights.CODES].dims
            out = node.output[0]
            bias = names.get(node.input[2], node.input[2])
            nodes += [
                helper.make_node(
                    "MatMulNBits",
                    [node.input[0], use(codes + weights.CODES), use(codes + weights.SCALES)],
                    [out + "p"],
                    domain="com.microsoft",
                    K=blocks * block,
                    N=rows,
                    bits=8,
                    block_size=block,
                    accuracy_level=4,
                ),
                helper.make_node("Add", [out + "p", use(bias)], [out]),
            ]
        else:
            sys.exit(f"no 8-bit form for {node.op_type} with {codes}")
    wanted = {name for node in nodes for name in node.input}
    kept = [i for i in graph.graph.initializer if i.name in wanted and i.name not in names]
    del graph.graph.node[:], graph.graph.initializer[:], graph.graph.value_info[:]
    graph.graph.node.extend(nodes)
    graph.graph.initializer.extend([*kept, *used.values(), *constants.values()])
    graph.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def export(kind: str, source: Path, target: Path) -> None:
    model = KINDS[kind].from_pretrained(source, local_files_only=True, dtype=torch.float32).eval()
    target.mkdir(parents=True, exist_ok=True)
    for old in (*target.glob("weights-8bit*"), target / GRAPH):
        old.unlink(missing_ok=True)
    model.config.save_pretrained(target)
    AutoTokenizer.from_pretrained(source, local_files_only=True).save_pretrained(target)
    weights.save(model.state_dict(), target)
    write_graph(kind, model, target)
    for path in sorted(target.iterdir()):
        path.chmod(0o644)
        print(f"{path.stat().st_size / 1e6:8.1f} MB  {path}")


def write_graph(kind: str, model: Any, target: Path) -> None:
    """Write `graph.onnx` into a directory that holds the model's weights in 8 bits."""
    graph = trace(model, kind)
    share_weights(graph, model.state_dict(), target)
    onnx.save(graph, target / GRAPH)
    (target / GRAPH).chmod(0o644)


def load_8bit(source: Path) -> tuple[str, Any]:
    """The kind and the float32 model of a directory with weights in 8 bits."""
    config = AutoConfig.from_pretrained(source, local_files_only=True)
    kind = "nli" if any("Classification" in name for name in config.architectures) else "encoder"
    model: Any = KINDS[kind].from_config(config)  # type: ignore[no-untyped-call]
    model.load_state_dict(weights.load(source))
    return kind, model.eval()


def export_plain(source: Path, target: Path) -> None:
    _, model = load_8bit(source)
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(source, local_files_only=True).save_pretrained(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("nli", "encoder", "graph", "plain"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    if options.kind == "plain":
        export_plain(options.source, options.target)
    elif options.kind == "graph":
        write_graph(*load_8bit(options.source), options.target)
    else:
        export(options.kind, options.source, options.target)


if __name__ == "__main__":
    main()
