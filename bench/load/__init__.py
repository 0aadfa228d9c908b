"""Open-loop load: arrivals fixed in advance, each latency counted from the moment the request was due."""
