"""Templates read in place: nothing is rendered, and every character keeps its line and column."""
