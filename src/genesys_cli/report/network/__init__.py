"""Drawings of networks: layout, then a list of what is to be drawn, then painters for SVG and for pixels."""
