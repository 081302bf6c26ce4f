"""What came from machines and neighbours: raw bytes, kept before anything is answered."""
