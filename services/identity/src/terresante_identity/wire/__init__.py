"""Between protobuf and the domain: the only modules, with `rpc` and `events`, that know both."""
