"""The command line: a thin skin of click over the library. Each command is one file, imported when it is called."""
