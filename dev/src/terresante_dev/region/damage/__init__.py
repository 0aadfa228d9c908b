"""What goes wrong between a person's papers and a feeder's screen: one function an error, each on one typed identity."""
