"""Train the NLI cross-encoder on files made by `prepare_data.py`.

    python scripts/train_nli.py --init BASE_DIR --data build/data/stable.jsonl --out build/nli

One pass over the file in batches of similar length, bf16 autocast, AdamW.
The same command runs on CPU and GPU. It can be stopped at any time (Ctrl-C,
SIGTERM or a crash): the state is saved every few minutes and the same command
goes on from there. `OUT/model` is always a plain Hugging Face directory.

Two phases: `--schedule constant` for the long first one, then `--schedule
decay --init build/nli/model` on the decay mix, whose rate falls linearly to
zero. The word-embedding table stays frozen: 100,000 pairs are too few to move
30,527 rows sensibly, and a frozen table keeps words it never saw usable.

Labels are entailment, neutral and contradiction, plus `not_entailment` and
`not_contradiction` of two-way sets, for which the loss is the negative log of
the summed probability of the classes they allow. Rows with `soft`, made by
`soft_labels.py`, add the cross entropy with another model's probabilities;
the label `unknown` leaves only that.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from checker.tokens import typewritten

Row = dict[str, Any]  # premise, hypothesis, label, source; `soft` where another model judged it
CLASSES = ("entailment", "neutral", "contradiction")
ALLOWED = {
    "entailment": (1, 0, 0),
    "neutral": (0, 1, 0),
    "contradiction": (0, 0, 1),
    "not_entailment": (0, 1, 1),
    "not_contradiction": (1, 1, 0),
    "unknown": (1, 1, 1),
}
MAX_TOKENS = 128
PAD_MULTIPLE = 16
POOL_BATCHES = 50  # batches sorted by length together


def masked_loss(logits: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """Mean of -log sum(p[allowed]) over rows; both arguments have shape (n, 3)."""
    impossible = torch.finfo(logits.dtype).min
    chosen = torch.where(allowed.bool(), logits, impossible)
    return (torch.logsumexp(logits, 1) - torch.logsumexp(chosen, 1)).mean()


def soft_loss(logits: torch.Tensor, soft: torch.Tensor) -> torch.Tensor:
    """Mean of -sum(soft * log p) over rows, shape (n, 3) both; a row of zeros adds nothing."""
    return -(soft * torch.log_softmax(logits, 1)).sum(1).mean()


def batches(rows: list[Row], size: int, seed: int) -> list[list[Row]]:
    """Shuffle, then batch rows of similar length, in an order fixed by the seed."""
    rng = random.Random(seed)
    rows = rows[:]
    rng.shuffle(rows)
    made = []
    pool = size * POOL_BATCHES
    for start in range(0, len(rows), pool):
        part = sorted(
            rows[start : start + pool], key=lambda r: len(r["premise"]) + len(r["hypothesis"])
        )
        chunk = [part[i : i + size] for i in range(0, len(part), size)]
        rng.shuffle(chunk)
        made += chunk
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--init", type=Path, required=True, help="model directory to start from")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--schedule", choices=("constant", "decay"), default="constant")
    parser.add_argument("--rate", type=float, default=3e-5)
    parser.add_argument("--warmup", type=int, default=200, help="steps")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--freeze", type=int, default=0, help="lowest layers left as they are")
    parser.add_argument(
        "--dropout",
        type=float,
        default=0.0,
        help="in all layers; its random numbers take a fifth of a step on a CPU",
    )
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--save-minutes", type=float, default=10)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "state.pt"
    model_dir = options.out / "model"

    resumed: dict[str, Any] | None = None
    if checkpoint.exists():
        resumed = torch.load(checkpoint, weights_only=True)
    source = model_dir if resumed else options.init
    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    model = AutoModelForSequenceClassification.from_pretrained(
        source,
        local_files_only=True,
        num_labels=len(CLASSES),
        id2label=dict(enumerate(CLASSES)),
        label2id={name: i for i, name in enumerate(CLASSES)},
        hidden_dropout_prob=options.dropout,
        attention_probs_dropout_prob=options.dropout,
        dtype=torch.float32,
    ).to(device)
    model.get_input_embeddings().weight.requires_grad_(False)
    frozen = re.compile(r"\.layer\.(\d+)\.|\.embeddings\.")
    for name, parameter in model.named_parameters():
        if (
            options.freeze
            and (place := frozen.search(name))
            and int(place[1] or 0) < options.freeze
        ):
            parameter.requires_grad_(False)
    model.train()

    rows = [json.loads(line) for line in options.data.read_text(encoding="utf-8").splitlines()]
    plan = batches(rows, options.batch, options.seed)
    decayed: list[torch.nn.Parameter] = []
    plain: list[torch.nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            (decayed if parameter.ndim > 1 else plain).append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=options.rate,
        fused=True,
    )

    def rate_at(step: int) -> float:
        warm = min(1.0, (step + 1) / max(1, options.warmup))
        fall = 1 - step / len(plan) if options.schedule == "decay" else 1.0
        return float(options.rate * warm * fall)

    first = 0
    if resumed:
        first = resumed["step"]
        optimizer.load_state_dict(resumed["optimizer"])
        torch.set_rng_state(resumed["random"])
    print(f"{len(rows)} pairs, {len(plan)} steps, from step {first}, on {device}", flush=True)

    stop = False

    def ask_to_stop(*_: object) -> None:
        nonlocal stop
        stop = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)

    def save(step: int) -> None:
        model.save_pretrained(model_dir)
        tokenizer.save_pretrained(model_dir)
        state = {
            "step": step,
            "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").replace(checkpoint)

    begun = saved = time.monotonic()
    total = 0.0
    for step in range(first, len(plan)):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step)
        batch = plan[step]
        inputs = tokenizer(
            [typewritten(row["premise"]) for row in batch],
            [typewritten(row["hypothesis"]) for row in batch],
            truncation=True,
            max_length=MAX_TOKENS,
            padding=True,
            pad_to_multiple_of=PAD_MULTIPLE,
            return_tensors="pt",
        ).to(device)
        allowed = torch.tensor([ALLOWED[row["label"]] for row in batch], device=device)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model(**inputs).logits
        soft = torch.tensor([row.get("soft", (0.0, 0.0, 0.0)) for row in batch], device=device)
        loss = masked_loss(logits.float(), allowed) + soft_loss(logits.float(), soft)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

        total += loss.item()
        done = step - first + 1
        if done % 50 == 0:
            pace = (time.monotonic() - begun) / done
            print(
                f"step {step + 1}/{len(plan)} loss {total / 50:.4f} "
                f"{options.batch / pace:.1f} pairs/s, "
                f"{(len(plan) - step) * pace / 60:.0f} min left",
                flush=True,
            )
            total = 0.0
        if stop or time.monotonic() - saved > options.save_minutes * 60:
            save(step + 1)
            saved = time.monotonic()
        if stop:
            print(f"stopped after step {step + 1}; the same command goes on", flush=True)
            return
    save(len(plan))
    print(f"done in {(time.monotonic() - begun) / 60:.1f} min: {model_dir}", flush=True)


if __name__ == "__main__":
    main()
