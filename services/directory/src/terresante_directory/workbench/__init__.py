"""The administrators' workbench: a portal that the directory's process serves (docs/decisions/0011-workbench.md).

It holds a session, calls the directory's RPCs with the administrator's own token, and shows what they answer. No rule
lives here: what a page lets through, the RPC decides.
"""
