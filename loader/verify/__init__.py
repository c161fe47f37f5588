"""What we state, held against the files of the authorities that it comes from. Nothing here changes the data."""
