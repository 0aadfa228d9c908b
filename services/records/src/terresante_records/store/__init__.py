"""Tables and queries of the record. Takes a connection, gives domain values; what is confidential stays sealed here."""
