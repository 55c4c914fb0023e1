"""The daemon: one process a database, stages at work, signals answered.

| plan   | what it runs on: the checked configuration and what is built from it     |
| crew   | the stages on one plan: built, started, drained                          |
| daemon | the store, the scheduler's ticks, signals, reload                        |
| runner | one stage, one run at a time, woken by commits and ticks                 |
| logs   | log lines, readable or JSON                                              |
"""

from monitor.daemon.crew import Crew, World
from monitor.daemon.daemon import Daemon, once
from monitor.daemon.logs import set_up
from monitor.daemon.plan import Plan

__all__ = ["Crew", "Daemon", "Plan", "World", "once", "set_up"]
