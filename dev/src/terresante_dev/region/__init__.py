"""A seeded French population of any size, with households and feeders that mistype it: test sets for matching
identities, and people for the sandbox. Everything follows from (size, seed); nobody in it exists.
"""
