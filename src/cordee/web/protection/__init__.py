"""The workbench of the DPO."""
