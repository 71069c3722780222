"""Settings: what is wrong is named, with its file and key."""

import pytest

from checker.config import Config, load_config
from checker.errors import ConfigError


def message_for(path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return str(caught.value)


def test_an_empty_file_gives_the_defaults(tmp_path):
    path = tmp_path / "checker.toml"
    path.touch()
    assert load_config(path) == Config()


def test_values_are_read(tmp_path):
    path = tmp_path / "checker.toml"
    path.write_text('max_pairs = 5\nwithin = true\nprecision = "fp32"\nmodel = "my/model"\n')
    config = load_config(path)
    assert (config.max_pairs, config.within) == (5, True)
    assert (config.precision, config.model) == ("fp32", "my/model")
    assert config.max_findings == Config().max_findings


@pytest.mark.parametrize(
    ("line", "key", "reason"),
    [
        ("max_pair = 5", "max_pair", "Unexpected keyword argument"),
        ('max_pairs = "many"', "max_pairs", "valid integer"),
        ("max_pairs = 1.5", "max_pairs", "valid integer"),
        ("max_pairs = true", "max_pairs", "valid integer"),
        ("within = 1", "within", "valid boolean"),
        ("model = 3", "model", "valid string"),
        ("max_findings = 0", "max_findings", "greater than 0"),
        ("max_bytes = -1", "max_bytes", "greater than 0"),
        ('precision = "fp16"', "precision", "match pattern"),
    ],
)
def test_a_bad_value_is_named_with_file_key_and_reason(tmp_path, line, key, reason):
    path = tmp_path / "checker.toml"
    path.write_text(line)
    message = message_for(path)
    assert message.startswith(f"{path}: {key}: ")
    assert reason in message
    assert "\n" not in message


def test_a_missing_file(tmp_path):
    assert message_for(tmp_path / "gone.toml") == f"{tmp_path / 'gone.toml'}: no such file"


@pytest.mark.parametrize("content", [b"max_pairs = = 5", b"\xff\xfe\x00"])
def test_a_file_that_is_not_toml(tmp_path, content):
    path = tmp_path / "checker.toml"
    path.write_bytes(content)
    assert message_for(path).startswith(f"{path}: not a readable TOML file: ")


def test_a_folder_is_not_readable_toml(tmp_path):
    assert message_for(tmp_path).startswith(f"{tmp_path}: not a readable TOML file: ")


def test_a_config_made_in_code_is_checked_too():
    with pytest.raises(ValueError, match="max_pairs"):
        Config(max_pairs=0)
