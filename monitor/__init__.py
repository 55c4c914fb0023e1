"""Hotline: who spoke with whom, from the posts of official accounts, the moment they are out.

The data path, once:

    source.fetch(accounts, cursors)            the only waiting on the network
      -> store.save_page                       T1: posts + cursors, one transaction
      -> match(post, leaders)                  pure: a Finding
      -> T2: read candidate contacts, correlate (pure), compose (pure),
             write finding + contact + alerts + deliveries
      -> channel.send                          T3, a delivery: claim, send, mark

Between the stages the queue is a missing row, never memory: killed anywhere and restarted, nothing is lost.
"""

__version__ = "0.1.0"
