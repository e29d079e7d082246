"""The same scan in an editor: what is typed counts before it is saved, and nothing is run or written."""
