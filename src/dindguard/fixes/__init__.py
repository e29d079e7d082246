"""Mends what rules report: edits that keep comments and every other character, proven by scanning again."""
