"""The laboratory: from an order to a verified result. Rules are pure; facts are YAML tables beside them."""
