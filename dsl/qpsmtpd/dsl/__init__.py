"""The rule language: text in, Program out."""
