"""Saved questions of a desk, as Datasette's canned queries: `/log/NAME`, and `/log/NAME.json` or `.csv`."""

from __future__ import annotations

from typing import Any

QUERIES: dict[str, dict[str, Any]] = {
    "contacts_between": {
        "title": "Every contact between X and Y",
        "description": "a and b: a leader's slug (narendra-modi) or a country's code (IN). mode: call, meeting, … or empty for all.",
        "sql": """
select c.id as contact, c.took_place, c.mode, c.status, c.names, c.readout, c.place
from contacts c
where c.id in (select contact from contact_parties where leader = :a or country = upper(:a))
  and c.id in (select contact from contact_parties where leader = :b or country = upper(:b))
  and (:mode = '' or c.mode = :mode)
  and c.merged_into is null and c.retracted = 0
order by c.took_place desc""",
    },
    "announced_but_no_readout": {
        "title": "Announced, but no readout",
        "description": "Contacts that took place and of which no participant's government has published an account; newest first.",
        "sql": """
select c.id as contact, c.opened_at, c.names, c.mode, c.sides as spoken, c.readout, c.readout_due
from contacts c
where c.status in ('happened', 'ongoing') and c.readout in ('none', 'awaited', 'overdue')
  and c.merged_into is null and c.retracted = 0
order by c.opened_at desc limit 500""",
    },
    "first_word_by_account": {
        "title": "First word by account",
        "description": "Which account spoke first, how often. since: a day such as 2026-01-01, or empty.",
        "sql": """
select a.key as account, a.country, count(*) as first_words, min(c.opened_at) as from_, max(c.opened_at) as to_
from contacts c join contact_posts cp on cp.contact = c.id and cp.number = 0
  join posts p on p.id = cp.post join accounts a on a.id = p.account
where c.opened_at >= :since and c.merged_into is null and c.retracted = 0
group by a.id order by first_words desc""",
    },
    "busiest_days": {
        "title": "Busiest days",
        "description": "Days with most contacts, by the day of the first word (UTC).",
        "sql": """
select substr(opened_at, 1, 10) as day, count(*) as contacts, sum(mode = 'call') as calls, sum(mode = 'meeting') as meetings,
  sum(mode = 'visit') as visits
from contacts indexed by contacts_first_words where merged_into is null and retracted = 0 and origin = 'live'
group by day order by contacts desc limit 50""",
    },
    "late_alerts": {
        "title": "Alerts that took longest",
        "description": "Deliveries by seconds from the alert's writing to the channel's receipt.",
        "sql": """
select delivery, channel, kind, headline, created_at, sent_at, sent_after, state
from v_deliveries where state = 'sent' and created_at >= :since
order by sent_after desc limit 100""",
    },
    "labels": {
        "title": "Judgements",
        "description": "What people said of posts, newest first.",
        "sql": """
select x.at, x.who, x.target as post, json_extract(x.value, '$.verdict') as verdict, json_extract(x.value, '$.note') as note,
  json_extract(x.value, '$.stratum') as stratum, json_extract(x.value, '$.weight') as weight
from acts x where x.kind = 'label' order by x.id desc limit 500""",
    },
}
