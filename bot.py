"""Hotline's entry: `python bot.py …` is the same as the console script `hotline …`."""

from monitor.cli import main

if __name__ == "__main__":
    main()
