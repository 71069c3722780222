import inspect
import subprocess
import sys

import checker


def test_the_public_names_are_these():
    assert sorted(checker.__all__) == [
        *("CheckerError", "Claim", "Config", "ConfigError", "Difference", "Document"),
        *("Explanation", "Finding", "InputError", "ModelError", "ModelInfo", "Pair", "Problem"),
        *("Report", "Scores", "Stats", "Verdict", "check", "check_documents", "load_config"),
    ]


def test_every_public_name_exists_and_is_documented():
    for name in checker.__all__:
        assert inspect.getdoc(getattr(checker, name)), name


def test_errors_are_one_tree():
    for error in (checker.ConfigError, checker.InputError, checker.ModelError):
        assert issubclass(error, checker.CheckerError)


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'torch', 'transformers', 'spacy', 'numpy', 'pandas'}"
    code = f"import sys, checker; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
