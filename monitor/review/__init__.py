"""The review desk: see, search, judge and export the log, in a browser on this machine.

Datasette on the live database with our own pages. It reads through `monitor.store.Reading` and writes nothing but acts
(`monitor.store.add_act`), which the daemon carries out.

| app, guard, login  | Datasette put together, what stands in front of it, who is who    |
| desk, links, render, words, marks | what pages are given; addresses, times and names in words; evidence in place |
| questions, people, figures, labels, queries | what is asked of the log                |
| quality, payloads  | estimates from labels; what a frozen payload says                 |
| pages/             | one function a page                                               |
| feeds, site        | Atom, iCalendar, CSV; a static site                               |
"""
