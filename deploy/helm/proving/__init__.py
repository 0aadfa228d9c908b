"""`make test-cluster`: the chart on a real cluster, claim by claim, with figures."""
