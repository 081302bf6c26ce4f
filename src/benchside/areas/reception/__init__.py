"""The front desk: patients registered and found."""
