"""The tables behind the decision: what patients, professionals and the DPO have said."""
