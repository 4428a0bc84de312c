"""What a person can do with a governed Task: its moves as forms, its story in words."""
