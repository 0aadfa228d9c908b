"""Operations on many subjects as one dated act: structures and territories are moved, split and merged.

Worked out from what is known without doing it (`plan.planned`), so that a preview and the act are the same. Nothing is
done but by the statements that come out, so undoing the act restores exactly what was.
"""
