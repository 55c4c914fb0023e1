"""The steps of the data path: poll, triage, deliver, watch. Each takes its sources, channels, clock and store as arguments."""
