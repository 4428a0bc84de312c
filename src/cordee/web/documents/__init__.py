"""Documents on the screen: list, tile, deposit, repair queue, figures."""
