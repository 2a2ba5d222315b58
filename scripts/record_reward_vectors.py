"""Records what the official scorers give, into tests/rewards/golden/: one file a scorer, with its version.

Usage: `python scripts/record_reward_vectors.py SCORERS`, with Python 3.11 or 3.12, in an environment of its own:

    pip install rouge-score==0.1.2 sacrebleu==2.6.0 nltk==3.10.4 vaderSentiment==3.3.2 errant==3.0.2 pocketsphinx==5.1.1

SCORERS is a folder with clones of these GitHub repositories, each at the commit that `COMMITS` names:
rajpurkar/SQuAD-explorer, seominjoon/denspi (it holds SQuAD's scorer 1.1), cnap/gec-ranking, nusnlp/m2scorer and
cocoxu/simplification. Those that are written in Python 2 are translated in a temporary folder; they are not changed.
The inputs are `tests/rewards/golden/inputs.json`; nothing of this package is used.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

TARGET = Path(__file__).parents[1] / "tests" / "rewards" / "golden"
COMMITS = {
    "SQuAD-explorer": "eee5fdbf62f8613a7812b03419e6b29617b74fd1",
    "denspi": "fdb601788982115dc040a7a7943f5f26d6542372",
    "gec-ranking": "50b5032a4ef2444b9381fb47a55b3bac0654a6d7",
    "m2scorer": "cb874a7ecdcb360b08635538a299cf868258a4c1",
    "simplification": "35570464faa28f8f64d75e1c35b6770048e04adc",
}
Case = dict[str, Any]


def load(path: Path) -> ModuleType:
    """The module in a file, whatever the file is called."""
    spec = importlib.util.spec_from_file_location(re.sub(r"\W", "_", path.stem), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def translated(folder: Path, work: Path) -> Path:
    """A copy of a folder of Python 2, in Python 3."""
    copy = work / folder.parent.name
    shutil.copytree(folder, copy)
    command = [sys.executable, "-W", "ignore", "-m", "lib2to3", "-w", "-n", "--no-diffs", str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    return copy


def squad(answers: list[Case], scorers: Path) -> Iterable[Case]:
    """Exact match and F1 of both versions, in percent, as their `evaluate` gives them for one question."""
    first = load(scorers / "denspi" / "evaluate-v1.1.py")
    second = load(scorers / "SQuAD-explorer" / "evaluate-v2.0.py")
    for case in answers:
        golds = [{"text": reference} for reference in case["references"]]
        data = [{"paragraphs": [{"qas": [{"id": "q", "answers": golds}]}]}]
        given = {"q": case["prediction"]}
        old = first.evaluate(data, given)
        exact, f1 = second.get_raw_scores(data, given)
        yield case | {
            "v1.1": {"exact_match": old["exact_match"] / 100, "token_f1": old["f1"] / 100},
            "v2.0": {"exact_match": exact["q"], "token_f1": f1["q"]},
        }


def rouge(texts: list[Case]) -> Iterable[Case]:
    """F-measures without stemming, the best over the references."""
    from rouge_score.rouge_scorer import RougeScorer

    names = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
    scorer = RougeScorer(list(names.values()), use_stemmer=False)
    for case in texts:
        scores = scorer.score_multi(case["references"], case["prediction"])
        yield case | {name: scores[other].fmeasure for name, other in names.items()}


def sacrebleu(texts: list[Case]) -> Iterable[Case]:
    """Sentence BLEU and chrF, as shares."""
    from sacrebleu import sentence_bleu, sentence_chrf

    for case in texts:
        given = case["prediction"], case["references"]
        yield case | {"bleu": sentence_bleu(*given).score / 100, "chrf": sentence_chrf(*given).score / 100}


def nltk(texts: list[Case]) -> Iterable[Case]:
    """BLEU with the smoothing that sacrebleu calls "exp", of tokens between blanks, where no order is left out."""
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    for case in texts:
        tokens, golds = case["prediction"].split(), [reference.split() for reference in case["references"]]
        plain = all(re.fullmatch(r"[a-z ]*", text) for text in (case["prediction"], *case["references"]))
        if plain and len(tokens) >= 4:
            bleu = sentence_bleu(golds, tokens, smoothing_function=SmoothingFunction().method3)
            yield case | {"bleu": float(bleu)}


def gleu(rewritten: list[Case], scorers: Path, work: Path) -> Iterable[Case]:
    """Sentence GLEU: the mean over the references of smoothed scores, as `compute_gleu --debug` takes it."""
    calculator = load(translated(scorers / "gec-ranking" / "scripts", work) / "gleu.py").GLEU(4)
    source = work / "source"
    for case in rewritten:
        paths = [work / f"reference{number}" for number in range(len(case["references"]))]
        for path, text in zip([source, *paths], [case["source"], *case["references"]], strict=True):
            path.write_text(text + "\n")
        calculator.load_sources(source)
        calculator.load_references(paths)
        calculator.load_hypothesis_sentence(case["prediction"].split())
        stats = [list(calculator.gleu_stats(0, r_ind=number)) for number in range(len(paths))]
        yield case | {"gleu": sum(calculator.gleu(stat, smooth=True) for stat in stats) / len(paths)}


def sari(rewritten: list[Case], scorers: Path) -> Iterable[Case]:
    """SARI of one sentence."""
    scorer = load(scorers / "simplification" / "SARI.py")
    for case in rewritten:
        yield case | {"sari": scorer.SARIsent(case["source"], case["prediction"], case["references"])}


def errant(rewritten: list[Case], work: Path) -> Iterable[Case]:
    """Edits by plain Levenshtein alignment, all neighbours merged, and what `errant_compare` gives for them."""
    import spacy
    from errant.annotator import Annotator

    annotator = Annotator("en", spacy.blank("en"))

    def edits(source: str, target: str) -> list[list[Any]]:
        aligned = annotator.align(annotator.parse(source), annotator.parse(target), lev=True)
        return [[e.o_start, e.o_end, e.c_str.split()] for e in annotator.merge(aligned, "all-merge")]

    for case in rewritten:
        proposed = edits(case["source"], case["prediction"])
        golds = [edits(case["source"], reference) for reference in case["references"]]
        yield case | {"proposed": proposed, "gold": golds} | errant_compare(case["source"], proposed, golds, work)


def errant_compare(source: str, proposed: list[Any], golds: list[Any], work: Path) -> Case:
    """Counts and scores, rounded to four digits, that `errant_compare` prints."""
    from errant.commands import compare_m2

    for path, sets in ((work / "hypothesis.m2", [proposed]), (work / "reference.m2", golds)):
        path.write_text(m2(source, sets))
    arguments, printed = sys.argv, io.StringIO()
    sys.argv = ["errant_compare", "-hyp", str(work / "hypothesis.m2"), "-ref", str(work / "reference.m2")]
    with contextlib.redirect_stdout(printed):
        compare_m2.main()
    sys.argv = arguments
    values = printed.getvalue().split("F0.5")[1].split()[:6]
    return {"counts": [int(value) for value in values[:3]], "scores": [float(value) for value in values[3:]]}


def m2(source: str, sets: list[list[Any]]) -> str:
    """Sets of edits, one an annotator, in the M2 format."""
    lines = [f"S {source}"]
    for annotator, edits in enumerate(sets):
        for start, end, words in edits or [[-1, -1, ["-NONE-"]]]:
            kind = "noop" if start < 0 else "X"
            lines.append(f"A {start} {end}|||{kind}|||{' '.join(words)}|||REQUIRED|||-NONE-|||{annotator}")
    return "\n".join(lines) + "\n\n"


def m2scorer(cases: list[Case], scorers: Path, work: Path) -> Iterable[Case]:
    """Precision, recall and F0.5 of the MaxMatch scorer, against the gold edits that ERRANT found."""
    scorer = load(translated(scorers / "m2scorer" / "scripts", work) / "levenshtein.py")
    for case in cases:
        tokens = case["source"].split()
        golds = {
            annotator: [(start, end, " ".join(tokens[start:end]), [" ".join(words)]) for start, end, words in edits]
            for annotator, edits in enumerate(case["gold"])
        }
        scores = scorer.batch_multi_pre_rec_f1([case["prediction"]], [case["source"]], [golds], 2, 0.5)
        yield {name: case[name] for name in ("source", "prediction", "references")} | {"scores": list(scores)}


def vader(prose: list[str]) -> Iterable[Case]:
    """The compound score."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    for text in prose:
        yield {"prediction": text, "sentiment": analyser.polarity_scores(text)["compound"]}


def cmudict(prose: list[str]) -> Iterable[Case]:
    """Syllables of each word that the CMU Pronouncing Dictionary has: vowels of its first pronunciation."""
    from pocketsphinx import get_model_path

    syllables: dict[str, list[int]] = defaultdict(list)
    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text().splitlines():
        word, *phones = line.split()
        syllables[re.sub(r"\(\d+\)$", "", word)].append(sum(phone[0] in "AEIOU" for phone in phones))
    words = {word for text in prose for word in re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower())}
    for word in sorted(words & syllables.keys()):
        yield {"word": word, "syllables": sorted(set(syllables[word]))}


def check(scorers: Path) -> None:
    """Stops unless every clone is at its commit."""
    for name, commit in COMMITS.items():
        command = ["git", "-C", str(scorers / name), "rev-parse", "HEAD"]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        if found != commit:
            sys.exit(f"{name} is at {found}; check out {commit}")


def main() -> None:
    """Records all files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scorers", type=Path)
    scorers: Path = parser.parse_args().scorers
    check(scorers)
    inputs = json.loads((TARGET / "inputs.json").read_text())
    answers, texts, rewritten, prose = (inputs[name] for name in ("answers", "texts", "rewritten", "prose"))

    def record(name: str, scorer: str, cases: Iterable[Case]) -> list[Case]:
        found = list(cases)
        lines = ",\n  ".join(json.dumps(case, ensure_ascii=False) for case in found)
        path = TARGET / f"{name}.json"
        path.write_text(f'{{\n "scorer": {json.dumps(scorer)},\n "cases": [\n  {lines}\n ]\n}}\n')
        print(f"{name}: {len(found)} cases")
        return found

    def package(name: str) -> str:
        return f"{name} {version(name)}"

    def clone(name: str, what: str) -> str:
        return f"{what} of {name}, commit {COMMITS[name]}"

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        both = f"{clone('denspi', 'evaluate-v1.1.py')}; {clone('SQuAD-explorer', 'evaluate-v2.0.py')}"
        record("squad", both, squad(answers, scorers))
        record("rouge", package("rouge-score"), rouge(texts))
        record("sacrebleu", package("sacrebleu"), sacrebleu(texts))
        record("nltk", package("nltk"), nltk(texts))
        record("gleu", clone("gec-ranking", "gleu.py"), gleu(rewritten, scorers, work))
        record("sari", clone("simplification", "SARI.py"), sari(rewritten, scorers))
        found = record("errant", package("errant"), errant(rewritten, work))
        record("m2scorer", clone("m2scorer", "levenshtein.py"), m2scorer(found, scorers, work))
        record("vader", package("vaderSentiment"), vader(prose))
        record("cmudict", f"cmudict-en-us.dict of {package('pocketsphinx')}", cmudict(prose))


if __name__ == "__main__":
    main()
