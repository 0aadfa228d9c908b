"""Makes the data files of `region/data` again from the open packages that they come from; see data/README.md for the
commands.
"""
