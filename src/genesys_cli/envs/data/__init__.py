"""Tables of data in the place of environments: files, columns, rows to train on and rows held out."""
