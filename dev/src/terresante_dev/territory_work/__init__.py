"""A made-up directory at scale: legal entities, sites, internal organisations, offers, professionals and their places
over ten years, on the true communes of Île-de-France, and the files in which the field hands such things over.

`python -m terresante_dev.territory_work --help`
"""
