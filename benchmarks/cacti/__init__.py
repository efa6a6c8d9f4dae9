"""Prices of SRAM from CACTI 7: cases, runs, results and the entries of an energy table that follow from them."""
