"""Files of others: what their lines say, how that compares with what stands here, and what taking it means."""
