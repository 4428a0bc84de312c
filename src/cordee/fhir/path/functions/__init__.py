"""FHIRPath functions, one module per family; `table.py` holds the register."""
