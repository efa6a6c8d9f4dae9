"""EvE: the processing elements that make children, and the gene split, gene merge, network and banks around them."""
