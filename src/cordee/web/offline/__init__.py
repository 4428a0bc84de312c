"""What works through a cut: sealed copies of some pages, forms that wait and leave once."""
