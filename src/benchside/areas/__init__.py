"""The work, one folder per workplace. Areas never import each other: they meet in the record."""
