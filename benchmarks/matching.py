"""How well and how fast the matcher matches, beside simple peers, in one run.

    python -m benchmarks.matching --corpus DIR [--stream FILE] [--quick]

DIR holds `dev.jsonl` (labelled posts), `score.py` and perhaps `stream.jsonl.gz` (natural posts). Printed are: the scores of the shipped
weights on the labelled posts (which they were fitted on), the same cross-validated by account (the honest estimate for accounts not yet
seen), peers under the same folds, F1 by language, speed on natural posts on one core, memory, load time, and the ratio to a bare
google-re2 `Set` scan of the leaders' names. Peers: a regular expression of contact words, one that also wants a title, and, where
scikit-learn is installed, TF-IDF of words and characters with logistic regression. Needs numpy.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import re2

from benchmarks.matching_corpus import NOW, Labelled, read_all, rows
from benchmarks.matching_fit import THRESHOLD, Vector, cross_validate, f1, folds
from monitor.leaders import load
from monitor.match import MATCHER_VERSION, Matcher, match_lines
from monitor.match.lines import Holders, read_row

CONTACT = re.compile(
    r"\b(?:call(?:ed)?|phone|spoke|talks?|met|meet(?:s|ing)?|visit|summit|welcome|receiv|hosted|rencontr|entretien|appel|reuni|encuentro|visita"
    r"|gesprek|ontmoet|treffen|gespräch|incontr|colloquio)|телефон|встреч|перегов|розмов|зустріч|görüş|toplant|ziyaret|συνάντηση|τηλεφων|اتصال|لقاء"
    r"|استقبل|שוחח|נפגש|मुलाकात|बातचीत|会见|会谈|通电话|会談|訪問",
    re.IGNORECASE,
)
TITLE = re.compile(
    r"\b(?:president|prime minister|pm|chancellor|minister|king|premier|président|presidente|primer ministro|koning|präsident|kanzler)"
    r"|президент|премьер|прем'єр|cumhurbaşkan|başbakan|πρόεδρο|πρωθυπουργ|الرئيس|رئيس|נשיא|ראש ממשלת|राष्ट्रपति|प्रधानमंत्री|总统|总理|主席|首相|大統領",
    re.IGNORECASE,
)
LANGUAGE_SIZE = 7


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--stream", type=Path, help="natural posts as JSON lines (.gz); default: stream.jsonl.gz of the corpus")
    arguments.add_argument("--quick", action="store_true", help="without cross-validation and peers that are fitted")
    chosen = arguments.parse_args()
    before = _memory()
    started = time.perf_counter()
    matcher = Matcher(load())
    loaded = time.perf_counter() - started
    print(f"matcher {MATCHER_VERSION}: loaded in {loaded:.2f} s, {_memory() - before:.0f} MB")
    print("\n== shipped weights on the labelled posts (fitted on them)")
    print(_scores(matcher, chosen.corpus))
    if not chosen.quick:
        posts = read_all(matcher, chosen.corpus)
        print("\n== by account: no post of the account was seen in fitting")
        _cross_validated(posts)
        print("\n== peers, the same folds")
        _peers([post for post in posts if post.scored])
    stream = chosen.stream or chosen.corpus / "stream.jsonl.gz"
    if stream.is_file():
        print("\n== speed on natural posts, one core")
        _speed(matcher, stream)


def _memory() -> float:
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _scores(matcher: Matcher, corpus: Path) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as findings:
        lines = (json.dumps(row) for row in rows(corpus / "dev.jsonl"))
        for finding in match_lines(lines, matcher, NOW):
            findings.write(json.dumps(finding) + "\n")
        findings.flush()
        command = [sys.executable, str(corpus / "score.py"), str(corpus / "dev.jsonl"), findings.name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip()


def _cross_validated(posts: Sequence[Labelled]) -> None:
    confidence = cross_validate(posts)
    labels = np.array([post.label for post in posts], dtype=float)
    own = np.array([post.own for post in posts])
    scored = np.array([post.scored for post in posts])
    clear = np.array([not post.row.get("hard") for post in posts])
    natural = np.array([post.row.get("stratum") == "natural" for post in posts])
    for name, mask in (("all", scored), ("clear", scored & clear), ("natural", scored & natural), ("invented", own)):
        _line(name, confidence[mask], labels[mask])
    for lang in sorted({str(post.row["lang"]) for post in posts}):
        mask = scored & np.array([post.row["lang"] == lang for post in posts])
        if labels[mask].sum() >= LANGUAGE_SIZE:
            _line(f"lang {lang}", confidence[mask], labels[mask])


def _line(name: str, confidence: Vector, labels: Vector, threshold: float = THRESHOLD) -> None:
    precision, recall, score = f1(confidence, labels, threshold)
    false_alarms = 1000 * float(((confidence >= threshold) & (labels == 0)).sum()) / max(len(labels), 1)
    brier = float(((confidence - labels) ** 2).mean())
    print(
        f"{name:22} n {len(labels):5}  precision {precision:.3f}  recall {recall:.3f}  F1 {score:.3f}  Brier {brier:.3f}"
        f"  calibration error {_calibration(confidence, labels):.3f}  false alarms/1000 {false_alarms:.1f}"
    )


def _calibration(confidence: Vector, labels: Vector) -> float:
    bins = np.minimum((confidence * 10).astype(int), 9)
    return float(sum(abs(confidence[bins == b].sum() - labels[bins == b].sum()) for b in range(10)) / max(len(labels), 1))


def _peers(posts: Sequence[Labelled]) -> None:
    labels = np.array([post.label for post in posts], dtype=float)
    texts = [str(post.row["text"]) for post in posts]
    words = np.array([float(CONTACT.search(text) is not None) for text in texts])
    titled = np.array([float(CONTACT.search(text) is not None and TITLE.search(text) is not None) for text in texts])
    _line("contact words", words, labels)
    _line("contact word and title", titled, labels)
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from sklearn.pipeline import make_pipeline, make_union  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        print("TF-IDF + LR            scikit-learn is not installed (requirements: scikit-learn, numpy)")
        return
    fold = np.array(folds([post.group for post in posts]))
    found = np.zeros(len(posts))
    for number in sorted(set(fold)):
        union = make_union(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
        )
        model = make_pipeline(union, LogisticRegression(C=10, max_iter=1000))
        seen, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        model.fit([texts[i] for i in seen], labels[seen])
        found[held] = model.predict_proba([texts[i] for i in held])[:, 1]
    _line("TF-IDF + LR", found, labels)


def _natural(stream: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if stream.suffix == ".gz" else open
    with opener(stream, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _speed(matcher: Matcher, stream: Path) -> None:
    holders = Holders(matcher.registry)
    posts = [read_row(row, holders, NOW) for row in _natural(stream)]
    for post in posts[:3000]:
        matcher.match(*post)
    took, flagged = [], []
    started = time.process_time()
    for post in posts:
        begun = time.thread_time()
        finding = matcher.match(*post)
        spent = time.thread_time() - begun
        took.append(spent)
        if finding.flagged:
            flagged.append(spent)
    whole = time.process_time() - started
    texts = [post[0].get("text", "") for post in posts]
    bare = _bare(matcher, texts)
    rate = len(posts) / whole
    print(f"{len(posts)} posts: {rate:,.0f}/s of processor time, {len(flagged)} flagged ({1000 * len(flagged) / len(posts):.1f} per 1,000)")
    print(f"a post: p50 {1e6 * float(np.percentile(took, 50)):.0f} us, p99 {1e6 * float(np.percentile(took, 99)):.0f} us")
    print(f"a flagged post: p50 {1e3 * float(np.percentile(flagged, 50)):.2f} ms, p99 {1e3 * float(np.percentile(flagged, 99)):.2f} ms")
    print(f"a bare re2 Set scan of the leaders' names: {bare:,.0f}/s, {bare / rate:.0f} times as fast")
    print(f"peak memory {_memory():.0f} MB")


def _bare(matcher: Matcher, texts: Sequence[str]) -> float:
    names = sorted({name for name, _, _ in matcher.registry.names()})[:4000]
    scan = re2.Set.SearchSet()
    for name in names:
        scan.Add(re2.escape(name))
    scan.Compile()
    for text in texts[:1000]:
        scan.Match(text)
    started = time.process_time()
    for text in texts:
        scan.Match(text)
    return len(texts) / (time.process_time() - started)


if __name__ == "__main__":
    main()
