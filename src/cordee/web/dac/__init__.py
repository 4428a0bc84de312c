"""Pages of coordination teams: the files of each, the activity of all."""
