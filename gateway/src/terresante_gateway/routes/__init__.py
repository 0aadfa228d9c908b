"""One file per resource: each route parses, makes one call (three at most), shapes the answer. No rule lives here."""
