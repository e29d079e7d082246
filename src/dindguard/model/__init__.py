"""The one model that every format is read into, and that every rule is written against."""
