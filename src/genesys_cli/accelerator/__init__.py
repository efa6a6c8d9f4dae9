"""The emulated chip: gene words, EvE, ADAM, the buffer and what joins them."""
