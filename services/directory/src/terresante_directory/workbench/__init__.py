"""The territory's workbench: a portal that the directory's process serves (docs/decisions/0011-workbench.md).

Administrators work there; professionals come to enrol, to leave, and, as correspondents, to ask for changes of their
own structure. It holds a session, calls the directory's RPCs with the person's own token, and shows what they answer.
No rule lives here: what a page lets through, the RPC decides.
"""
