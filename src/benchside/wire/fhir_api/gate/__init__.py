"""The readiness gate on writes: every create, update, patch, delete and transaction is asked about as the act it amounts to.

`writes.yaml` classifies by data, `traits` says what its conditions mean, `facts` gathers what the gate asks from what was
sent and what is kept, `asking` asks, refuses with every reason, and lets what belongs to the act follow in the same commit.
"""
