"""What services that keep files have in common: keys and sealing, the store, kinds of content, pictures, and streams
that stop when their reader loses the right."""
