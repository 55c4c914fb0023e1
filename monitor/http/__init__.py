"""Everything that speaks HTTP, in two clients with different promises.

`source_client` reads: fast at width (aiohttp's pool below httpx), polite to each host, every body under a cap.
`channel_client` writes: plain httpx, because only there a failure says whether the request may have arrived, with a
guard against private addresses at the moment of connecting. Neither follows redirects or reads the environment.
"""

from monitor.http.faults import arrived, in_words, private
from monitor.http.fetching import Fetcher, Response, Unfetched, refusal, source_client
from monitor.http.guard import Guard, PrivateAddress
from monitor.http.limits import clamp, exhausted, moment, not_before
from monitor.http.pace import Pace
from monitor.http.scrub import Scrub, quiet
from monitor.http.sending import USER_AGENT, channel_client

__all__ = [
    "USER_AGENT",
    "Fetcher",
    "Guard",
    "Pace",
    "PrivateAddress",
    "Response",
    "Scrub",
    "Unfetched",
    "arrived",
    "channel_client",
    "clamp",
    "exhausted",
    "in_words",
    "moment",
    "not_before",
    "private",
    "quiet",
    "refusal",
    "source_client",
]
