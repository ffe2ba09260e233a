"""Result tables as files for planners and machines, one module per format."""
