"""Weights in 8 bits: how much they may lose, and that nothing else is lost."""

import json
import stat

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from checker import weights
from checker.weights import BLOCK, dequantise, is_8bit, load, quantise, save, weight_files

matrices = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 3).map(lambda blocks: blocks * BLOCK)),
    elements=st.floats(-1e6, 1e6, width=32),
    fill=st.floats(-1, 1, width=32),
).map(torch.from_numpy)


@settings(deadline=None)
@given(matrices)
def test_no_value_is_off_by_more_than_half_a_scale(matrix):
    codes, scales = quantise(matrix)
    error = (dequantise(codes, scales) - matrix).abs().reshape(*codes.shape)
    assert (error <= 0.5001 * scales[..., None]).all()


@settings(deadline=None)
@given(matrices)
def test_codes_and_scales_have_the_layout_of_matmulnbits(matrix):
    codes, scales = quantise(matrix)
    blocks = matrix.shape[1] // BLOCK
    assert (codes.dtype, codes.shape) == (torch.uint8, (matrix.shape[0], blocks, BLOCK))
    assert (scales.dtype, scales.shape) == (torch.float32, (matrix.shape[0], blocks))


def test_zeros_stay_zero():
    zeros = torch.zeros(4, BLOCK)
    assert torch.equal(dequantise(*quantise(zeros)), zeros)


@settings(deadline=None)
@given(matrices)
def test_what_was_read_back_is_stored_without_further_loss(matrix):
    once = dequantise(*quantise(matrix))
    torch.testing.assert_close(dequantise(*quantise(once)), once, rtol=1e-5, atol=1e-30)


def small_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "embedding.weight": torch.randn(40, 2 * BLOCK),
        "dense.weight": torch.randn(16, BLOCK),
        "dense.bias": torch.randn(16),
        "odd.weight": torch.randn(16, 100),
        "classifier.weight": torch.randn(3, BLOCK),
    }


def test_a_state_dict_comes_back(tmp_path):
    state = small_state()
    save(state, tmp_path)
    found = load(tmp_path)
    assert found.keys() == state.keys()
    for name in ("dense.bias", "odd.weight", "classifier.weight"):
        assert torch.equal(found[name], state[name])
    for name in ("embedding.weight", "dense.weight"):
        assert found[name].shape == state[name].shape
        torch.testing.assert_close(found[name], state[name], rtol=0, atol=0.02)


def test_the_loaded_state_fits_a_real_module(tmp_path):
    module = torch.nn.Linear(BLOCK, 8)
    save(module.state_dict(), tmp_path)
    copy = torch.nn.Linear(BLOCK, 8)
    copy.load_state_dict(load(tmp_path))
    sample = torch.ones(1, BLOCK)
    torch.testing.assert_close(copy(sample), module(sample), rtol=0, atol=0.05)


def test_large_weights_are_split_over_files_and_come_back(tmp_path, monkeypatch):
    save(small_state(), tmp_path)
    whole = load(tmp_path)
    monkeypatch.setattr(weights, "MAX_FILE_BYTES", 4_000)
    save(small_state(), tmp_path)
    assert len(weight_files(tmp_path)) > 1
    split = load(tmp_path)
    assert all(torch.equal(split[name], whole[name]) for name in whole)


def test_only_a_directory_with_an_index_is_8bit(tmp_path):
    assert not is_8bit(tmp_path)
    save(small_state(), tmp_path)
    assert is_8bit(tmp_path)
    assert json.loads((tmp_path / weights.INDEX).read_text())["block"] == BLOCK


def test_saved_files_can_be_read_by_everybody(tmp_path):
    save(small_state(), tmp_path)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in weight_files(tmp_path)]
    assert modes == [0o644]
