"""What is measured beside the platform, on the same machine in the same run: the least that each building block
costs when it does nothing else.
"""
