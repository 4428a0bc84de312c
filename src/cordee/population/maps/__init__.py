"""Maps drawn on the server: outlines as paths, classes, a legend that says what is not told."""
