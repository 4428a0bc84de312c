"""What looks unusual in the trail, for the DPO to look at. Rule: A6.6."""
