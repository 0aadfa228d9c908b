"""Who a person is: the words and rules of identity vigilance (RNIV). No I/O, no clock, no database."""
