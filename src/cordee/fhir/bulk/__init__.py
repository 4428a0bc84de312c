"""Import and export of many resources."""
