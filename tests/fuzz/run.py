"""Coverage-guided fuzzing of one target, for a time: `python tests/fuzz/run.py TARGET SECONDS`.

New inputs that reach new code are kept under `tests/fuzz/corpus/TARGET`; an input that breaks a target is written to
`tests/fuzz/corpus/TARGET/crash-…` and the exit status is not 0. Needs the package atheris (`make fuzz` installs it).
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
with atheris.instrument_imports(include=["monitor"]):
    from tests.fuzz.targets import SEEDS, TARGETS


def main() -> None:
    """Fuzz; atheris ends the process."""
    name, seconds = sys.argv[1], sys.argv[2]
    corpus = ROOT / "tests/fuzz/corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}/", str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
