"""One YAML file for each family of instruments; its shape is `benchside.wire.instruments.family.Family`."""
