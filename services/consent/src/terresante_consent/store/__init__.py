"""Tables and queries. `tables.py` names the tables, `standing.py` loads what a decision is made of, the others keep one
subject each.
"""
