"""What the identity service keeps: tables and queries. Takes a connection, gives domain values."""
