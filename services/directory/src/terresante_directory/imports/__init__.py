"""Files of others into the directory: read apart, compared by the database, applied as one act."""
