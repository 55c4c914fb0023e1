"""The matcher: from a post's text to a finding.

    matcher = Matcher(registry)
    finding = matcher.match({"text": "Great call with Chancellor Merz."}, holder, at)

`match` is pure and safe between threads. `holder.resolve` tells who speaks through an account; `lines.match_lines` reads JSON
lines; `explain` tells how a verdict came about, `trace` step by step.
"""

from monitor.match.engine import MATCHER_VERSION, Matcher
from monitor.match.explain import explain, trace
from monitor.match.holder import resolve
from monitor.match.lines import match_lines
from monitor.match.rules import RuleError, Rules

__all__ = ["MATCHER_VERSION", "Matcher", "RuleError", "Rules", "explain", "match_lines", "resolve", "trace"]
