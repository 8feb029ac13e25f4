"""The functions that rules can call: one a file, one subject a folder."""
