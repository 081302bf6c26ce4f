"""The demo clinic: an invented outpatient clinic with a laboratory. Nobody in it exists; the same seed gives the same clinic."""
