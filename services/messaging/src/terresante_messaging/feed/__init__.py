"""The feed: what happened, put in one order and told to who may read it now."""
