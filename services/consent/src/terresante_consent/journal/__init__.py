"""The access journal: who did, saw or tried what, and why it was allowed or refused. Its format is docs/journal.md.

`leaf.py` what one entry is, `merkle.py` the tree of a batch, `chain.py` signed heads, `writer.py` how entries are kept,
`reading.py` how they are read, `export.py` what a patient takes home, `check.py` whether the whole is sound,
`watching.py` whether its newest part is, told all the time.
"""
