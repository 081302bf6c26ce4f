"""The facts of the record that the gate and the acts of every area ask for, and the views they are read from.

Areas never import each other; what they share of patients, orders, work, results and equipment is gathered here.
"""
