"""What goes wrong between papers and a feeder's screen: one function an error, each on one typed identity."""
