"""The runs: stages from raw data to maps, and the command line over them."""
