"""Words and rules of consent: what may be done to a record, by whom and why. No I/O, no clock.

Start at `rules.py` (who may do what, as a table) and `decision.py` (how the table is applied).
"""
