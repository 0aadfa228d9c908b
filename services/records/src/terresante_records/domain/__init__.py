"""What a coordination record is made of, and its rules. Words only: no I/O, no clock, no database."""
