"""The judge: a natural-language-inference model that scores pairs of texts.

Loads any Hugging Face sequence-classification directory from disk, never from
a network. Labels are mapped by name; a model whose labels cannot be told
apart, or that fails three obvious pairs, is refused. Runs in the fastest
precision that the machine and the model's files allow.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from checker import weights
from checker.errors import ModelError
from checker.hardware import best_device, supports_bf16
from checker.tokens import Tokens, padded, typewritten
from checker.types import ModelInfo

EMBEDDED = Path(__file__).parent / "models" / "nli"
CALIBRATION = "calibration.json"
GRAPH = "graph.onnx"
MAX_TOKENS = 160
# Tokens in a batch, padding included. Measured 2026-11-22 on 400 pairs of 65 tokens,
# bf16, two cores of AMD Zen 5: 50 pairs/s at 256, 53 at 1,024, 49 at 2,048, 46 at 4,096.
BATCH_TOKENS = 1_024
PAD_MULTIPLE = 16  # bf16 kernels are built once per shape; fewer shapes, fewer builds

Progress = Callable[[int], None]
Forward = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
# Numbers, mask and, for models that have them, token types (which text a token is of).
Judging = Callable[
    [NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None], NDArray[np.float32]
]
TextPair = tuple[str, str]

_NAMES = {
    "agree": ("entail", "agree", "support"),
    "neutral": ("neutral", "unrelated", "not enough"),
    "contradict": ("contra", "refut", "disagree"),
}
# (premise, hypothesis, the only right answer).
CANARY = (
    ("The museum opened on Monday.", "The museum opened on Monday.", "agree"),
    ("All three miners survived.", "None of the miners survived.", "contradict"),
    ("The museum opened on Monday.", "Wheat prices rose in Peru last year.", "neutral"),
)


class NliModel(Protocol):
    """Anything that scores premise-hypothesis pairs."""

    @property
    def info(self) -> ModelInfo: ...

    @property
    def calibration(self) -> Calibration: ...

    def score(
        self, pairs: Sequence[TextPair], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return probabilities of agree, neutral, contradict; shape (n, 3), rows sum to 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was fitted on development data for one model.

    `temperature` divides the logits. A finding needs at least the threshold
    of its verdict after both directions are combined. The last two turn the
    judge's contradiction, given for a pair, into one among the many pairs of a
    run (`checker.decision.in_a_run`); as they stand here they change nothing.
    """

    temperature: float = 1.0
    contradict_threshold: float = 0.7
    agree_threshold: float = 0.7
    run_offset: float = 0.0
    run_scale: float = 1.0


def label_order(id2label: dict[int, str], where: Path) -> list[int]:
    """Return the model's indices of agree, neutral, contradict, by label name.

    Raises ModelError when a name fits none or several of the three, as
    "LABEL_0" does.
    """
    order = []
    for meaning, stems in _NAMES.items():
        found = [
            index
            for index, name in id2label.items()
            if any(stem in name.lower() for stem in stems)
            and not (meaning == "agree" and "disagree" in name.lower())
            and not name.lower().startswith(("not_", "non_"))
        ]
        if len(found) != 1 or len(id2label) != 3:
            names = ", ".join(id2label.values())
            raise ModelError(
                f"{where}: cannot tell which label means {meaning!r} among: {names}. "
                "Name them entailment, neutral and contradiction in config.json (id2label)."
            )
        order += found
    return order


def read_calibration(directory: Path) -> Calibration:
    """Read `calibration.json` of a model directory; defaults where there is none."""
    path = directory / CALIBRATION
    if not path.is_file():
        return Calibration()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(
            **{name: float(values[name]) for name in Calibration.__slots__ if name in values}
        )
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: not a readable calibration: {error}") from error


def model_directory(chosen: str | Path | None) -> Path:
    """Directory of the model a user chose, the embedded one where it is None."""
    return EMBEDDED if chosen is None else Path(chosen)


def require_model(directory: Path) -> None:
    """Raise ModelError unless the directory looks like a model; cheap, loads nothing."""
    if not (directory / "config.json").is_file():
        raise ModelError(f"{directory}: not a model directory (no config.json)")


def choose_precision(wanted: str, directory: Path, device: str) -> str:
    """Resolve "auto" to the fastest precision this machine has for this model.

    Raises ModelError when 8 bits are asked of a model that has no 8-bit graph.
    """
    has_graph = (directory / GRAPH).is_file()
    if wanted == "int8" and not has_graph:
        raise ModelError(f"{directory}: no {GRAPH}; this model runs in bf16 or fp32 only")
    if wanted != "auto":
        return wanted
    if supports_bf16(device):
        return "bf16"
    return "int8" if has_graph and device == "cpu" else "fp32"


def hash_of(directory: Path) -> str:
    """Short hash of a model directory's weights and configuration."""
    digest = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        if path.suffix in (".safetensors", ".json", ".bin", ".onnx"):
            digest.update(path.name.encode())
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


class _AnyTokens:
    """The tokenizer of any model directory, as `Tokens` is for those with a `tokenizer.json`."""

    def __init__(self, directory: Path) -> None:
        from transformers import AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        self.pad: int = self._tokenizer.pad_token_id

    def encode(self, pairs: Sequence[TextPair]) -> tuple[list[list[int]], list[list[int]] | None]:
        """Token numbers of each pair, and token types where the model was trained with them."""
        encoded = self._tokenizer(
            [typewritten(premise) for premise, _ in pairs],
            [typewritten(hypothesis) for _, hypothesis in pairs],
            truncation="longest_first",
            max_length=MAX_TOKENS,
        )
        return encoded["input_ids"], encoded.get("token_type_ids")


def _torch_forward(directory: Path, precision: str, device: str) -> tuple[Judging, dict[int, str]]:
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    config = AutoConfig.from_pretrained(directory, local_files_only=True)
    if weights.is_8bit(directory):
        model = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
        model.load_state_dict(weights.load(directory))
    else:
        model = AutoModelForSequenceClassification.from_pretrained(directory, local_files_only=True)
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    model = model.to(device, kind).eval()

    def forward(
        ids: NDArray[np.int64], mask: NDArray[np.int64], types: NDArray[np.int64] | None
    ) -> NDArray[np.float32]:
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types is not None:
            inputs["token_type_ids"] = types
        with torch.inference_mode():
            logits = model(
                **{name: torch.from_numpy(value).to(device) for name, value in inputs.items()}
            ).logits
        result: NDArray[np.float32] = logits.float().cpu().numpy()
        return result

    return forward, {int(k): str(v) for k, v in config.id2label.items()}


def onnx_session(graph: Path) -> Forward:
    """Load a graph of one output for ONNX Runtime: (ids, mask) of a batch to that output."""
    # Since 1.31 the library keeps a device id and uploads events; it reads this when imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait for work sleep instead of spinning: others may need the core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        (output,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
        result: NDArray[np.float32] = output
        return result

    return forward


def _onnx_forward(directory: Path) -> tuple[Judging, dict[int, str]]:
    session = onnx_session(directory / GRAPH)
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))

    def forward(
        ids: NDArray[np.int64], mask: NDArray[np.int64], types: NDArray[np.int64] | None
    ) -> NDArray[np.float32]:
        return session(ids, mask)

    return forward, {int(k): str(v) for k, v in config["id2label"].items()}


class TransformersNli:
    """A cross-encoder from a local model directory."""

    def __init__(self, directory: Path = EMBEDDED, precision: str = "auto") -> None:
        """Load the model and put it through the canary.

        Raises ModelError when the directory is missing, is no
        sequence-classification model, has unclear labels or fails the canary.
        """
        directory = Path(directory)
        require_model(directory)
        from safetensors import SafetensorError

        # Eight bits need neither torch nor transformers, which take seconds to import.
        device = "cpu" if precision == "int8" else best_device()
        self._precision = choose_precision(precision, directory, device)
        try:
            if self._precision == "int8":
                device = "cpu"
                self._tokens: Tokens | _AnyTokens = Tokens(directory, MAX_TOKENS)
                self._forward, id2label = _onnx_forward(directory)
            else:
                self._tokens = _AnyTokens(directory)
                self._forward, id2label = _torch_forward(directory, self._precision, device)
        except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ModelError(f"{directory}: cannot load the model: {reason}") from error
        self._order = label_order(id2label, directory)
        self._calibration = read_calibration(directory)
        self._info = ModelInfo(
            name=directory.name,
            precision=self._precision,
            device=device,
            hash=hash_of(directory),
        )
        self._refuse_unless_sane(directory)

    @property
    def info(self) -> ModelInfo:
        """Name, precision, device and hash of the loaded model."""
        return self._info

    @property
    def calibration(self) -> Calibration:
        """Temperature and thresholds that belong to this model."""
        return self._calibration

    def _refuse_unless_sane(self, directory: Path) -> None:
        scores = self.score([(premise, hypothesis) for premise, hypothesis, _ in CANARY])
        names = list(_NAMES)
        for (premise, hypothesis, right), row in zip(CANARY, scores, strict=True):
            answer = names[int(row.argmax())]
            if answer != right:
                raise ModelError(
                    f"{directory}: the model says {answer!r} where only {right!r} is right "
                    f"({premise!r} / {hypothesis!r}); its labels are mixed up or it is untrained"
                )

    def score(
        self, pairs: Sequence[TextPair], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return calibrated probabilities, columns agree, neutral, contradict; shape (n, 3).

        Rows are in the order of `pairs`. Pairs longer than MAX_TOKENS are cut
        at the end of the longer text. `progress` is called with the number of
        pairs done in each batch.
        """
        if not pairs:
            return np.zeros((0, 3), np.float32)
        encoded, kinds = (
            (self._tokens.encode(pairs), None)
            if isinstance(self._tokens, Tokens)
            else self._tokens.encode(pairs)
        )
        logits = np.zeros((len(pairs), 3), np.float32)
        for rows, width in batches([len(ids) for ids in encoded]):
            ids = padded([encoded[row] for row in rows], width, self._tokens.pad)
            mask = padded([[1] * len(encoded[row]) for row in rows], width)
            types = None if kinds is None else padded([kinds[row] for row in rows], width)
            logits[rows] = self._forward(ids, mask, types)
            if progress is not None:
                progress(len(rows))
        return softmax(logits[:, self._order] / self._calibration.temperature)


def batches(lengths: Sequence[int]) -> list[tuple[list[int], int]]:
    """Group row numbers by length into batches of at most BATCH_TOKENS tokens.

    Returns (rows, padded width) pairs, longest first, so that memory use is
    known from the first batch on.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    made: list[tuple[list[int], int]] = []
    while order:
        width = -(-lengths[order[0]] // PAD_MULTIPLE) * PAD_MULTIPLE
        size = max(1, BATCH_TOKENS // width)
        made.append((order[:size], width))
        order = order[size:]
    return made


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return result
